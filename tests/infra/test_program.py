"""The unmodified program through an engine: what is previewed, made, changed, replaced and removed, in which order.

Each step is a process of its own, as with the CLI. The steps of one stack build on each other, so they are one test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.infra.accounts import empty_account, leftovers, running
from tests.infra.checks import held_by
from tests.infra.cloud.account import Account
from tests.infra.engine.stack import Stack
from tests.infra.engine.state import Step
from tests.infra.scenarios import SCENARIOS, changed_anything, done
from tests.infra.stacks import (
    DATABASE_PASSWORD,
    DATABASE_URL,
    IMAGE,
    NEXT_IMAGE,
    stack,
)

ASSOCIATION = "aws:ssm/association:Association"


@pytest.fixture
def account() -> Iterator[Account]:
    with empty_account() as made:
        yield made


def secret_value(account: Account, made: Stack) -> dict[str, str]:
    (secret,) = (one for one in made if one.type == "aws:secretsmanager/secret:Secret")
    value = account.call("secretsmanager", "get_secret_value", SecretId=secret.id)["SecretString"]
    return dict(json.loads(value))


def test_a_preview_makes_nothing_and_up_does_what_it_said(account: Account) -> None:
    made = stack(account)
    preview = done(made.preview())
    assert changed_anything(account, 0) == []
    assert set(preview.count()) == {"create"}
    # nothing that only AWS can say is known yet
    for key in ("address", "instanceId", "secretArn", "shell", "repository", "topicArn"):
        assert "i-" not in str(preview.outputs.get(key)) and "arn:" not in str(preview.outputs.get(key))
    assert preview.outputs["logGroup"] == "/tolstoy/prod"

    up = done(made.up())
    assert sorted(up.steps) == sorted(preview.steps)
    assert running(account) == [up.outputs["instanceId"]]

    before = len(account.calls)
    again = done(made.up())
    assert again.changes() == []
    assert changed_anything(account, before) == []
    assert again.outputs == up.outputs


def test_no_secret_is_in_clear_in_what_is_kept_or_said(account: Account) -> None:
    made = stack(account)
    up = done(made.up())
    for secret in held_by(json.dumps(secret_value(account, made))):
        assert secret not in made.state()
        assert secret not in up.text()
        assert secret not in json.dumps(up.outputs)
    assert made.state().count("[secret]") >= 4, "two values that are made up, and a version with its copy"


def test_a_release_is_one_command_on_the_same_machine(account: Account) -> None:
    made = stack(account)
    first = done(made.up())
    made.config["tolstoy:image"] = NEXT_IMAGE
    release = Step("replace", ASSOCIATION, "tolstoy-release", ("parameters",))
    assert done(made.preview()).changes() == [release]
    assert done(made.up()).changes() == [release]
    machine = first.outputs["instanceId"]
    assert [(at, command.rpartition(" ")[2]) for at, command in account.releases] == [
        (machine, IMAGE),
        (machine, NEXT_IMAGE),
    ]
    assert running(account) == [machine]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_what_happens_when(account: Account, scenario: Callable[[Stack, Account], None]) -> None:
    scenario(stack(account), account)


def test_a_larger_machine_is_the_same_one(account: Account) -> None:
    made = stack(account)
    first = done(made.up())
    made.config["tolstoy:instanceType"] = "t3.large"
    resized = done(made.up())
    assert [(step.op, step.name) for step in resized.changes()] == [("update", "tolstoy-machine")]
    assert resized.outputs["instanceId"] == first.outputs["instanceId"]
    found = account.call("ec2", "describe_instances", InstanceIds=[first.outputs["instanceId"]])
    assert found["Reservations"][0]["Instances"][0]["InstanceType"] == "t3.large"


def test_another_password_of_the_database_changes_the_secret_alone(account: Account) -> None:
    made = stack(account)
    done(made.up())
    before = secret_value(account, made)
    made.config["tolstoy:databaseUrl"] = DATABASE_URL.replace(DATABASE_PASSWORD, "another-password")
    assert [(step.op, step.type) for step in done(made.preview()).changes()] == [
        ("replace", "aws:secretsmanager/secretVersion:SecretVersion")
    ]
    done(made.up())
    after = secret_value(account, made)
    assert "another-password" in after["DATABASE_URL"]
    assert {key: after[key] for key in ("GATEWAY_SECRET", "PLATFORM_KEY", "APP_KEY", "DIRECT_URL")} == {
        key: before[key] for key in ("GATEWAY_SECRET", "PLATFORM_KEY", "APP_KEY", "DIRECT_URL")
    }


def test_destroy_leaves_what_is_protected(account: Account) -> None:
    made = stack(account)
    done(made.up())
    refused = made.destroy()
    assert not refused.ok
    assert "is protected" in refused.text()
    assert len(running(account)) == 1, "nothing of it was done"

    held = secret_value(account, made)
    done(made.destroy(exclude_protected=True))
    assert sorted(one.type for one in made if one.custom and not one.type.startswith("pulumi:")) == [
        "aws:secretsmanager/secret:Secret",
        "random:index/randomBytes:RandomBytes",
        "random:index/randomPassword:RandomPassword",
        "random:index/randomPassword:RandomPassword",
    ]
    assert leftovers(account) == {"secrets": 1}
    assert secret_value(account, made) == held

    back = done(made.up())
    assert running(account) == [back.outputs["instanceId"]]
    assert secret_value(account, made) == held, "the keys outlive the machines"


def test_a_program_that_forgets_the_secret_cannot_remove_it(account: Account, tmp_path: Path) -> None:
    made = stack(account)
    done(made.up())
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").write_text("")
    made.root = tmp_path
    before = len(account.calls)
    refused = made.up()
    assert not refused.ok
    assert "tolstoy-secret cannot be deleted because it is protected" in refused.text()
    assert changed_anything(account, before) == []
