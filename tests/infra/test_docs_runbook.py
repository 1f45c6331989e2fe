"""What docs/operations.md says of protected keys and of a machine anew, done by the real `pulumi`, on moto's server.

The steps build on each other: they are the life of one stack.
"""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.infra.accounts import leftovers, running
from tests.infra.cli.pulumi import Pulumi
from tests.infra.cloud.account import Account
from tests.infra.cloud.machines import describe
from tests.infra.documents import OPERATIONS
from tests.infra.key_checks import KEY_ARN, OPENED_BY_KMS
from tests.infra.test_real_cli import account as account  # the fixtures
from tests.infra.test_real_cli import endpoint as endpoint
from tests.infra.test_real_cli import pulumi as pulumi
from tests.infra.test_real_cli import secret
from tolstoy.core import app_keys

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
    pytest.mark.timeout(600),
]


def urn(pulumi: Pulumi, of: str) -> str:
    """As the runbook has it found."""
    (pattern,) = re.findall(
        rf"pulumi stack --show-urns \| grep -o '(urn:\.\*{of}[\w:-]*)'", OPERATIONS.read_text()
    )
    (found,) = re.findall(pattern, pulumi.done("stack", "--show-urns"))
    return str(found)


@pytest.mark.parametrize(
    ("key", "resource"), [("PLATFORM_KEY", "tolstoy-platform"), ("GATEWAY_SECRET", "tolstoy-gateway")]
)
def test_a_new_key(pulumi: Pulumi, account: Account, key: str, resource: str) -> None:
    (told,) = re.findall(rf"\*\*`{key}`\*\*(.*?)```", OPERATIONS.read_text(), re.S)
    assert "`tolstoy-gateway`" in told, "the second key's name is told"
    pulumi.done("up", "--yes", "--skip-preview")
    before, machines = json.loads(secret(account, pulumi)), running(account)
    name = urn(pulumi, "RandomPassword").replace("tolstoy-platform", resource)
    refused = pulumi.run("up", "--yes", "--skip-preview", "--replace", name)
    assert not refused.ok and "protect" in refused.text
    assert json.loads(secret(account, pulumi)) == before

    pulumi.done("state", "unprotect", "--yes", name)
    pulumi.done("up", "--yes", "--skip-preview", "--replace", name)
    after = json.loads(secret(account, pulumi))
    assert after.pop(key) != before.pop(key)
    assert after == before, "the other keys and the addresses stay"
    assert running(account) == machines
    assert not pulumi.run("up", "--yes", "--skip-preview", "--replace", name).ok, "it is protected again"


def test_a_new_app_key(pulumi: Pulumi, account: Account) -> None:
    """At each step the service has the keys that docs/configuration.md asks for, the one that encrypts first."""
    machines, old = running(account), ring(account, pulumi)
    before = json.loads(secret(account, pulumi))["APP_KEY"]
    name, given = urn(pulumi, "RandomBytes"), ("tolstoy:appKeys",)
    pulumi.configure({"tolstoy:appKeys": before}, given)
    pulumi.done("state", "unprotect", "--yes", name)
    pulumi.done("up", "--yes", "--skip-preview", "--replace", name)
    both = ring(account, pulumi)
    assert len(both) == 2 and both[:1] == old

    after = json.loads(secret(account, pulumi))["APP_KEY"]
    pulumi.configure({"tolstoy:appKeys": f"{after},{before}"}, given)
    pulumi.done("up", "--yes", "--skip-preview")
    assert ring(account, pulumi) == both[::-1]

    pulumi.done("config", "rm", "appKeys")
    pulumi.done("up", "--yes", "--skip-preview")
    assert ring(account, pulumi) == both[1:]
    assert running(account) == machines
    assert not pulumi.run("up", "--yes", "--skip-preview", "--replace", name).ok, "it is protected again"


def ring(account: Account, pulumi: Pulumi) -> tuple[app_keys.AppKey | app_keys.WrappedKey, ...]:
    held = json.loads(secret(account, pulumi))
    last = app_keys.read(held["APP_KEY"]) if "APP_KEY" in held else None
    return app_keys.ring(app_keys.read_several(held.get("APP_KEYS", "")), last)


