"""Mistakes in the program that show when a stack is made: each is noticed by the check, or the refusal, that is named.

A mistake that nobody notices is a hole in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra import checks, fleet_checks, github_checks, key_checks, service_checks
from tests.infra.accounts import empty_account
from tests.infra.cloud.account import Account
from tests.infra.deployed import deploy
from tests.infra.mutations import Mutation, checks_of, names, read
from tests.infra.scenarios import SCENARIOS
from tests.infra.stacks import ROOT, SECRETS, config

CHECKS = checks_of(checks, service_checks)
ELSEWHERE = SCENARIOS.keys() | checks_of(fleet_checks, github_checks, key_checks).keys()
MUTATIONS = [one for one in read() if one.caught not in ELSEWHERE]


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """One for all, each mistake a stack of its own: an account with AWS's policies costs a second."""
    with empty_account() as made:
        yield made


def test_there_are_enough() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= 40


def test_without_a_mistake_nothing_is_noticed(account: Account) -> None:
    deployed = deploy(account, ROOT, config(), SECRETS, stack="right")
    for check in CHECKS.values():
        check(deployed)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=names(MUTATIONS))
def test_the_mistake_is_noticed(account: Account, mutation: Mutation, tmp_path: Path) -> None:
    root, stack = mutation.applied(tmp_path), f"s{MUTATIONS.index(mutation)}"
    if mutation.caught in CHECKS:
        deployed = deploy(account, root, config(), SECRETS, stack=stack)
        with pytest.raises(AssertionError):
            CHECKS[mutation.caught](deployed)
    else:
        with pytest.raises(Exception, match=mutation.caught):
            deploy(account, root, config(), SECRETS, stack=stack)
