"""Machines of one kind, as many as are needed, replaced one after the other when their image or first boot changes."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from tolstoy_infra import ubuntu
from tolstoy_infra.host import Host, render
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.network import Firewall, Place
from tolstoy_infra.settings import Machine

BOOT_SECONDS = 600  # packages, the image, migrations


@dataclass(frozen=True)
class Size:
    least: int
    most: int


class MachineGroup(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(
        self,
        role: str,
        *,
        machine: Machine,
        size: Size,
        profile: pulumi.Output[str],
        place: Place,
        firewall: Firewall,
        key: aws.ec2.KeyPair | None,
        host: pulumi.Output[Host],
        after: list[pulumi.Resource],
        target_group_arn: pulumi.Output[str] | None = None,
    ) -> None:
        super().__init__("tolstoy:infra:MachineGroup", f"{PREFIX}-{role}")
        here = pulumi.ResourceOptions(parent=self)
        named = tags(role)
        template = aws.ec2.LaunchTemplate(
            # by its processor too: the image is kept as it is below, and is that processor's
            f"{PREFIX}-{role}-{machine.architecture}",
            image_id=ubuntu.image_id(machine.architecture),
            instance_type=machine.instance_type,
            key_name=key.key_name if key else None,
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(name=profile),
            vpc_security_group_ids=[firewall.id],
            user_data=host.apply(lambda one: base64.b64encode(render(one).encode()).decode()),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=2
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/sda1",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        encrypted="true",
                        volume_type="gp3",
                        volume_size=machine.disk_gib,
                        delete_on_termination="true",
                    ),
                )
            ],
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=named)
                for kind in ("instance", "volume")
            ],
            update_default_version=True,
            tags=named,
            # or any change of the stack would replace all machines, when there happens to be a newer Ubuntu image
            opts=pulumi.ResourceOptions.merge(here, pulumi.ResourceOptions(ignore_changes=["image_id"])),
        )
        group = aws.autoscaling.Group(
            f"{PREFIX}-{role}",
            min_size=size.least,
            max_size=size.most,
            vpc_zone_identifiers=place.subnets(),
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            target_group_arns=[target_group_arn] if target_group_arn else None,
            health_check_type="ELB" if target_group_arn else "EC2",
            health_check_grace_period=BOOT_SECONDS,
            default_instance_warmup=BOOT_SECONDS,  # a machine that fails until then counts against the release
            instance_refresh=aws.autoscaling.GroupInstanceRefreshArgs(
                strategy="Rolling",
                # a new machine serves before an old one goes, and a sick image is taken back
                preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
                    min_healthy_percentage=100,
                    max_healthy_percentage=200,
                    auto_rollback=True,
                    skip_matching=True,
                ),
            ),
            # the provider would otherwise end the stack's update before the machines are there
            wait_for_capacity_timeout="20m",
            tags=[
                aws.autoscaling.GroupTagArgs(key=key_, value=value, propagate_at_launch=False)
                for key_, value in named.items()
            ],
            opts=pulumi.ResourceOptions.merge(
                here, pulumi.ResourceOptions(depends_on=after, custom_timeouts=pulumi.CustomTimeouts("30m"))
            ),
        )
        self.name = group.name

        self.register_outputs({"name": self.name})

    def follow_cpu(self, percent: float) -> None:
        """As many machines as keep their CPU at that, on the average."""
        aws.autoscaling.Policy(
            f"{self.pulumi_resource_name}-cpu",
            autoscaling_group_name=self.name,
            policy_type="TargetTrackingScaling",
            target_tracking_configuration=aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
                target_value=percent,
                predefined_metric_specification=aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs(
                    predefined_metric_type="ASGAverageCPUUtilization"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def step(self, name: str, steps: list[tuple[float | None, float | None, int]]) -> pulumi.Output[str]:
        """A policy by steps, each from and to so far beyond an alarm's threshold; returns its ARN."""
        policy = aws.autoscaling.Policy(
            f"{self.pulumi_resource_name}-{name}",
            autoscaling_group_name=self.name,
            policy_type="StepScaling",
            adjustment_type="ChangeInCapacity",
            metric_aggregation_type="Maximum",
            step_adjustments=[
                aws.autoscaling.PolicyStepAdjustmentArgs(
                    scaling_adjustment=change,
                    metric_interval_lower_bound=None if low is None else str(low),
                    metric_interval_upper_bound=None if high is None else str(high),
                )
                for low, high, change in steps
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return policy.arn
