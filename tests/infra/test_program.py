"""The unmodified program through an engine: what is previewed, made, changed, replaced and removed, in which order.

Each step is a process of its own, as with the CLI. The steps of one stack build on each other, so they are one test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.accounts import empty_account, leftovers, running
from tests.infra.checks import held_by
from tests.infra.cloud.account import Account
from tests.infra.engine.stack import Stack
from tests.infra.engine.state import Step, Update
from tests.infra.stacks import (
    DATABASE_PASSWORD,
    DATABASE_URL,
    IMAGE,
    NEXT_IMAGE,
    SICK_IMAGE,
    stack,
)

CHANGING = (
    "create_",
    "put_",
    "run_",
    "allocate_",
    "attach_",
    "associate_",
    "authorize_",
    "add_",
    "delete_",
    "import_",
)
ASSOCIATION = "aws:ssm/association:Association"
INSTANCE = "aws:ec2/instance:Instance"


@pytest.fixture
def account() -> Iterator[Account]:
    with empty_account() as made:
        yield made


def done(update: Update) -> Update:
    assert update.ok, update.text()
    return update


def changed_anything(account: Account, since: int) -> list[tuple[str, str]]:
    return [call for call in account.calls[since:] if call[1].startswith(CHANGING)]


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


def test_a_sick_image_fails_and_is_tried_again(account: Account) -> None:
    """The machine and its address stay. The association is there then, and would pass for done without replacement."""
    made = stack(account)
    first = done(made.up())
    for _ in range(2):
        made.config["tolstoy:image"] = SICK_IMAGE
        failed = made.up()
        assert not failed.ok
        assert "ended with Failed: not healthy within 120 s" in failed.text()
        assert running(account) == [first.outputs["instanceId"]]
    assert [command.rpartition(" ")[2] for _, command in account.releases] == [IMAGE, SICK_IMAGE, SICK_IMAGE]
    made.config["tolstoy:image"] = NEXT_IMAGE
    well = done(made.up())
    assert [(step.op, step.name) for step in well.changes()] == [("replace", "tolstoy-release")]
    assert done(made.up()).changes() == []
    assert len([one for one in account.associations.values() if one["Name"] == "AWS-RunShellScript"]) == 1


def test_another_first_boot_is_another_machine_and_the_address_moves_last(account: Account) -> None:
    made = stack(account)
    first = done(made.up())
    made.config["tolstoy:environment"] = '{"WORKER_CONCURRENCY": "50"}'
    preview = done(made.preview())
    before = len(account.calls)
    second = done(made.up())
    assert [step for step in second.changes() if step.op != "update"] == [
        step for step in preview.changes() if step.op != "update"
    ]
    replaced = {step.name: step.changed for step in second.changes() if step.op == "replace"}
    assert set(replaced) == {"tolstoy-machine", "tolstoy-release", "tolstoy"}
    assert replaced["tolstoy-machine"] == ("userData",)
    assert second.outputs["instanceId"] != first.outputs["instanceId"]
    assert second.outputs["address"] == first.outputs["address"]
    assert running(account) == [second.outputs["instanceId"]]
    calls = account.calls[before:]
    order = [
        calls.index(("ec2", name)) for name in ("run_instances", "associate_address", "terminate_instances")
    ]
    assert order == sorted(order)
    # released on the new machine before the address came, as the engine's order of steps shows
    names = [step.name for step in second.steps if step.type in (INSTANCE, ASSOCIATION) or "Eip" in step.type]
    assert names.index("tolstoy-machine") < names.index("tolstoy-release")
    assert [at for at, _ in account.releases] == [first.outputs["instanceId"], second.outputs["instanceId"]]


def test_the_address_waits_for_the_release(account: Account) -> None:
    """With an image that never serves, a new machine does not get it."""
    made = stack(account)
    first = done(made.up())
    made.config |= {"tolstoy:image": SICK_IMAGE, "tolstoy:environment": '{"LOG_LEVEL": "debug"}'}
    assert not made.up().ok
    (address,) = account.call("ec2", "describe_addresses")["Addresses"]
    assert address["InstanceId"] == first.outputs["instanceId"]
    assert first.outputs["instanceId"] in running(account)


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
    assert {key: after[key] for key in ("GATEWAY_SECRET", "APP_KEY", "DIRECT_URL")} == {
        key: before[key] for key in ("GATEWAY_SECRET", "APP_KEY", "DIRECT_URL")
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
