"""A stack of one machine with nothing but what it needs, as the account describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra import checks, service_checks
from tests.infra.accounts import empty_account
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import ROOT, SECRETS, config

CHECKS = [
    value
    for module in (checks, service_checks)
    for name, value in sorted(vars(module).items())
    if name.startswith("check_")
]


@pytest.fixture(scope="module")
def plain() -> Iterator[Deployed]:
    with empty_account() as account:
        yield deploy(account, ROOT, config(), SECRETS)


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_what_is_there(plain: Deployed, check: Callable[[Deployed], None]) -> None:
    check(plain)
