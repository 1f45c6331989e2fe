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
from tests.infra.documents import OPERATIONS
from tests.infra.test_real_cli import account as account  # the fixtures
from tests.infra.test_real_cli import endpoint as endpoint
from tests.infra.test_real_cli import pulumi as pulumi
from tests.infra.test_real_cli import secret

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


def test_a_new_gateway_secret(pulumi: Pulumi, account: Account) -> None:
    pulumi.done("up", "--yes", "--skip-preview")
    before, machines = json.loads(secret(account, pulumi)), running(account)
    name = urn(pulumi, "RandomPassword")
    refused = pulumi.run("up", "--yes", "--skip-preview", "--replace", name)
    assert not refused.ok and "protect" in refused.text
    assert json.loads(secret(account, pulumi)) == before

    pulumi.done("state", "unprotect", "--yes", name)
    pulumi.done("up", "--yes", "--skip-preview", "--replace", name)
    after = json.loads(secret(account, pulumi))
    assert after.pop("GATEWAY_SECRET") != before.pop("GATEWAY_SECRET")
    assert after == before, "the other key and the addresses stay"
    assert running(account) == machines
    assert not pulumi.run("up", "--yes", "--skip-preview", "--replace", name).ok, "it is protected again"


def test_a_broken_machine_is_replaced_by_a_new_one(pulumi: Pulumi, account: Account) -> None:
    before = pulumi.outputs()
    pulumi.done("up", "--yes", "--skip-preview", "--replace", urn(pulumi, "Instance"))
    after = pulumi.outputs()
    assert after["instanceId"] != before["instanceId"] and after["address"] == before["address"]
    assert running(account) == [after["instanceId"]]


def test_a_machine_anew(pulumi: Pulumi, account: Account) -> None:
    before = pulumi.outputs()
    name = urn(pulumi, "Instance")
    pulumi.done("destroy", "--yes", "--skip-preview", "--target", name, "--target-dependents")
    assert running(account) == []
    pulumi.done("up", "--yes", "--skip-preview")
    after = pulumi.outputs()
    assert running(account) == [after["instanceId"]]
    assert (after["secretArn"], after["address"]) == (before["secretArn"], before["address"])


def test_for_good(pulumi: Pulumi, account: Account) -> None:
    pulumi.done("state", "unprotect", "--all", "--yes")
    pulumi.done("destroy", "--yes", "--skip-preview")
    left = leftovers(account)
    assert {name: number for name, number in left.items() if name != "associations" and number} == {}
    pulumi.done("stack", "rm", "prod", "--yes")
