"""What whoever runs `pulumi up` has to be allowed."""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

import pytest

from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.cloud.account import Account
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import NEXT_IMAGE, ROOT, SECRETS, config, public_key, stack
from tolstoy_infra import operator_policy

ISSUER = "token.actions.githubusercontent.com"
# how moto's account finds out what AWS's provider does not ask
OWN_QUESTIONS = {("route53", "list_hosted_zones"), ("ec2", "describe_images")}
INSTANCE, ADDRESS = "aws:ec2/instance:Instance", "aws:ec2/eip:Eip"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
TAGGED = {INSTANCE, ADDRESS, TEMPLATE, "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/keyPair:KeyPair"}
PREFIXES = {"elbv2": "elasticloadbalancing"}


def _trust(deployed: Deployed) -> list[dict[str, Any]]:
    name = deployed.outputs["deployRole"].rpartition("/")[2]
    found = deployed.account.call("iam", "get_role", RoleName=name)["Role"]
    return list(found["AssumeRolePolicyDocument"]["Statement"])


def test_the_account_has_githubs_provider_already() -> None:
    with empty_account() as account:
        arn = account.call(
            "iam",
            "create_open_id_connect_provider",
            Url=f"https://{ISSUER}",
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["0" * 40],
        )["OpenIDConnectProviderArn"]
        more = {"githubRepository": "example/tolstoy", "githubProviderArn": arn}
        deployed = deploy(account, ROOT, config(**more), SECRETS)
        (trust,) = _trust(deployed)
        assert trust["Principal"] == {"Federated": arn}
        assert not [one for one in deployed.registered if "OpenIdConnectProvider" in one.type]


class TestOperator:
    def test_iam_takes_it(self) -> None:
        text = json.dumps(operator_policy.operator(), separators=(",", ":"))
        assert len(text) <= operator_policy.MOST_CHARACTERS
        with empty_account() as account:
            account.call("iam", "create_policy", PolicyName="tolstoy-operator", PolicyDocument=text)

    def test_it_reads_no_secret_but_its_own(self) -> None:
        for one in operator_policy.operator()["Statement"]:
            if any(action.startswith("secretsmanager:") for action in one["Action"]):
                assert one["Resource"] == "arn:aws:secretsmanager:*:*:secret:tolstoy-*"
            assert "*" not in one["Action"] and "iam:*" not in one["Action"]

    def test_it_removes_nothing_of_others(self) -> None:
        for one in operator_policy.operator()["Statement"]:
            ending = [
                a for a in one["Action"] if re.match(r"ec2:(Delete|Terminate|Stop|Release|Revoke|Modify)", a)
            ]
            if ending and one["Resource"] == "*":
                assert one.get("Condition") == {"StringEquals": {"aws:ResourceTag/Project": "tolstoy"}}
            if any(fnmatch.fnmatchcase("elasticloadbalancing:DeleteListener", a) for a in one["Action"]):
                assert all("/tolstoy-*" in resource for resource in one["Resource"])

    def test_a_tag_makes_nothing_theirs(self) -> None:
        tagging = [
            one for one in operator_policy.operator()["Statement"] if "ec2:CreateTags" in one["Action"]
        ]
        assert [one["Condition"] for one in tagging] == [
            {"StringEquals": {"aws:ResourceTag/Project": "tolstoy"}},
            {"Null": {"ec2:CreateAction": "false"}},
        ]

    @pytest.mark.parametrize("topology", ["single", "fleet"])
    def test_what_it_may_change_is_tagged_when_it_is_made(self, topology: str) -> None:
        with empty_account() as account:
            more = {"topology": topology, "publicKey": public_key(), "sshCidrs": '["203.0.113.7/32"]'}
            made = deploy(account, ROOT, config(**more), SECRETS).registered
        found = {one.type: one.inputs for one in made if one.type in TAGGED}
        assert found.keys() == TAGGED - ({TEMPLATE} if topology == "single" else {INSTANCE, ADDRESS})
        for inputs in found.values():
            assert inputs["tags"]["Project"] == "tolstoy"
        if topology == "single":
            assert found[INSTANCE]["volumeTags"]["Project"] == "tolstoy"
        else:
            specified = {one["resourceType"]: one["tags"] for one in found[TEMPLATE]["tagSpecifications"]}
            assert specified.keys() == {"instance", "volume"}
            assert {tags["Project"] for tags in specified.values()} == {"tolstoy"}

    @pytest.mark.parametrize("topology", ["single", "fleet"])
    def test_it_is_enough(self, topology: str) -> None:
        """For all that is asked of AWS from an empty account to a destroyed stack."""
        with empty_account() as account:
            more = {
                "topology": topology,
                "domain": "tolstoy.example.com",
                "email": "ops@example.com",
                "zoneId": hosted_zone(account),
                "alarmEmail": "ops@example.com",
                "githubRepository": "example/tolstoy",
                "publicKey": public_key(),
                "sshCidrs": '["203.0.113.7/32"]',
            }
            made = stack(account, **more)
            account.calls.clear()
            for image in (None, NEXT_IMAGE):
                made.config |= {"tolstoy:image": image} if image else {}
                up = made.up()
                assert up.ok, up.text()
            assert made.destroy(exclude_protected=True).ok
            actions = {action(account, call) for call in account.calls if call not in OWN_QUESTIONS}
        allowed = {pattern for one in operator_policy.operator()["Statement"] for pattern in one["Action"]}
        refused = {
            one for one in actions if not any(fnmatch.fnmatchcase(one, pattern) for pattern in allowed)
        }
        assert refused == set()
        assert len(actions) > 40


def action(account: Account, call: tuple[str, str]) -> str:
    """As IAM names it."""
    service, operation = call
    names = account.client(service).meta.method_to_api_mapping
    name = names.get(operation) or "".join(part.title() for part in operation.split("_"))
    return f"{PREFIXES.get(service, service)}:{name}"
