"""A release: the deploy script, run on the machine by the agent of Session Manager: no SSH, no new machine."""

from __future__ import annotations

import shlex
from typing import Final

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX, tags

# a first boot with its packages, the pull, migrations and the drain
PATIENCE_SECONDS: Final = 1800


class Release(pulumi.ComponentResource):
    """Ends well only when the image serves: otherwise the update of the stack fails and the old image serves on."""

    done: pulumi.Resource

    def __init__(self, *, image: str, instance_id: pulumi.Output[str]) -> None:
        super().__init__("tolstoy:infra:Release", PREFIX)
        self.done = aws.ssm.Association(
            f"{PREFIX}-release",
            name="AWS-RunShellScript",
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[instance_id])],
            parameters={
                "commands": f"cloud-init status --wait > /dev/null || true; tolstoy-deploy {shlex.quote(image)}",
                "executionTimeout": str(PATIENCE_SECONDS),
            },
            wait_for_success_timeout_seconds=PATIENCE_SECONDS,
            tags=tags("release"),
            opts=pulumi.ResourceOptions(
                parent=self,
                # the provider waits for a new association only, never for a changed one; all stands for one that
                # failed, too, which the next update would otherwise take for done
                replace_on_changes=["*"],
                custom_timeouts=pulumi.CustomTimeouts(create="40m"),
            ),
        )
        self.register_outputs({})
