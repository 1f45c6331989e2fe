"""The whole stack, put together."""

from __future__ import annotations

from typing import Any

import pulumi

from tolstoy_infra import hosts, shared
from tolstoy_infra.settings import Settings


def build(settings: Settings) -> dict[str, pulumi.Input[Any]]:
    """Make everything; returns the stack's outputs by name. Raises SettingsError before anything is made."""
    hosts.rehearse(settings)
    common = shared.make(settings)
    exports: dict[str, pulumi.Input[Any]] = {
        "secretArn": common.secret_arn,
        "logGroup": common.log_group,
        "repository": common.repository_url,
        "topicArn": common.alarms.topic_arn,
        "image": settings.image or "",  # for the next one who changes the stack and did not release it
    }
    if settings.topology == "single":
        from tolstoy_infra.single_host import SingleHost

        exports |= SingleHost(settings, common).exports
    else:
        from tolstoy_infra.fleet import Fleet

        exports |= Fleet(settings, common).exports
    if settings.github:
        from tolstoy_infra.github_roles import GitHubRoles

        exports |= GitHubRoles(settings, settings.github).exports
    return exports