def test_an_app_key_that_only_kms_opens(pulumi: Pulumi, account: Account) -> None:
    """The old one is there until the last step, and what was made up comes back with the settings gone."""
    before, machines = json.loads(secret(account, pulumi)), running(account)
    (old,), new = ring(account, pulumi), app_keys.read(OPENED_BY_KMS)
    given = ("tolstoy:appKeys",)
    pulumi.configure({"tolstoy:kmsKeyArn": KEY_ARN})
    for keys, ringed in (
        (f"{before['APP_KEY']},{OPENED_BY_KMS}", (old, new)),
        (f"{OPENED_BY_KMS},{before['APP_KEY']}", (new, old)),
        (OPENED_BY_KMS, (new,)),
    ):
        pulumi.configure({"tolstoy:appKeys": keys}, given)
        pulumi.done("up", "--yes", "--skip-preview")
        assert ring(account, pulumi) == ringed
    assert pulumi.done("config", "get", "appKeys").strip() == OPENED_BY_KMS

    for name in ("appKeys", "kmsKeyArn"):
        pulumi.done("config", "rm", name)
    pulumi.done("up", "--yes", "--skip-preview")
    assert json.loads(secret(account, pulumi)) == before
    assert running(account) == machines


def test_a_broken_machine_is_replaced_by_a_new_one(pulumi: Pulumi, account: Account) -> None:
    before = pulumi.outputs()
    pulumi.done("up", "--yes", "--skip-preview", "--replace", urn(pulumi, "Instance"))
    after = pulumi.outputs()
    assert after["instanceId"] != before["instanceId"] and after["address"] == before["address"]
    assert running(account) == [after["instanceId"]]


def test_a_machine_of_another_processor(pulumi: Pulumi, account: Account) -> None:
    before = pulumi.outputs()
    pulumi.configure({"tolstoy:instanceType": "t4g.medium"})
    pulumi.done("up", "--yes", "--skip-preview", "--replace", urn(pulumi, "Instance"))
    after = pulumi.outputs()
    assert running(account) == [after["instanceId"]] and after["instanceId"] != before["instanceId"]
    assert (after["secretArn"], after["address"]) == (before["secretArn"], before["address"])
    assert "ubuntu-arm64" in ubuntu(account, after["instanceId"])


def test_the_newest_ubuntu(pulumi: Pulumi, account: Account) -> None:
    """Of arm64 moto's account publishes one with each question."""
    before = ubuntu(account, pulumi.outputs()["instanceId"])
    pulumi.done("up", "--yes", "--skip-preview")
    assert ubuntu(account, pulumi.outputs()["instanceId"]) == before
    pulumi.done("up", "--yes", "--skip-preview", "--replace", urn(pulumi, "Instance"))
    assert ubuntu(account, pulumi.outputs()["instanceId"]) != before

    pulumi.configure({"tolstoy:topology": "fleet"})
    pulumi.done("up", "--yes", "--skip-preview")
    told = re.findall(r"`LaunchTemplate::(tolstoy-\w+-)amd64`", OPERATIONS.read_text())
    templates = re.findall(
        rf"urn:\S*LaunchTemplate::(?:{'|'.join(told)})arm64", pulumi.done("stack", "--show-urns")
    )
    assert len(set(templates)) == 2
    first = ubuntus(account)
    pulumi.done("up", "--yes", "--skip-preview")
    assert ubuntus(account) == first
    pulumi.done("up", "--yes", "--skip-preview", *(word for one in templates for word in ("--replace", one)))
    assert len(ubuntus(account)) == 2 and not ubuntus(account) & first


def ubuntu(account: Account, machine: str) -> str:
    image = describe(account, machine)["ImageId"]
    return str(account.call("ec2", "describe_images", ImageIds=[image])["Images"][0]["Name"])


def ubuntus(account: Account) -> set[str]:
    """That a fleet's next machines boot from."""
    found = account.call("ec2", "describe_launch_templates")["LaunchTemplates"]
    ids = [one["LaunchTemplateId"] for one in found]
    return {
        account.call("ec2", "describe_launch_template_versions", LaunchTemplateId=one, Versions=["$Default"])[
            "LaunchTemplateVersions"
        ][0]["LaunchTemplateData"]["ImageId"]
        for one in ids
    }


def test_for_good(pulumi: Pulumi, account: Account) -> None:
    pulumi.done("state", "unprotect", "--all", "--yes")
    pulumi.done("destroy", "--yes", "--skip-preview")
    left = leftovers(account)
    assert {name: number for name, number in left.items() if name != "associations" and number} == {}
    pulumi.done("stack", "rm", "prod", "--yes")
