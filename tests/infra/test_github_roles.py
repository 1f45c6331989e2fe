"""How GitHub's runs get in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra import github_checks
from tests.infra.accounts import empty_account
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import ROOT, SECRETS, config

CHECKS = [one for name, one in sorted(vars(github_checks).items()) if name.startswith("check_")]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with empty_account() as account:
        more = {"githubRepository": github_checks.REPOSITORY, "stateBucket": github_checks.BUCKET}
        yield deploy(account, ROOT, config(**more), SECRETS)


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_what_is_there(deployed: Deployed, check: Callable[[Deployed], None]) -> None:
    check(deployed)
