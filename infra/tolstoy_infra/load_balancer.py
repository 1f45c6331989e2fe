"""A fleet's front door: TLS ends here."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from tolstoy_infra.domain_record import DomainRecord
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.network import Firewall, Place
from tolstoy_infra.settings import Domain, Settings
from tolstoy_infra.timeouts import timeouts


class LoadBalancer(pulumi.ComponentResource):
    firewall: Firewall
    target_group_arn: pulumi.Output[str]
    listening: list[pulumi.Resource]  # a group may only be tied to what a load balancer uses
    dns_name: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    group_suffix: pulumi.Output[str]

    def __init__(self, settings: Settings, place: Place) -> None:
        super().__init__("tolstoy:infra:LoadBalancer", PREFIX)
        self._here = pulumi.ResourceOptions(parent=self)
        self.firewall = Firewall("balancer", "Tolstoy's load balancer", place)
        self.firewall.open(80, "HTTP: redirects")
        self.firewall.open(443, "HTTPS")
        waits = timeouts(settings.environment)
        balancer = aws.lb.LoadBalancer(
            PREFIX,
            load_balancer_type="application",
            security_groups=[self.firewall.id],
            subnets=place.subnets(),
            idle_timeout=waits.idle,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="strictest",
            tags=tags("balancer"),
            opts=self._here,
        )
        group = aws.lb.TargetGroup(
            PREFIX,
            port=80,
            protocol="HTTP",
            vpc_id=place.vpc_id,
            # /status fails with the database, for which replacing the machines would be no cure
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path="/health",
                interval=10,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=3,
                matcher="200",
            ),
            deregistration_delay=waits.drain,
            tags=tags("api"),
            opts=self._here,
        )
        forward = aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=group.arn)
        self.listening = []
        if settings.domain:
            certificate = self._certificate(settings.domain)
            self.listening.append(self._listener(balancer, 443, forward, certificate))
            redirect = aws.lb.ListenerDefaultActionRedirectArgs(
                port="443", protocol="HTTPS", status_code="HTTP_301"
            )
            plain = aws.lb.ListenerDefaultActionArgs(type="redirect", redirect=redirect)
            self.listening.append(self._listener(balancer, 80, plain))
            if settings.domain.zone_id:
                DomainRecord(settings.domain, settings.domain.zone_id, balancer=balancer)
        else:
            self.listening.append(self._listener(balancer, 80, forward))
        self.target_group_arn = group.arn
        self.dns_name = balancer.dns_name
        self.arn_suffix, self.group_suffix = balancer.arn_suffix, group.arn_suffix
        self.register_outputs({"dnsName": self.dns_name})

    def _listener(
        self,
        balancer: aws.lb.LoadBalancer,
        port: int,
        action: aws.lb.ListenerDefaultActionArgs,
        certificate_arn: pulumi.Input[str] | None = None,
    ) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{PREFIX}-{port}",
            load_balancer_arn=balancer.arn,
            port=port,
            protocol="HTTPS" if certificate_arn else "HTTP",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06" if certificate_arn else None,
            certificate_arn=certificate_arn,
            default_actions=[action],
            tags=tags("balancer"),
            opts=self._here,
        )

    def _certificate(self, domain: Domain) -> pulumi.Input[str]:
        if domain.certificate_arn:
            return domain.certificate_arn
        certificate = aws.acm.Certificate(
            PREFIX, domain_name=domain.name, validation_method="DNS", tags=tags("balancer"), opts=self._here
        )
        option = certificate.domain_validation_options[0]
        proof = aws.route53.Record(
            f"{PREFIX}-certificate",
            zone_id=domain.zone_id or "",
            name=option.resource_record_name.apply(str),
            type=option.resource_record_type.apply(str),
            records=[option.resource_record_value.apply(str)],
            ttl=60,
            allow_overwrite=True,  # the proof of one name is the same for every certificate
            opts=self._here,
        )
        proved = aws.acm.CertificateValidation(
            PREFIX, certificate_arn=certificate.arn, validation_record_fqdns=[proof.fqdn], opts=self._here
        )
        return proved.certificate_arn
