"""Which image a machine boots from."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def image_id(architecture: str) -> pulumi.Output[str]:
    """Canonical's newest of the long-term release, as it publishes it in Parameter Store."""
    name = f"/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id"
    return aws.ssm.get_parameter_output(name=name).value
