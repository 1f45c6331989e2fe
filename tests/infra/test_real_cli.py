"""The same program by the real `pulumi`, on moto's server: what the engine of the tests claims, the real one does.

The steps build on each other: they are the life of one stack.
"""

from __future__ import annotations

import json
import logging
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.infra.accounts import leftovers, running
from tests.infra.checks import held_by
from tests.infra.cli.pulumi import Pulumi
from tests.infra.cloud.account import Account
from tests.infra.stacks import DATABASE_PASSWORD, IMAGE, NEXT_IMAGE, REGION, SECRETS, SICK_IMAGE, config

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """moto behind HTTP, with the policies that AWS keeps for everybody."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()  # noqa: S310
        yield address
        server.stop()


@pytest.fixture(scope="module")
def account(endpoint: str) -> Account:
    return Account(region=REGION, endpoint=endpoint)


@pytest.fixture(scope="module")
def pulumi(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Pulumi:
    made = Pulumi(tmp_path_factory.mktemp("cli"), endpoint)
    made.done("stack", "init", "prod")
    made.configure(config(), SECRETS)
    return made


def secret(account: Account, pulumi: Pulumi) -> str:
    arn = pulumi.outputs()["secretArn"]
    return str(account.call("secretsmanager", "get_secret_value", SecretId=arn)["SecretString"])


def releases(pulumi: Pulumi) -> list[str]:
    return [command.rpartition(" ")[2] for _, command in pulumi.kept()["releases"]]


def test_wrong_settings_are_refused_all_at_once(pulumi: Pulumi) -> None:
    pulumi.configure({"tolstoy:image": "tolstoy", "tolstoy:topology": "cluster"})
    refused = pulumi.run("up", "--yes")
    assert not refused.ok
    assert "image: 'tolstoy' has no tag" in refused.text
    assert "topology: 'cluster' is not known; write single or fleet" in refused.text
    pulumi.configure({"tolstoy:image": IMAGE, "tolstoy:topology": "single"})


def test_up_does_what_the_preview_said(pulumi: Pulumi, account: Account) -> None:
    foreseen = pulumi.preview()
    assert {op for op, _ in foreseen} == {"create"}
    assert leftovers(account) == {}
    told = pulumi.done("up", "--yes", "--skip-preview")
    assert f"+ {len(foreseen)} created" in told
    assert running(account) == [pulumi.outputs()["instanceId"]]
    again = pulumi.done("up", "--yes", "--skip-preview")
    assert f"{len(foreseen)} unchanged" in again and "created" not in again


def test_no_secret_is_in_clear(pulumi: Pulumi, account: Account) -> None:
    state, said = pulumi.state(), pulumi.done("stack", "output", "--json")
    for value in held_by(secret(account, pulumi)):
        assert value not in state
        assert value not in said
    kept = Path(pulumi.project / "Pulumi.prod.yaml").read_text()
    assert kept.count("secure:") == len(SECRETS) and "postgresql" not in kept


def test_a_release_replaces_the_association_alone(pulumi: Pulumi, account: Account) -> None:
    before = running(account)
    pulumi.configure({"tolstoy:image": NEXT_IMAGE})
    assert {name for op, name in pulumi.preview() if "replace" in op} == {"tolstoy-release"}
    assert "+-1 replaced" in pulumi.done("up", "--yes", "--skip-preview")
    assert releases(pulumi) == [IMAGE, NEXT_IMAGE]
    assert running(account) == before


def test_a_sick_image_fails_and_is_tried_again(pulumi: Pulumi, account: Account) -> None:
    before = running(account)
    pulumi.configure({"tolstoy:image": SICK_IMAGE})
    for _ in range(2):
        failed = pulumi.run("up", "--yes", "--skip-preview")
        assert not failed.ok
        assert "not healthy within 120 s" in failed.text
    assert releases(pulumi)[-2:] == [SICK_IMAGE, SICK_IMAGE]
    assert running(account) == before
    pulumi.configure({"tolstoy:image": IMAGE})
    pulumi.done("up", "--yes", "--skip-preview")
    assert pulumi.preview() == []
    commands = [one for one in pulumi.kept()["associations"].values() if one["Name"] == "AWS-RunShellScript"]
    assert len(commands) == 1


def test_another_first_boot_is_another_machine_and_the_address_moves_last(
    pulumi: Pulumi, account: Account
) -> None:
    before, since = pulumi.outputs(), len(pulumi.kept()["calls"])
    pulumi.configure({"tolstoy:environment": '{"WORKER_CONCURRENCY": "50"}'})
    foreseen = {name for op, name in pulumi.preview() if op == "replace"}
    assert foreseen == {"tolstoy-machine", "tolstoy-release", "tolstoy"}
    pulumi.done("up", "--yes", "--skip-preview")
    after = pulumi.outputs()
    assert after["instanceId"] != before["instanceId"]
    assert after["address"] == before["address"]
    assert running(account) == [after["instanceId"]]
    calls = pulumi.kept()["calls"][since:]
    order = [
        calls.index(["ec2", name]) for name in ("run_instances", "associate_address", "terminate_instances")
    ]
    assert order == sorted(order)


def test_another_password_changes_the_secret_alone(pulumi: Pulumi, account: Account) -> None:
    before = json.loads(secret(account, pulumi))
    changed = before["DATABASE_URL"].replace(DATABASE_PASSWORD, "another-password")
    pulumi.configure({"tolstoy:databaseUrl": changed}, SECRETS)
    assert {name for op, name in pulumi.preview() if op == "replace"} == {"tolstoy-secret"}
    pulumi.done("up", "--yes", "--skip-preview")
    after = json.loads(secret(account, pulumi))
    assert after == {**before, "DATABASE_URL": changed}


def test_there_and_back(pulumi: Pulumi, account: Account) -> None:
    before = pulumi.outputs()
    pulumi.configure({"tolstoy:topology": "fleet"})
    pulumi.done("up", "--yes", "--skip-preview")
    fleet = pulumi.outputs()
    assert len(running(account)) == 3
    for key in ("secretArn", "logGroup", "repository", "topicArn"):
        assert fleet[key] == before[key]
    pulumi.configure({"tolstoy:topology": "single"})
    pulumi.done("up", "--yes", "--skip-preview")
    assert len(running(account)) == 1


def test_destroy_leaves_what_is_protected(pulumi: Pulumi, account: Account) -> None:
    held = secret(account, pulumi)
    # its preview is what refuses it: without one, the CLI takes away what it can before it comes to the secret
    refused = pulumi.run("destroy", "--yes")
    assert not refused.ok
    assert "because it is protected" in " ".join(refused.text.split())
    assert len(running(account)) == 1
    arn = pulumi.outputs()["secretArn"]
    pulumi.done("destroy", "--yes", "--skip-preview", "--exclude-protected")
    left = leftovers(account)
    assert left.pop("associations", 0) == 0
    assert left == {"secrets": 1}
    assert account.call("secretsmanager", "get_secret_value", SecretId=arn)["SecretString"] == held
