"""A production service that has all its secrets from AWS: the addresses, and by what its gateway proves itself."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import boto3
import httpx

from tests.acceptance.test_health_command import asked
from tests.acceptance.test_outages import secrets_manager as secrets_manager  # the fixture
from tests.conftest import Databases
from tests.processes import free_port, serving, start

SECRET = "held-by-the-secret-0123456789abcdef"


def told(endpoint: str, members: dict[str, str]) -> dict[str, str]:
    """The environment, once a secret with these members is there."""
    client = boto3.client(
        "secretsmanager",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    made = client.create_secret(
        Name=f"tolstoy/{uuid4()}", SecretString=json.dumps({"APP_KEY": f"{'k' * 42}8=", **members})
    )
    return {
        "APP_ENV": "production",
        "AUTH_MODE": "gateway",
        "WORKERS": "1",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "USE_AWS_SECRETS": "true",
        "AWS_SECRET_NAME": made["ARN"],
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }


async def test_the_gateways_secret_comes_from_where_the_addresses_do(
    module_database: Databases, secrets_manager: str, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": module_database.database_url, "DIRECT_URL": module_database.direct_url}
    settings = told(secrets_manager, urls | {"GATEWAY_SECRET": SECRET})
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            body = {"name": "A", "owner": {"email": "a@example.com"}}
            for sent, status in (
                ({}, 401),
                ({"X-Gateway-Secret": "x" * 35}, 401),
                ({"X-Gateway-Secret": SECRET}, 201),
            ):
                assert (await http.post("/organizations", json=body, headers=sent)).status_code == status
        assert (await asked(tmp_path, settings)).status == 0  # which does not read the secret
        assert SECRET not in served.log()


async def test_without_it_the_service_says_where_it_may_be_written(
    module_database: Databases, secrets_manager: str, tmp_path: Path
) -> None:
    settings = told(secrets_manager, {"DATABASE_URL": module_database.database_url})
    served = start(tmp_path, settings)
    try:
        assert served.process.wait(30) == 1
    finally:
        served.end()
    assert "AUTH_MODE=gateway needs GATEWAY_SECRET, there or in the environment" in served.log()
    assert "Traceback" not in served.log()
