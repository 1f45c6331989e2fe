"""How GitHub's runs get into the account without keys: they show who they are, and get a role for an hour."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from tolstoy_infra import operator_policy
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.policies import Statement, allow
from tolstoy_infra.settings import GitHub, Settings

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


class GitHubRoles(pulumi.ComponentResource):
    """One role for pushes to main, which may deploy, and one for pull requests, which may look."""

    exports: dict[str, pulumi.Input[Any]]

    def __init__(self, settings: Settings, github: GitHub) -> None:
        super().__init__("tolstoy:infra:GitHubRoles", PREFIX)
        self._here = pulumi.ResourceOptions(parent=self)
        partition, bucket = settings.partition, github.state_bucket
        provider = github.provider_arn or self._issuer()
        deploys = operator_policy.deployer(partition)
        previews = operator_policy.previewer(partition)
        if bucket:
            deploys["Statement"] += _state(
                bucket, partition, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
            )
            previews["Statement"] += _state(bucket, partition, ["s3:GetObject"])
        self.exports = {
            # a job with an `environment` has another subject, which says nothing of the branch
            "deployRole": self._role("deploy", provider, github, "ref:refs/heads/main", deploys),
            "previewRole": self._role("preview", provider, github, "pull_request", previews),
        }
        self.register_outputs(self.exports)

    def _issuer(self) -> pulumi.Output[str]:
        made = aws.iam.OpenIdConnectProvider(
            f"{PREFIX}-github",
            url=f"https://{ISSUER}",
            client_id_lists=[AUDIENCE],
            tags=tags("github"),
            opts=self._here,
        )
        return made.arn

    def _role(
        self, name: str, provider: pulumi.Input[str], github: GitHub, ref: str, policy: dict[str, Any]
    ) -> pulumi.Output[str]:
        role = aws.iam.Role(
            f"{PREFIX}-github-{name}",
            description=f"GitHub's runs of {github.repository}: {name}",
            assume_role_policy=pulumi.Output.from_input(provider).apply(
                lambda arn: json.dumps(_trust(arn, f"repo:{github.repository}:{ref}"))
            ),
            max_session_duration=3600,
            tags=tags(f"github-{name}"),
            opts=self._here,
        )
        aws.iam.RolePolicy(
            f"{PREFIX}-github-{name}",
            role=role.name,
            policy=json.dumps(policy, separators=(",", ":")),
            opts=self._here,
        )
        return role.arn


def _trust(provider_arn: str, subject: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        # without the subject, every repository on GitHub could take the role
        "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _state(bucket: str, partition: str, actions: list[str]) -> list[Statement]:
    arn = f"arn:{partition}:s3:::{bucket}"
    return [allow(["s3:ListBucket"], arn), allow(actions, f"{arn}/*")]
