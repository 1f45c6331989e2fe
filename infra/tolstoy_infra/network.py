"""Where the machines are, and which doors are open."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.settings import Settings

EVERYWHERE = "0.0.0.0/0"


class Place:
    """The VPC and its subnets: those of the settings, else the account's default."""

    def __init__(self, settings: Settings) -> None:
        vpc = aws.ec2.get_vpc_output(id=settings.vpc_id, default=None if settings.vpc_id else True)
        self.vpc_id: pulumi.Output[str] = vpc.id
        self.cidr: pulumi.Output[str] = vpc.cidr_block
        self._given = settings.subnet_ids

    @property
    def first_subnet(self) -> str | None:
        """Of the default network AWS takes one where the type of machine is to be had."""
        return self._given[0] if self._given else None

    def subnets(self) -> pulumi.Output[list[str]]:
        if self._given:
            return pulumi.Output.from_input(list(self._given))
        found = aws.ec2.get_subnets_output(
            filters=self.vpc_id.apply(
                lambda vpc: [
                    aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[vpc]),
                    aws.ec2.GetSubnetsFilterArgs(name="default-for-az", values=["true"]),
                ]
            )
        )
        return found.ids.apply(sorted)


class Firewall(pulumi.ComponentResource):
    """A security group: everything out, in what is asked for."""

    id: pulumi.Output[str]

    def __init__(self, name: str, description: str, place: Place) -> None:
        super().__init__("tolstoy:infra:Firewall", f"{PREFIX}-{name}")
        self._prefix = f"{PREFIX}-{name}"
        self._here = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            self._prefix, description=description, vpc_id=place.vpc_id, tags=tags(name), opts=self._here
        )
        self.id = group.id
        aws.vpc.SecurityGroupEgressRule(
            f"{self._prefix}-out",
            security_group_id=group.id,
            ip_protocol="-1",
            cidr_ipv4=EVERYWHERE,
            description="To AWS, the database and what flows call",
            opts=self._here,
        )
        self.register_outputs({"id": self.id})

    def open(self, port: int, why: str, *, to: str = EVERYWHERE) -> None:
        self._rule(
            f"{port}" if to == EVERYWHERE else f"{port}-{to.replace('/', '-')}", port, why, cidr_ipv4=to
        )

    def open_to_group(self, port: int, why: str, group: pulumi.Output[str]) -> None:
        self._rule(f"{port}-inside", port, why, group=group)

    def _rule(
        self,
        suffix: str,
        port: int,
        why: str,
        *,
        cidr_ipv4: str | None = None,
        group: pulumi.Output[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._prefix}-{suffix}",
            security_group_id=self.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=cidr_ipv4,
            referenced_security_group_id=group,
            description=why,
            opts=self._here,
        )


def open_ssh(firewall: Firewall, settings: Settings) -> None:
    for cidr in settings.machine.ssh_cidrs:
        firewall.open(22, "SSH, for those of sshCidrs", to=cidr)


def key_pair(settings: Settings) -> aws.ec2.KeyPair | None:
    if settings.machine.public_key is None:
        return None
    return aws.ec2.KeyPair(PREFIX, public_key=settings.machine.public_key, tags=tags("key"))
