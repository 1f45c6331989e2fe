"""How GitHub's runs get in: without keys, from one repository, with no more than they need."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.accounts import empty_account
from tests.infra.checks import role_statements
from tests.infra.cloud.account import ACCOUNT_ID
from tests.infra.deployed import Deployed, deploy
from tests.infra.stacks import ROOT, SECRETS, config

ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with empty_account() as account:
        more = {"githubRepository": "example/tolstoy", "stateBucket": "example-state"}
        yield deploy(account, ROOT, config(**more), SECRETS)


def role(deployed: Deployed, kind: str) -> dict[str, Any]:
    name = deployed.outputs[f"{kind}Role"].rpartition("/")[2]
    return dict(deployed.account.call("iam", "get_role", RoleName=name)["Role"])


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("deploy", "repo:example/tolstoy:ref:refs/heads/main"),
        ("preview", "repo:example/tolstoy:pull_request"),
    ],
)
def test_only_that_repository_gets_in(deployed: Deployed, kind: str, subject: str) -> None:
    (trust,) = role(deployed, kind)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"}
    assert trust["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
    }
    (provider,) = deployed.account.call("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]
    assert provider["Arn"] == trust["Principal"]["Federated"]


def test_a_pull_request_only_looks(deployed: Deployed) -> None:
    name = role(deployed, "preview")["RoleName"]
    actions = {action for one in role_statements(deployed, name) for action in one["Action"]}
    assert actions == {
        "ec2:Describe*",
        "sts:GetCallerIdentity",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "s3:ListBucket",
        "s3:GetObject",
    }


def test_a_deployment_cannot_make_itself_more_powerful(deployed: Deployed) -> None:
    """It changes the machine's role, and neither its own nor any other."""
    name = role(deployed, "deploy")["RoleName"]
    for one in role_statements(deployed, name):
        resources = [one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"]
        changing = [
            a for a in one["Action"] if a.startswith("iam:") and not a.startswith(("iam:Get", "iam:List"))
        ]
        if not changing or changing == ["iam:CreateServiceLinkedRole"]:
            continue
        assert all("/tolstoy-machine-" in resource for resource in resources), one
        own = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        assert not any(fnmatch.fnmatchcase(own, resource) for resource in resources)
