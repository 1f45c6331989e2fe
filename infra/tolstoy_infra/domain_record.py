"""Where the domain leads: one record, whatever the topology."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX
from tolstoy_infra.settings import Domain


class DomainRecord(pulumi.ComponentResource):
    """The same resource in both topologies, which changes in place: two of one name would be in each other's way."""

    def __init__(
        self,
        domain: Domain,
        zone_id: str,
        *,
        address: pulumi.Output[str] | None = None,
        balancer: aws.lb.LoadBalancer | None = None,
    ) -> None:
        super().__init__("tolstoy:infra:DomainRecord", PREFIX)
        aws.route53.Record(
            PREFIX,
            zone_id=zone_id,
            name=domain.name,
            type="A",
            ttl=None if address is None else 60,
            records=None if address is None else [address],
            aliases=None
            if balancer is None
            else [
                aws.route53.RecordAliasArgs(
                    name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=False
                )
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
