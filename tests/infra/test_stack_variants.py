"""Stacks of one machine that differ from the usual one."""

from __future__ import annotations

from tests.infra import checks
from tests.infra.accounts import empty_account
from tests.infra.checks import machine
from tests.infra.deployed import deploy
from tests.infra.stacks import ROOT, SECRETS, config


def test_without_an_image_the_machine_waits_for_one() -> None:
    with empty_account() as account:
        least = {key: value for key, value in config().items() if key != "tolstoy:image"}
        deployed = deploy(account, ROOT, least, SECRETS)
        assert account.releases == []
        checks.check_machine(deployed)
        checks.check_address(deployed)


def test_in_a_network_of_ones_own() -> None:
    with empty_account() as account:
        vpc = account.call("ec2", "create_vpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = account.call("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"][
            "SubnetId"
        ]
        deployed = deploy(account, ROOT, config(vpcId=vpc, subnetIds=f'["{subnet}"]'), SECRETS)
        assert machine(deployed)["SubnetId"] == subnet
        groups = account.call(
            "ec2", "describe_security_groups", Filters=[{"Name": "vpc-id", "Values": [vpc]}]
        )
        assert {one["GroupId"] for one in machine(deployed)["SecurityGroups"]} <= {
            one["GroupId"] for one in groups["SecurityGroups"]
        }
