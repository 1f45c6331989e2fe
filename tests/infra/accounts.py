"""Accounts to try things on, and the rights in them enforced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.iam import models as iam_models
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.secretsmanager.responses import SecretsManagerResponse

from tests.infra.cloud.account import ACCOUNT_ID, Account
from tests.infra.stacks import REGION

ZONE = "example.com"


@cache
def _policies() -> str:
    """Of those that AWS keeps for everybody the ones met here: with all of them an account costs half a second."""
    known = json.loads(aws_managed_policies_data)
    return json.dumps({name: known[name] for name in ("AmazonSSMManagedInstanceCore", "AdministratorAccess")})


@contextmanager
def empty_account() -> Iterator[Account]:
    with (
        mock.patch.object(iam_models, "aws_managed_policies_data", _policies()),
        mock_aws(config={"iam": {"load_aws_managed_policies": True}}),
    ):
        yield Account(region=REGION)


def hosted_zone(account: Account) -> str:
    made = account.call("route53", "create_hosted_zone", Name=ZONE, CallerReference="tests")
    return str(made["HostedZone"]["Id"].rpartition("/")[2])


def other_secret(account: Account) -> str:
    made = account.call("secretsmanager", "create_secret", Name="of-somebody-else", SecretString="{}")
    return str(made["ARN"])


def as_role(account: Account, role: str) -> Account:
    """The same account with the rights of that role alone."""
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
    made = account.call("sts", "assume_role", RoleArn=arn, RoleSessionName="tests")["Credentials"]
    keys = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    return Account(region=account.region, keys=keys)


def enforced(ask: Callable[[], None]) -> None:
    """Do that while IAM is asked about every call, and about the very secret that is meant."""

    def resource(self: Any) -> str:
        return str(json.loads(self.body).get("SecretId", "*"))

    with mock.patch.object(SecretsManagerResponse, "_determine_resource", resource, create=True):
        set_initial_no_auth_action_count(0)(ask)()


def running(account: Account) -> list[str]:
    """Machines that are there, or will be in a moment."""
    found = account.call("ec2", "describe_instances")["Reservations"]
    machines = [machine for one in found for machine in one["Instances"]]
    return [one["InstanceId"] for one in machines if one["State"]["Name"] in ("pending", "running")]


def leftovers(account: Account) -> dict[str, int]:
    """What there is of each thing that such a stack makes."""
    count = account.call
    vpc_groups = [
        one
        for one in count("ec2", "describe_security_groups")["SecurityGroups"]
        if one["GroupName"] != "default"
    ]
    found = {
        "machines": len(running(account)),
        "addresses": len(count("ec2", "describe_addresses")["Addresses"]),
        "firewalls": len(vpc_groups),
        "keys": len(count("ec2", "describe_key_pairs")["KeyPairs"]),
        "templates": len(count("ec2", "describe_launch_templates")["LaunchTemplates"]),
        "roles": len(count("iam", "list_roles")["Roles"]),
        "profiles": len(count("iam", "list_instance_profiles")["InstanceProfiles"]),
        "secrets": len(count("secretsmanager", "list_secrets")["SecretList"]),
        "logs": len(count("logs", "describe_log_groups")["logGroups"]),
        "alarms": len(count("cloudwatch", "describe_alarms")["MetricAlarms"]),
        "topics": len(count("sns", "list_topics")["Topics"]),
        "images": len(count("ecr", "describe_repositories")["repositories"]),
        "documents": len(
            count("ssm", "list_documents", Filters=[{"Key": "Owner", "Values": ["Self"]}])[
                "DocumentIdentifiers"
            ]
        ),
        "associations": len(account.associations),
        "balancers": len(count("elbv2", "describe_load_balancers")["LoadBalancers"]),
        "targets": len(count("elbv2", "describe_target_groups")["TargetGroups"]),
        "groups": len(count("autoscaling", "describe_auto_scaling_groups")["AutoScalingGroups"]),
    }
    return {name: number for name, number in found.items() if number}
