"""What a stack has whatever its topology: it stays when that changes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from tolstoy_infra.alarms import Alarms
from tolstoy_infra.app_secret import AppSecret
from tolstoy_infra.identity import MachineIdentity
from tolstoy_infra.logs import Logs
from tolstoy_infra.registry import Registry
from tolstoy_infra.settings import Settings


@dataclass(frozen=True)
class Shared:
    secret_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]
    namespace: str
    profile: pulumi.Output[str]
    needed: list[pulumi.Resource]  # by every machine at its first boot
    repository_url: pulumi.Output[str]
    alarms: Alarms


def make(settings: Settings) -> Shared:
    secret = AppSecret(
        database_url=settings.database_url,
        direct_url=settings.direct_url,
        app_keys=settings.app_keys,
        app_keys_alone=settings.kms_key_arn is not None,
    )
    logs = Logs(settings)
    registry = Registry()
    identity = MachineIdentity(
        settings=settings,
        secret_arn=secret.arn,
        log_group_arn=logs.arn,
        repository_arn=registry.arn,
    )
    alarms = Alarms(settings)
    alarms.of_service(settings, logs.namespace)
    return Shared(
        secret_arn=secret.arn,
        log_group=logs.name,
        namespace=logs.namespace,
        profile=identity.profile,
        needed=[secret.version, *identity.rights],
        repository_url=registry.url,
        alarms=alarms,
    )
