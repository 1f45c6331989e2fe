"""What is true of the roles of GitHub's runs: without keys, for one repository, with no more than they need."""

from __future__ import annotations

import fnmatch
from typing import Any

from tests.infra.checks import role_statements
from tests.infra.cloud.account import ACCOUNT_ID
from tests.infra.deployed import Deployed

ISSUER = "token.actions.githubusercontent.com"
REPOSITORY, BUCKET = "example/tolstoy", "example-state"
SUBJECTS = {
    "deploy": f"repo:{REPOSITORY}:ref:refs/heads/main",
    "preview": f"repo:{REPOSITORY}:pull_request",
}


def role(deployed: Deployed, kind: str) -> dict[str, Any]:
    name = deployed.outputs[f"{kind}Role"].rpartition("/")[2]
    return dict(deployed.account.call("iam", "get_role", RoleName=name)["Role"])


def statements(deployed: Deployed, kind: str) -> list[dict[str, Any]]:
    return role_statements(deployed, role(deployed, kind)["RoleName"])


def check_who_gets_in(deployed: Deployed) -> None:
    providers = deployed.account.call("iam", "list_open_id_connect_providers")
    (provider,) = providers["OpenIDConnectProviderList"]
    assert provider["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
    for kind, subject in SUBJECTS.items():
        (trust,) = role(deployed, kind)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert trust["Principal"] == {"Federated": provider["Arn"]}
        assert trust["Condition"] == {
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
        }


def check_previewer(deployed: Deployed) -> None:
    """At AWS it only looks."""
    assert {action for one in statements(deployed, "preview") for action in one["Action"]} == {
        "ec2:Describe*",
        "sts:GetCallerIdentity",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "s3:ListBucket",
        "s3:GetObject",
    }


def check_deployer(deployed: Deployed) -> None:
    """It changes no other role than the machine's, which it hands to EC2 alone, and takes nothing of others away."""
    own = role(deployed, "deploy")["Arn"]
    for one in statements(deployed, "deploy"):
        resources = [one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"]
        actions = {a for a in one["Action"] if not a.startswith(("iam:Get", "iam:List"))}
        if any(a.startswith("iam:") for a in actions) and actions != {"iam:CreateServiceLinkedRole"}:
            assert all("/tolstoy-machine-" in resource for resource in resources), one
            assert not any(fnmatch.fnmatchcase(own, resource) for resource in resources)
        if "iam:PassRole" in actions:
            assert one.get("Condition") == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        if "iam:AttachRolePolicy" in actions:
            allowed = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
            assert one.get("Condition") == {"ArnEquals": {"iam:PolicyARN": allowed}}
        if "ec2:TerminateInstances" in actions:
            assert one.get("Condition") == {"StringEquals": {"aws:ResourceTag/Project": "tolstoy"}}
        if "secretsmanager:GetSecretValue" in actions:
            assert resources == ["arn:aws:secretsmanager:*:*:secret:tolstoy-*"]
