"""docs/deployment.md and docs/operations.md against the program: settings, outputs, alarms, rights, sums."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest

from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.deployed import Registered, deploy
from tests.infra.documents import DEPLOYMENT, OPERATIONS, ROOT, codes, rows
from tests.infra.key_checks import OPENED_BY_KMS
from tests.infra.stacks import SECRETS, config, public_key
from tolstoy_infra import operator_policy, policies, readers, settings
from tolstoy_infra.host import render
from tolstoy_infra.hosts import host
from tolstoy_infra.naming import PREFIX

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
LEAST = {"databaseUrl": "postgresql://a:b@host/db", "directUrl": "postgresql://b:b@host/db"}
# as IAM has them, though there is no operation of that name
ONLY_IAMS = {"s3:ListBucket"}


@dataclass(frozen=True)
class Made:
    """What a stack has, when its account is gone."""

    outputs: dict[str, Any]
    registered: list[Registered]
    held: set[str]  # by the secret


def made(topology: str, *secrets: str, **more: str) -> Made:
    with empty_account() as account:
        zone = {"zoneId": hosted_zone(account)} if topology == "fleet" else {}
        deployed = deploy(account, ROOT, config(topology=topology, **zone, **more), (*SECRETS, *secrets))
        secret = account.call("secretsmanager", "get_secret_value", SecretId=deployed.outputs["secretArn"])
        return Made(deployed.outputs, deployed.registered, set(json.loads(secret["SecretString"])))


@pytest.fixture(scope="module")
def single() -> Made:
    more = {"githubRepository": "example/tolstoy", "appKeys": example("appKeys")}
    return made("single", "tolstoy:appKeys", **more)


@pytest.fixture(scope="module")
def fleet() -> Made:
    return made("fleet", domain="tolstoy.example.com")


def example(name: str) -> str:
    (found,) = (codes(row[3])[0] for row in rows(DEPLOYMENT, "## All settings") if codes(row[0]) == [name])
    return found


def reader(name: str) -> Callable[[str], Any]:
    return readers.region if name == "aws:region" else settings._KEYS[name].read


class TestSettings:
    def test_each_is_there_and_no_other(self) -> None:
        told = [codes(row[0]) for row in rows(DEPLOYMENT, "## All settings")]
        assert sorted(told) == sorted([name] for name in ("aws:region", *settings._KEYS))

    @pytest.mark.parametrize("row", rows(DEPLOYMENT, "## All settings"), ids=lambda row: row[0].strip("`"))
    def test_one(self, row: list[str]) -> None:
        (name,) = codes(row[0])
        default, refused = codes(row[1]), codes(row[4])
        if name == "aws:region":
            assert row[1] == "none, required"
        else:
            key = settings._KEYS[name]
            assert default == ([key.default] if key.default is not None else [])
            assert ("secret" in row[1]) == key.secret
            assert ("required" in row[1]) == (name in ("databaseUrl", "directUrl"))
        (example,) = codes(row[3])
        reader(name)(example)
        assert default != [example], "an example shows something else"
        assert refused
        for value in refused:
            with pytest.raises(ValueError, match=r"write|is not|has no|leave it out"):
                reader(name)(value)

    def test_bounds_are_told(self) -> None:
        told = {codes(row[0])[0]: row[2] for row in rows(DEPLOYMENT, "## All settings")}
        for name in ("diskGib", "workers", "queueSeconds", "ratePerSecond"):
            low, high = map(int, re.findall(r"(\d+) to (\d+)", told[name])[0])
            read = reader(name)
            assert (read(str(low)), read(str(high))) == (low, high)
            for beyond in (low - 1, high + 1):
                with pytest.raises(ValueError, match=r"write|is not|has no|leave it out"):
                    read(str(beyond))
        for name in ("apiMax", "workerMax"):
            assert reader(name)(re.findall(r"up to (\d+)", told[name])[0]) == 100
        for days in re.findall(r"\d+", told["logRetentionDays"]):
            assert int(days) in readers.RETENTION_DAYS

    def test_what_is_refused_together_is_refused(self) -> None:
        """Of the settings that the table calls of no use, or not enough, alone."""
        told = {codes(row[0])[0]: (row[2], codes(row[3])[0]) for row in rows(DEPLOYMENT, "## All settings")}
        alone = [name for name, (text, _) in told.items() if re.search("Refused without|Together with", text)]
        assert sorted(alone) == ["certificateArn", "email", "kmsKeyArn", "sshCidrs", "vpcId", "zoneId"]
        for name in (*alone, "subnetIds", "domain"):
            with pytest.raises(settings.SettingsError, match=r"set both|is missing|belong together"):
                settings.parse("prod", "us-east-1", {**LEAST, name: told[name][1]}, set(LEAST))


class TestOutputs:
    def test_each_is_there_and_no_other(self, single: Made, fleet: Made) -> None:
        told = {name for row in rows(DEPLOYMENT, "## What comes out") for name in codes(row[0])}
        assert told == single.outputs.keys() | fleet.outputs.keys()
        by_topology = {
            codes(row[0])[0]: "not of a fleet" in row[1] for row in rows(DEPLOYMENT, "## What comes out")
        }
        assert by_topology["instanceId"] and "instanceId" not in fleet.outputs
        assert "groups" not in single.outputs

    @pytest.mark.parametrize("document", [DEPLOYMENT, OPERATIONS], ids=lambda one: one.stem)
    def test_those_asked_for_are_there(self, document: Any, single: Made, fleet: Made) -> None:
        asked = set(re.findall(r"pulumi stack output ([a-z]\w+)", document.read_text()))
        assert len(asked) >= 4
        assert asked <= single.outputs.keys() | fleet.outputs.keys()

    def test_the_secret_has_what_is_told(self, single: Made) -> None:
        (row,) = (row for row in rows(DEPLOYMENT, "## What comes out") if row[0] == "`secretArn`")
        assert set(codes(row[1])) - settings._KEYS.keys() == single.held


class TestAlarms:
    def test_each_is_there_with_its_bounds(self, single: Made, fleet: Made) -> None:
        told = {codes(row[0])[0]: row for row in rows(OPERATIONS, "## Alarms")}
        found_in = {"single": alarms(single), "fleet": alarms(fleet)}
        scaling = {"workers-more", "workers-fewer"}
        assert scaling <= found_in["fleet"].keys()
        for topology, found in found_in.items():
            here = {name for name, row in told.items() if row[1] in (topology, "both")}
            assert here == found.keys() - scaling
            for name in here:
                bounds(told[name][2], found[name])

    def test_what_they_look_for_is_on_the_type_of_machine(self, single: Made) -> None:
        (row,) = (row for row in rows(OPERATIONS, "## Alarms") if row[0] == "`credits`")
        (type_,) = codes(row[3])
        assert not settings.Machine(type_, 30, (), None, 1024, 768, 2, 100).burstable


def alarms(made: Made) -> dict[str, dict[str, Any]]:
    return {one.name.removeprefix(f"{PREFIX}-"): one.inputs for one in made.registered if one.type == ALARM}


def bounds(sentence: str, made: dict[str, Any]) -> None:
    """The numbers in an alarm's sentence are the alarm's."""
    minutes = re.search(r"for (\d+) minutes", sentence)
    if minutes:
        assert made["evaluationPeriods"] * made["period"] == int(minutes[1]) * 60, sentence
    above = re.search(r"[Mm]ore than (\d+)", sentence)
    if above:
        assert made["threshold"] == int(above[1]), sentence


class TestRights:
    def test_the_policy_for_operations_is_one(self) -> None:
        (text,) = re.findall(r"```json\n(.*?)```", OPERATIONS.read_text(), re.S)
        policy = json.loads(text)
        assert policy["Version"] == "2012-10-17"
        operators = {action for one in operator_policy.operator()["Statement"] for action in one["Action"]}
        for statement in policy["Statement"]:
            for action in statement["Action"]:
                assert action in ONLY_IAMS or knows(action), f"AWS has no {action}"
                assert not any(fnmatch.fnmatchcase(action, one) for one in operators), (
                    f"{action} is there already"
                )
        with empty_account() as account:
            account.call(
                "iam", "create_policy", PolicyName="tolstoy-operations", PolicyDocument=json.dumps(policy)
            )

    def test_what_the_machine_may_is_told(self) -> None:
        text = DEPLOYMENT.read_text()
        actions = policies.read_secret("arn")["Action"]
        assert all(f"`{action.split(':')[1]}`" in text for action in actions) and len(actions) == 2

    def test_the_module_that_prints_the_policy_is_there(self) -> None:
        assert "-m tolstoy_infra.operator_policy" in DEPLOYMENT.read_text()
        assert json.dumps(operator_policy.operator())


def knows(action: str) -> bool:
    service, _, name = action.partition(":")
    model = {"elasticloadbalancing": "elbv2"}.get(service, service)
    return name in botocore.session.get_session().get_service_model(model).operation_names


def test_costs_add_up() -> None:
    *items, total = rows(DEPLOYMENT, "## What it costs")
    assert total[0] == "**Together**" and len(items) > 8
    for column in (1, 2):
        tenths = sum(round(float(row[column]) * 10) for row in items)
        assert f"**{tenths / 10}**" == total[column]
    assert "not checked" in DEPLOYMENT.read_text().split("## What it costs")[1]


def test_what_github_is_told_is_what_the_workflow_asks() -> None:
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    told = {(codes(row[0])[0], row[1]) for row in rows(DEPLOYMENT, "## GitHub Actions")}
    asked = {(name, "variable") for name in re.findall(r"\bvars\.(\w+)", workflow)}
    asked |= {(name, "secret") for name in re.findall(r"\bsecrets\.(\w+)", workflow)}
    assert told == asked


def test_each_command_of_pm2_has_its_place() -> None:
    told = " ".join(row[0] for row in rows(OPERATIONS, "## What PM2 did"))
    missing = {
        word
        for word in ("startup", "autorestart", "max_memory_restart", "logrotate", "status", "logs", "reload")
        if word not in told
    }
    assert missing == set()
    assert all(len(row) == 3 and codes(row[2]) for row in rows(OPERATIONS, "## What PM2 did"))


def test_resources_that_commands_look_for_are_called_so(single: Made) -> None:
    patterns = re.findall(r"grep -o 'urn:\.\*(\w+)::([\w-]+)'", OPERATIONS.read_text())
    assert len(patterns) >= 2
    assert set(patterns) <= {(one.type.rpartition(":")[2], one.name) for one in single.registered}


def cannot_change(**given: str) -> tuple[object, ...]:
    """What EC2 cannot change of a machine that is there: its first boot, its key, its subnet."""
    read = settings.parse("prod", "eu-central-1", {**LEAST, **given}, {*LEAST, "appKeys"})
    boot = render(host(read, "single", secret_arn="arn", log_group="/tolstoy/prod"))
    return boot, read.machine.public_key, read.subnet_ids[:1]


def test_what_makes_a_new_machine_is_told() -> None:
    """Each setting is changed to its example, from a stack that has what it is refused without."""
    section = OPERATIONS.read_text().split("### What makes a new machine\n")[1].split("\n## ")[0]
    replacing, _, keeping = section.partition("The new machine comes first")
    told = {name for name in codes(replacing) if name in settings._KEYS}
    stays = {name for name in codes(keeping) if name in settings._KEYS}
    before = {
        "domain": "before.example.com",
        "email": "before@example.com",
        "publicKey": public_key(),
        "vpcId": "vpc-00000000",
        "subnetIds": '["subnet-00000000"]',
        "githubRepository": "before/tolstoy",
    }
    beside = {"kmsKeyArn": {"appKeys": OPENED_BY_KMS}}
    names = settings._KEYS.keys() - {"topology"}  # which is another stack's
    changed = {
        name
        for name in names
        if cannot_change(**{**before, **beside.get(name, {}), name: example(name)}) != cannot_change(**before)
    }
    assert told == changed
    assert not stays & changed and {"image", "instanceType", "diskGib"} <= stays
