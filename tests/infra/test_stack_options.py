"""A stack of one machine with all that may be asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from tests.infra import checks, service_checks
from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.checks import INSTANCE, machine, open_doors, role_name, role_statements
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import ROOT, SECRETS, config, public_key

APP_KEYS = "2026:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def all_of_it() -> Iterator[tuple[Deployed, str]]:
    with empty_account() as account:
        zone = hosted_zone(account)
        more = {
            "domain": "tolstoy.example.com",
            "email": "ops@example.com",
            "zoneId": zone,
            "instanceType": "m7g.large",
            "diskGib": "50",
            "sshCidrs": '["203.0.113.7/32", "198.51.100.0/24"]',
            "publicKey": public_key(),
            "alarmEmail": "oncall@example.com",
            "logRetentionDays": "90",
            "environment": '{"WORKER_CONCURRENCY": "100"}',
            "appKeys": APP_KEYS,
        }
        yield deploy(account, ROOT, config(**more), (*SECRETS, "tolstoy:appKeys")), zone


def test_the_machine(all_of_it: tuple[Deployed, str]) -> None:
    deployed, _ = all_of_it
    found = machine(deployed)
    assert found["InstanceType"] == "m7g.large"
    given = deployed.inputs(INSTANCE)
    assert given["rootBlockDevice"]["volumeSize"] == 50
    assert found["KeyName"] == deployed.inputs("aws:ec2/eipAssociation:EipAssociation").get(
        "k", found["KeyName"]
    )
    assert "WORKER_CONCURRENCY=100" in checks.first_boot(deployed)


def test_ssh_for_those_named_alone(all_of_it: tuple[Deployed, str]) -> None:
    deployed, _ = all_of_it
    doors = open_doors(deployed, [group["GroupId"] for group in machine(deployed)["SecurityGroups"]])
    assert {source for port, source in doors if port == 22} == {"203.0.113.7/32", "198.51.100.0/24"}
    assert {port for port, _ in doors} == {22, 80, 443}
    (key,) = deployed.account.call("ec2", "describe_key_pairs")["KeyPairs"]
    assert machine(deployed)["KeyName"] == key["KeyName"]


def test_the_keys_that_are_being_replaced(all_of_it: tuple[Deployed, str]) -> None:
    deployed, _ = all_of_it
    held = json.loads(deployed.inputs(checks.SECRET_VERSION)["secretString"])
    assert held["APP_KEYS"] == APP_KEYS
    assert APP_KEYS not in deployed.clear_text() + checks.first_boot(deployed)


def test_the_name(all_of_it: tuple[Deployed, str]) -> None:
    deployed, zone = all_of_it
    sets = deployed.account.call("route53", "list_resource_record_sets", HostedZoneId=zone)
    records = {one["Name"]: one for one in sets["ResourceRecordSets"] if one["Type"] == "A"}
    address = deployed.outputs["address"]
    assert records["tolstoy.example.com."]["ResourceRecords"] == [{"Value": address}]
    assert deployed.outputs["url"] == "https://tolstoy.example.com"


def test_the_certificate_is_proved_by_the_one_record(all_of_it: tuple[Deployed, str]) -> None:
    deployed, zone = all_of_it
    statements = role_statements(deployed, role_name(deployed))
    (change,) = [one for one in statements if "route53:ChangeResourceRecordSets" in one["Action"]]
    assert change["Resource"] == f"arn:aws:route53:::hostedzone/{zone}"
    assert change["Condition"]["ForAllValues:StringEquals"] == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.tolstoy.example.com"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
    }


def test_who_is_told(all_of_it: tuple[Deployed, str]) -> None:
    deployed, _ = all_of_it
    topic = deployed.outputs["topicArn"]
    found = deployed.account.call("sns", "list_subscriptions_by_topic", TopicArn=topic)
    assert [(one["Protocol"], one["Endpoint"]) for one in found["Subscriptions"]] == [
        ("email", "oncall@example.com")
    ]


def test_no_credits_to_watch_where_there_are_none(all_of_it: tuple[Deployed, str]) -> None:
    deployed, _ = all_of_it
    assert "credits" not in service_checks.alarms(deployed)
    assert "disk" in service_checks.alarms(deployed)
