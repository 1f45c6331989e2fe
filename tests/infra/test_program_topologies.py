"""A stack that becomes a fleet, and one again: what it keeps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.infra.accounts import empty_account, hosted_zone, leftovers, running
from tests.infra.cloud.account import Account
from tests.infra.engine.stack import Stack
from tests.infra.engine.state import Update
from tests.infra.stacks import NEXT_IMAGE, stack

KEPT = {
    "aws:secretsmanager/secret:Secret",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:iam/role:Role",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:ecr/repository:Repository",
    "aws:sns/topic:Topic",
    "random:index/randomPassword:RandomPassword",
    "random:index/randomBytes:RandomBytes",
}


@pytest.fixture
def account() -> Iterator[Account]:
    with empty_account() as made:
        yield made


def done(update: Update) -> Update:
    assert update.ok, update.text()
    return update


def kept(made: Stack) -> dict[str, str]:
    return {one.urn: one.id for one in made if one.type in KEPT}


def record_steps(update: Update) -> list[str]:
    return [
        step.op
        for step in update.changes()
        if (step.type, step.name) == ("aws:route53/record:Record", "tolstoy")
    ]


def test_there_and_back(account: Account) -> None:
    made = stack(account, domain="tolstoy.example.com", email="ops@example.com", zoneId=hosted_zone(account))
    single = done(made.up())
    before = kept(made)
    assert len(before) == len(KEPT) + 1, "two keys are made up"

    made.config["tolstoy:topology"] = "fleet"
    fleet = done(made.up())
    assert kept(made) == before
    assert single.outputs["instanceId"] not in running(account)
    assert len(running(account)) == 3, "two of the API, one worker"
    for key in ("secretArn", "logGroup", "repository", "topicArn", "url"):
        assert fleet.outputs[key] == single.outputs[key]
    assert record_steps(fleet) == ["update"], (
        "one that is removed after another of its name was made takes both"
    )
    assert done(made.up()).changes() == []

    made.config["tolstoy:topology"] = "single"
    assert record_steps(done(made.up())) == ["update"]
    assert kept(made) == before
    assert len(running(account)) == 1
    assert not {"balancers", "targets", "groups", "templates"} & set(leftovers(account))


def test_a_release_in_a_fleet_is_a_new_template_rolled_out(account: Account) -> None:
    made = stack(account, topology="fleet")
    done(made.up())
    made.config["tolstoy:image"] = NEXT_IMAGE
    before = len(account.calls)
    changes = done(made.up()).changes()
    assert {(step.op, step.name, step.changed) for step in changes} == {
        ("update", f"tolstoy-{role}{of}", (changed,))
        for role in ("api", "worker")
        for of, changed in (("-amd64", "userData"), ("", "launchTemplate"))
    }
    assert account.calls[before:].count(("autoscaling", "start_instance_refresh")) == 2
    done(made.destroy(exclude_protected=True))
    assert leftovers(account) == {"secrets": 1}
