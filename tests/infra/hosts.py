"""Hosts as a stack would make them."""

from __future__ import annotations

from typing import Any

from tolstoy_infra.host import Host

SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tolstoy-prod-AbCdEf"


def host(**more: Any) -> Host:
    return Host(**{"role": "single", "region": "eu-central-1", "secret_arn": SECRET_ARN, **more})


def with_tls(**more: Any) -> Host:
    return host(domain="tolstoy.example.com", email="ops@example.com", **more)
