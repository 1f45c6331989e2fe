"""The CloudWatch agent, which sees what EC2 cannot: how full disk and memory are."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX, tags

NAMESPACE = "CWAgent"  # as that configuration says, which also sums up by InstanceId
CONFIG = "/etc/tolstoy/cloudwatch-agent.json"
_CONTROL = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"


class MetricsAgent(pulumi.ComponentResource):
    """Installed by Session Manager's agent, since Ubuntu has no package of it; its configuration came at first boot.

    1. wait for the first boot, which holds the lock of the package manager
    2. install the agent, signed, from AWS's own distributor
    3. start it with the machine's configuration
    """

    def __init__(
        self, *, target: aws.ssm.AssociationTargetArgs, after: pulumi.Resource | None = None
    ) -> None:
        super().__init__("tolstoy:infra:MetricsAgent", PREFIX)
        steps = [
            _shell("waitForFirstBoot", "cloud-init status --wait > /dev/null || true"),
            {
                "action": "aws:configurePackage",
                "name": "install",
                "inputs": {"name": "AmazonCloudWatchAgent", "action": "Install"},
            },
            _shell("start", f"{_CONTROL} -a fetch-config -m ec2 -s -c file:{CONFIG}"),
        ]
        document = aws.ssm.Document(
            f"{PREFIX}-agent",
            document_type="Command",
            document_format="JSON",
            content=json.dumps(
                {"schemaVersion": "2.2", "description": "CloudWatch agent for Tolstoy", "mainSteps": steps}
            ),
            tags=tags("agent"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.ssm.Association(
            f"{PREFIX}-agent",
            name=document.name,
            targets=[target],
            # keeps the agent new, and comes back where it failed
            schedule_expression="rate(7 days)",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else None),
        )
        self.register_outputs({})


def _shell(name: str, command: str) -> dict[str, object]:
    return {
        "action": "aws:runShellScript",
        "name": name,
        "inputs": {"timeoutSeconds": "900", "runCommand": ["set -eu", command]},
    }
