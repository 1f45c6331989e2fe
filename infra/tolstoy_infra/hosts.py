"""Which machine of a stack is told what."""

from __future__ import annotations

from tolstoy_infra.host import Host, Role, render
from tolstoy_infra.settings import Settings, SettingsError

# as long as the real ones can be, for a rehearsal
_ARN = "arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:secret:tolstoy-secret-1a2b3c4-AbCdEf"


def host(settings: Settings, role: Role, *, secret_arn: str, log_group: str, cidr: str | None = None) -> Host:
    """`cidr` is the network of a fleet, whose load balancer's word is taken."""
    domain, fleet = settings.domain, role != "single"
    return Host(
        role=role,
        region=settings.region,
        secret_arn=secret_arn,
        log_group=log_group,
        domain=domain.name if domain else None,
        email=domain.email if domain and not fleet else None,
        dns01=bool(domain and domain.zone_id) and not fleet,
        proxies=cidr,
        api_memory_mb=settings.machine.api_memory_mb,
        worker_memory_mb=settings.machine.worker_memory_mb,
        workers=settings.machine.workers,
        rate_per_second=settings.machine.rate_per_second,
        env=settings.environment,
        # a single machine's releases come by themselves, later, or each would be another machine
        image=settings.image if fleet else None,
    )


def rehearse(settings: Settings) -> None:
    """Raise SettingsError where a first boot could not be written down: once things are made it would be too late."""
    roles: tuple[Role, ...] = ("single",) if settings.topology == "single" else ("api", "worker")
    for role in roles:
        cidr = None if role == "single" else "255.255.255.255/32"
        made = host(settings, role, secret_arn=_ARN, log_group=f"/tolstoy/{settings.stack}", cidr=cidr)
        try:
            render(made)
        except ValueError as exc:
            raise SettingsError(f"environment: {exc}; nothing was made.") from exc
