"""One machine with everything on it: Nginx, the API in two slots, the worker."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from tolstoy_infra import agent, network, ubuntu
from tolstoy_infra.alarms import Alarms
from tolstoy_infra.domain_record import DomainRecord
from tolstoy_infra.host import render
from tolstoy_infra.hosts import host
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.release import Release
from tolstoy_infra.settings import Settings
from tolstoy_infra.shared import Shared


class SingleHost(pulumi.ComponentResource):
    """A changed first boot makes a new machine; the address moves to it last, when its release serves."""

    exports: dict[str, pulumi.Input[Any]]

    def __init__(self, settings: Settings, shared: Shared) -> None:
        super().__init__("tolstoy:infra:SingleHost", PREFIX)
        here = pulumi.ResourceOptions(parent=self)
        place = network.Place(settings)
        firewall = network.Firewall("machine", "Tolstoy's machine", place)
        firewall.open(80, "HTTP: redirects, and the certificate's proof")
        firewall.open(443, "HTTPS")
        network.open_ssh(firewall, settings)
        key = network.key_pair(settings)
        machine = aws.ec2.Instance(
            f"{PREFIX}-machine",
            ami=ubuntu.image_id(settings.machine.architecture),
            instance_type=settings.machine.instance_type,
            iam_instance_profile=shared.profile,
            vpc_security_group_ids=[firewall.id],
            subnet_id=place.first_subnet,
            key_name=key.key_name if key else None,
            user_data=pulumi.Output.all(shared.secret_arn, shared.log_group).apply(
                lambda known: render(host(settings, "single", secret_arn=known[0], log_group=known[1]))
            ),
            user_data_replace_on_change=True,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=2,  # the containers are one hop further, and fetch the role's keys too
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                encrypted=True, volume_type="gp3", volume_size=settings.machine.disk_gib
            ),
            monitoring=True,
            tags=tags("machine"),
            volume_tags=tags("machine"),
            # a new Ubuntu image must not replace the machine on a quiet day
            opts=pulumi.ResourceOptions.merge(
                here, pulumi.ResourceOptions(ignore_changes=["ami"], depends_on=shared.needed)
            ),
        )
        release = Release(image=settings.image, instance_id=machine.id) if settings.image else None
        last = release.done if release else machine
        agent.MetricsAgent(
            target=aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[machine.id]), after=last
        )
        address = aws.ec2.Eip(PREFIX, domain="vpc", tags=tags("address"), opts=here)
        aws.ec2.EipAssociation(
            PREFIX,
            allocation_id=address.allocation_id,
            instance_id=machine.id,
            allow_reassociation=True,  # the new machine comes before the old one goes
            opts=pulumi.ResourceOptions.merge(here, pulumi.ResourceOptions(depends_on=[last])),
        )
        domain = settings.domain
        if domain and domain.zone_id:
            DomainRecord(domain, domain.zone_id, address=address.public_ip)
        _watch(shared.alarms, settings, machine.id)
        self.exports = {
            "url": f"https://{domain.name}" if domain else pulumi.Output.concat("http://", address.public_ip),
            "address": address.public_ip,
            "instanceId": machine.id,
            "shell": pulumi.Output.concat(
                f"aws ssm start-session --region {settings.region} --target ", machine.id
            ),
        }
        self.register_outputs(self.exports)


def _watch(alarms: Alarms, settings: Settings, machine: pulumi.Output[str]) -> None:
    this: dict[str, pulumi.Input[str]] = {"InstanceId": machine}
    automate = f"arn:{settings.partition}:automate:{settings.region}:ec2"
    alarms.add(
        "hardware",
        "the host under the machine is broken; EC2 moves the machine to another",
        namespace="AWS/EC2",
        metric="StatusCheckFailed_System",
        statistic="Maximum",
        above=0,
        minutes=2,
        dimensions=this,
        also=(f"{automate}:recover",),
    )
    alarms.add(
        "machine",
        "the machine does not answer; EC2 restarts it",
        namespace="AWS/EC2",
        metric="StatusCheckFailed_Instance",
        statistic="Maximum",
        above=0,
        minutes=3,
        dimensions=this,
        also=(f"{automate}:reboot",),
    )
    alarms.add(
        "disk",
        "the disk is nearly full",
        namespace=agent.NAMESPACE,
        metric="disk_used_percent",
        above=85,
        minutes=5,
        dimensions=this,
    )
    alarms.add(
        "memory",
        "memory is nearly used up",
        namespace=agent.NAMESPACE,
        metric="mem_used_percent",
        above=90,
        minutes=10,
        dimensions=this,
    )
    if settings.machine.burstable:
        alarms.add(
            "credits",
            "CPU beyond the type's share is used and paid for; take a larger one if it stays so",
            namespace="AWS/EC2",
            metric="CPUSurplusCreditsCharged",
            statistic="Sum",
            above=0,
            minutes=15,
            period=300,  # credits are told of every five minutes
            dimensions=this,
        )
