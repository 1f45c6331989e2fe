"""What happens to a stack that is there when something of it changes. Each is given one that is not up yet.

The mutations are tried on them, too.
"""

from __future__ import annotations

from tests.infra.accounts import running
from tests.infra.cloud.account import Account
from tests.infra.engine.stack import Stack
from tests.infra.engine.state import Update
from tests.infra.stacks import IMAGE, NEXT_IMAGE, SICK_IMAGE

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


def done(update: Update) -> Update:
    assert update.ok, update.text()
    return update


def changed_anything(account: Account, since: int) -> list[tuple[str, str]]:
    return [call for call in account.calls[since:] if call[1].startswith(CHANGING)]


def sick(made: Stack, account: Account) -> None:
    """The machine and its address stay. The association is there then, and would pass for done without replacement."""
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


def first_boot(made: Stack, account: Account) -> None:
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


def address(made: Stack, account: Account) -> None:
    """With an image that never serves, a new machine does not get it."""
    first = done(made.up())
    made.config |= {"tolstoy:image": SICK_IMAGE, "tolstoy:environment": '{"LOG_LEVEL": "debug"}'}
    assert not made.up().ok
    (address,) = account.call("ec2", "describe_addresses")["Addresses"]
    assert address["InstanceId"] == first.outputs["instanceId"]
    assert first.outputs["instanceId"] in running(account)


def quiet_day(made: Stack, account: Account) -> None:
    """Canonical publishes an image: nothing happens, until the machine is replaced for a reason of its own."""
    account.ubuntu_behind = 1
    done(made.up())
    account.ubuntu_behind = 0
    assert done(made.up()).changes() == []


def quiet_fleet(made: Stack, account: Account) -> None:
    """Nor is a whole fleet rolled for it, by whoever changes something else."""
    made.config["tolstoy:topology"] = "fleet"
    quiet_day(made, account)
    made.config["tolstoy:instanceType"] = "t4g.medium"
    done(made.up())
    images = {one.inputs["imageId"] for one in made if one.type == "aws:ec2/launchTemplate:LaunchTemplate"}
    found = account.call("ec2", "describe_images", ImageIds=sorted(images))["Images"]
    assert all("arm64" in one["Name"] for one in found), "an image that such a machine cannot boot"
    assert len(account.call("ec2", "describe_launch_templates")["LaunchTemplates"]) == 2
    assert done(made.up()).changes() == []


def protected(made: Stack, account: Account) -> None:
    first = done(made.up())
    refused = made.destroy()
    assert not refused.ok
    for name in ("tolstoy-secret", "tolstoy-gateway", "tolstoy-platform", "tolstoy-app-key"):
        assert f"{name} cannot be deleted because it is protected" in refused.text()
    assert running(account) == [first.outputs["instanceId"]], "nothing of it was done"


SCENARIOS = {
    "sick": sick,
    "first_boot": first_boot,
    "address": address,
    "quiet_day": quiet_day,
    "quiet_fleet": quiet_fleet,
    "protected": protected,
}
