"""Mistakes in the program that show in a fleet, in what GitHub's runs may, or where only KMS opens the keys.

Each is noticed by the check named.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra import fleet_checks, github_checks, key_checks
from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.cloud.account import Account
from tests.infra.deployed import Deployed, deploy
from tests.infra.mutations import Mutation, checks_of, names, read
from tests.infra.stacks import SECRETS, config

FLEET, GITHUB, KEYS = checks_of(fleet_checks), checks_of(github_checks), checks_of(key_checks)
CHECKS = FLEET | GITHUB | KEYS
MUTATIONS = [one for one in read() if one.caught in CHECKS]


def made(account: Account, root: Path, caught: str) -> Deployed:
    if caught in KEYS:
        return deploy(account, root, config(**key_checks.SETTINGS), key_checks.MORE_SECRETS)
    if caught in FLEET:
        more = {"topology": "fleet", "domain": fleet_checks.NAME, "zoneId": hosted_zone(account)}
    else:
        more = {"githubRepository": github_checks.REPOSITORY, "stateBucket": github_checks.BUCKET}
    return deploy(account, root, config(**more), SECRETS)


def test_there_are_enough() -> None:
    files = {one.file for one in MUTATIONS}
    assert files >= {
        "fleet",
        "machine_group",
        "load_balancer",
        "github_roles",
        "operator_policy",
        "app_secret",
    }
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= 20


@pytest.mark.parametrize("mutation", MUTATIONS, ids=names(MUTATIONS))
def test_the_mistake_is_noticed(mutation: Mutation, tmp_path: Path) -> None:
    """Without it all of them pass: test_stack_fleet, test_github_roles, test_kms_key."""
    with empty_account() as account:
        deployed = made(account, mutation.applied(tmp_path), mutation.caught)
        with pytest.raises(AssertionError):
            CHECKS[mutation.caught](deployed)
