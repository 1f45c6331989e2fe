"""A fleet, as the account describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra import checks, fleet_checks, service_checks
from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import ROOT, SECRETS, config

CHECKS = [
    *(value for name, value in sorted(vars(fleet_checks).items()) if name.startswith("check_")),
    checks.check_secret,
    service_checks.check_logs,
    service_checks.check_registry,
]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Deployed]:
    with empty_account() as account:
        more = {"topology": "fleet", "domain": fleet_checks.NAME, "zoneId": hosted_zone(account)}
        yield deploy(account, ROOT, config(**more), SECRETS)


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_what_is_there(fleet: Deployed, check: Callable[[Deployed], None]) -> None:
    check(fleet)


def test_no_secret_is_in_clear(fleet: Deployed) -> None:
    version = fleet.inputs(checks.SECRET_VERSION)["secretString"]
    boots = repr(
        [one.inputs for one in fleet.registered if one.type == "aws:ec2/launchTemplate:LaunchTemplate"]
    )
    for secret in checks.held_by(version):
        assert secret not in fleet.clear_text() + boots


def test_the_machines_prove_no_domain(fleet: Deployed) -> None:
    """The load balancer has the certificate."""
    role = fleet.inputs("aws:iam/instanceProfile:InstanceProfile")["role"]
    actions = [action for one in checks.role_statements(fleet, role) for action in one["Action"]]
    assert not [action for action in actions if action.startswith("route53:")]
