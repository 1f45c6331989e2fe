"""What whoever runs `pulumi up` has to be allowed, and no more.

Printed by `python -m tolstoy_infra.operator_policy [PARTITION]`.

What can be told by its name is held to names that begin with tolstoy, and what EC2 has to what is tagged so, but for
whose an address is. That keeps from accidents, not from intent: who has it may give the machine's role any right, and
run commands on every machine that Systems Manager reaches, for IAM does not look at an association's targets.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tolstoy_infra.naming import PREFIX
from tolstoy_infra.policies import Statement, allow, document

# IAM takes no more of a managed policy, spaces not counted
MOST_CHARACTERS = 6144

_MACHINES = (
    "RunInstances AllocateAddress AssociateAddress DisassociateAddress CreateSecurityGroup ImportKeyPair"
    " CreateLaunchTemplate"
)
# for what was tagged when it was made
_OWN_MACHINES = (
    "TerminateInstances StartInstances StopInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions"
    " MonitorInstances UnmonitorInstances ModifyVolume ReleaseAddress DeleteSecurityGroup"
    " AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress"
    " ModifySecurityGroupRules DeleteKeyPair"
    " CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions CreateTags"
    " DeleteTags"
)
_ROLES = (
    "CreateRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole PutRolePolicy"
    " DeleteRolePolicy CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile"
    " RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile"
)
_ROLES_READ = (
    "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole GetInstanceProfile"
    " ListRoleTags ListInstanceProfileTags"
)
_KEEPING = (
    "CreateSecret DeleteSecret DescribeSecret GetSecretValue PutSecretValue UpdateSecret UpdateSecretVersionStage"
    " GetResourcePolicy ListSecretVersionIds TagResource UntagResource"
)
_ASSOCIATIONS = (
    "CreateAssociation UpdateAssociation DeleteAssociation DescribeAssociation ListAssociations"
    " DescribeAssociationExecutions AddTagsToResource RemoveTagsFromResource ListTagsForResource"
)
_LOGS = (
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy PutMetricFilter DeleteMetricFilter"
    " TagResource UntagResource ListTagsForResource"
)
_GROUPS = (
    "CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup CreateOrUpdateTags DeleteTags"
    " PutScalingPolicy DeletePolicy StartInstanceRefresh CancelInstanceRefresh AttachLoadBalancerTargetGroups"
    " DetachLoadBalancerTargetGroups SetInstanceProtection TerminateInstanceInAutoScalingGroup"
)

# whose roles AWS makes at the first group, load balancer, or alarm that restarts a machine
_LINKED = ("autoscaling", "elasticloadbalancing", "events")


def operator(partition: str = "aws") -> dict[str, Any]:
    """For a person, who may also let GitHub deploy."""
    provider = f"arn:{partition}:iam::*:oidc-provider/token.actions.githubusercontent.com"
    roles = [f"arn:{partition}:iam::*:{kind}/tolstoy-*" for kind in ("role", "instance-profile")]
    return document(*_statements(partition, roles), allow(["iam:*OpenIDConnectProvider*"], provider))


def deployer(partition: str = "aws") -> dict[str, Any]:
    """For GitHub's runs: no other role than the machine's. What they write into that they can use on a machine."""
    roles = [f"arn:{partition}:iam::*:{kind}/tolstoy-machine-*" for kind in ("role", "instance-profile")]
    read = [f"arn:{partition}:iam::*:role/tolstoy-github-*"]
    provider = f"arn:{partition}:iam::*:oidc-provider/token.actions.githubusercontent.com"
    return document(
        *_statements(partition, roles),
        allow(_of("iam", _ROLES_READ), read),
        allow(["iam:GetOpenIDConnectProvider"], provider),
    )


def previewer(partition: str = "aws") -> dict[str, Any]:
    """For GitHub's runs on pull requests: what a preview asks, and nothing that changes anything or is secret."""
    return document(*_lookups(partition))


def _lookups(partition: str) -> list[Statement]:
    return [
        allow(["ec2:Describe*", "sts:GetCallerIdentity"], "*"),
        allow(
            ["ssm:GetParameter", "ssm:GetParameters"],
            f"arn:{partition}:ssm:*::parameter/aws/service/canonical/*",
        ),
    ]


def _statements(partition: str, roles: list[str]) -> list[Statement]:
    def arn(service: str, rest: str) -> str:
        return f"arn:{partition}:{service}:*:*:{rest}"

    session_manager = f"arn:{partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
    return [
        *_lookups(partition),
        allow(_of("ec2", _MACHINES), "*"),
        allow(_of("ec2", _OWN_MACHINES), "*", {"StringEquals": {"aws:ResourceTag/Project": PREFIX}}),
        # nothing else, or a tag would make anything theirs
        allow(["ec2:CreateTags"], "*", {"Null": {"ec2:CreateAction": "false"}}),
        allow(["ec2:ModifySecurityGroupRules"], arn("ec2", "security-group-rule/*")),
        allow(_of("iam", f"{_ROLES} {_ROLES_READ}"), roles),
        allow(
            ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            roles[0],
            {"ArnEquals": {"iam:PolicyARN": session_manager}},
        ),
        allow(["iam:PassRole"], roles[0], {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        allow(
            ["iam:CreateServiceLinkedRole"],
            "*",
            {
                "StringEquals": {
                    "iam:AWSServiceName": [f"{name}.amazonaws.com" for name in _LINKED]
                }
            },
        ),
        allow(_of("secretsmanager", _KEEPING), arn("secretsmanager", "secret:tolstoy-*")),
        allow(["ssm:*Document*"], arn("ssm", "document/tolstoy-*")),
        allow(_of("ssm", _ASSOCIATIONS), "*"),
        allow(["logs:DescribeLogGroups", "logs:DescribeMetricFilters"], "*"),
        allow(_of("logs", _LOGS), arn("logs", "log-group:/tolstoy/*")),
        allow(["cloudwatch:DescribeAlarms"], "*"),
        allow(
            _of("cloudwatch", "PutMetricAlarm DeleteAlarms ListTagsForResource TagResource UntagResource"),
            arn("cloudwatch", "alarm:tolstoy-*"),
        ),
        allow(["sns:*"], arn("sns", "tolstoy-*")),
        allow(["ecr:GetAuthorizationToken"], "*"),
        allow(["ecr:*"], arn("ecr", "repository/tolstoy-*")),
        allow(["route53:GetChange", "route53:GetHostedZone", "route53:ListResourceRecordSets"], "*"),
        allow(["route53:ChangeResourceRecordSets"], f"arn:{partition}:route53:::hostedzone/*"),
        allow(_of("acm", "RequestCertificate DescribeCertificate DeleteCertificate AddTagsToCertificate"
                  " RemoveTagsFromCertificate ListTagsForCertificate"), "*"),
        allow(["elasticloadbalancing:Describe*", "autoscaling:Describe*"], "*"),
        allow(
            ["elasticloadbalancing:*"],
            [
                arn("elasticloadbalancing", f"{kind}/tolstoy-*")
                for kind in ("loadbalancer/app", "listener/app", "targetgroup")
            ],
        ),
        allow(_of("autoscaling", _GROUPS), arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/tolstoy-*")),
    ]  # fmt: skip


def _of(service: str, actions: str) -> list[str]:
    return [f"{service}:{action}" for action in actions.split()]


if __name__ == "__main__":
    json.dump(operator(*sys.argv[1:2]), sys.stdout, indent=2)
    print()
