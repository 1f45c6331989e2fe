"""Hosts as a stack would make them."""

from __future__ import annotations

from typing import Any

import yaml

from tolstoy_infra.host import Host, render

SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tolstoy-prod-AbCdEf"


def host(**more: Any) -> Host:
    return Host(**{"role": "single", "region": "eu-central-1", "secret_arn": SECRET_ARN, **more})


def with_tls(**more: Any) -> Host:
    return host(domain="tolstoy.example.com", email="ops@example.com", **more)


def environment_file(host: Host, path: str) -> str:
    """One of the two that the user data has in clear."""
    files = yaml.safe_load(render(host))["write_files"]
    return str(next(file["content"] for file in files if file["path"] == path))
