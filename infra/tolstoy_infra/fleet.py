"""A load balancer before machines that serve, and machines that work, each group as large as it is needed."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from tolstoy_infra import network
from tolstoy_infra.agent import MetricsAgent
from tolstoy_infra.host import Role
from tolstoy_infra.hosts import host
from tolstoy_infra.load_balancer import LoadBalancer
from tolstoy_infra.logs import QUEUE_AGE
from tolstoy_infra.machine_group import MachineGroup, Size
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.settings import Settings
from tolstoy_infra.shared import Shared

CPU_PERCENT = 60.0


class Fleet(pulumi.ComponentResource):
    """Without an image yet there are no machines: they have nothing to run."""

    exports: dict[str, pulumi.Input[Any]]

    def __init__(self, settings: Settings, shared: Shared) -> None:
        super().__init__("tolstoy:infra:Fleet", PREFIX)
        place = network.Place(settings)
        balancer = LoadBalancer(settings, place)
        domain = settings.domain
        self.exports = {
            "url": f"https://{domain.name}" if domain else pulumi.Output.concat("http://", balancer.dns_name),
            "address": balancer.dns_name,
        }
        _watch(shared, balancer)
        if settings.image:
            self._machines(settings, shared, place, balancer)
        self.register_outputs(self.exports)

    def _machines(
        self, settings: Settings, shared: Shared, place: network.Place, balancer: LoadBalancer
    ) -> None:
        serving = network.Firewall("api", "Tolstoy's machines that serve", place)
        serving.open_to_group(80, "From the load balancer alone", balancer.firewall.id)
        working = network.Firewall("worker", "Tolstoy's machines that work", place)
        network.open_ssh(serving, settings)
        network.open_ssh(working, settings)
        key = network.key_pair(settings)

        def group(
            role: Role, size: Size, firewall: network.Firewall, target: pulumi.Output[str] | None
        ) -> MachineGroup:
            told = pulumi.Output.all(shared.secret_arn, shared.log_group, place.cidr).apply(
                lambda known: host(settings, role, secret_arn=known[0], log_group=known[1], cidr=known[2])
            )
            return MachineGroup(
                role,
                machine=settings.machine,
                size=size,
                profile=shared.profile,
                place=place,
                firewall=firewall,
                key=key,
                host=told,
                after=[*shared.needed, *(balancer.listening if target else ())],
                target_group_arn=target,
            )

        sizes = settings.fleet
        api = group("api", Size(sizes.api_min, sizes.api_max), serving, balancer.target_group_arn)
        api.follow_cpu(CPU_PERCENT)
        worker = group("worker", Size(sizes.worker_min, sizes.worker_max), working, None)
        _follow_queue(worker, settings, shared.namespace)
        # by name, since most of the machines there will ever be are not there yet
        names = [tags(role)["Name"] for role in ("api", "worker")]
        MetricsAgent(target=aws.ssm.AssociationTargetArgs(key="tag:Name", values=names))
        self.exports["groups"] = {"api": api.name, "worker": worker.name}
        self.exports["shell"] = api.name.apply(lambda name: _shell(settings.region, name))


def _shell(region: str, group: str) -> str:
    filters = f"Name=tag:aws:autoscaling:groupName,Values={group} Name=instance-state-name,Values=running"
    first = f"aws ec2 describe-instances --region {region} --filters {filters}"
    query = "--query 'Reservations[0].Instances[0].InstanceId' --output text"
    return f'aws ssm start-session --region {region} --target "$({first} {query})"'


def _follow_queue(worker: MachineGroup, settings: Settings, namespace: str) -> None:
    """More when jobs wait, one less when none has waited for long: an age is no share of the load to track."""
    late = settings.queue_seconds
    more = worker.step("more", [(0, 3 * late, 1), (3 * late, None, 2)])
    fewer = worker.step("fewer", [(None, 0, -1)])
    for name, operator, threshold, minutes, policy in (
        ("more", "GreaterThanThreshold", late, 2, more),
        ("fewer", "LessThanOrEqualToThreshold", 1, 15, fewer),
    ):
        aws.cloudwatch.MetricAlarm(
            f"{PREFIX}-workers-{name}",
            alarm_description=f"Tolstoy, stack {settings.stack}: {name} workers, by how long jobs wait",
            namespace=namespace,
            metric_name=QUEUE_AGE,
            statistic="Maximum",
            comparison_operator=operator,
            threshold=threshold,
            period=60,
            evaluation_periods=minutes,
            treat_missing_data="missing",
            alarm_actions=[policy],
            tags=tags(f"workers-{name}"),
            opts=pulumi.ResourceOptions(parent=worker),
        )


def _watch(shared: Shared, balancer: LoadBalancer) -> None:
    this: dict[str, pulumi.Input[str]] = {"LoadBalancer": balancer.arn_suffix}
    shared.alarms.add(
        "unanswered",
        "requests find no machine that serves, or one that breaks off",
        namespace="AWS/ApplicationELB",
        metric="HTTPCode_ELB_5XX_Count",
        statistic="Sum",
        above=5,
        minutes=2,
        dimensions=this,
    )
    shared.alarms.add(
        "unhealthy",
        "a machine of the API does not answer; it is replaced",
        namespace="AWS/ApplicationELB",
        metric="UnHealthyHostCount",
        statistic="Minimum",
        above=0,
        minutes=15,
        dimensions={**this, "TargetGroup": balancer.group_suffix},
    )
