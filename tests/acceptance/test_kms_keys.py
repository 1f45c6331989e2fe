"""APP_KEY encrypted by KMS, from `tolstoy admin new-key` to a service that goes on under another key of KMS."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from mypy_boto3_kms import KMSClient

from tests.api.factories import make_credential, make_tool
from tests.conftest import Databases, founded
from tests.processes import serving
from tolstoy.core.aws_kms import CONTEXT


class Kms(NamedTuple):
    client: KMSClient
    settings: dict[str, str]


@pytest.fixture
def kms() -> Iterator[Kms]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    client = boto3.client(
        "kms",
        "eu-west-1",
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName="alias/tolstoy", TargetKeyId=key)
    yield Kms(client, settings)
    server.stop()


async def _tolstoy(folder: Path, settings: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tolstoy", *arguments,
        env={"PATH": os.environ["PATH"], "LOG_LEVEL": "error", **settings}, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_secrets_are_encrypted_under_a_key_that_only_kms_opens(
    module_database: Databases, kms: Kms, tmp_path: Path
) -> None:
    # in production, too, where nothing starts without the key that is about to be made
    production = {"APP_ENV": "production", **kms.settings}
    code, said = await _tolstoy(
        tmp_path, production, "admin", "new-key", "--kms", "alias/tolstoy", "--id", "2026"
    )
    assert (code, said.startswith("APP_KEY=2026:kms:"), said.count("\n")) == (0, True, 1)
    wrapped = base64.b64decode(said.rpartition(":")[2])
    key = kms.client.decrypt(CiphertextBlob=wrapped, EncryptionContext=CONTEXT)["Plaintext"]
    base = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "LOG_LEVEL": "debug",
        **kms.settings,
    }
    told = []
    settings = base | {"APP_KEY": said.strip().removeprefix("APP_KEY=")}
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = await make_tool(http, alice, authType="bearer")
            await make_credential(http, alice, tool)
    told.append(served.log())

    other = kms.client.create_key()["KeyMetadata"]["KeyId"]
    moved = kms.client.re_encrypt(
        CiphertextBlob=wrapped,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other,
        DestinationEncryptionContext=CONTEXT,
    )["CiphertextBlob"]
    settings = base | {"APP_KEY": f"2026:kms:{base64.b64encode(moved).decode()}"}
    code, said = await _tolstoy(tmp_path, settings, "admin", "rotate-keys", "--status")
    assert (code, [line.split() for line in said.splitlines()[-1:]]) == (0, [["2026", "1", "(encrypts)"]])
    told.append(said)

    code, said = await _tolstoy(tmp_path, settings | {"AWS_REGION": "us-east-1"}, "worker")
    assert (code, "tolstoy: These AWS credentials may not have KMS in us-east-1 do Decrypt" in said) == (
        1,
        True,
    )
    told.append(said)
    for shown in (base64.b64encode(key).decode(), key.hex(), str(key)):
        assert shown not in "".join(told)


async def test_without_kms_the_key_is_in_clear_and_is_one(tmp_path: Path) -> None:
    made = [await _tolstoy(tmp_path, {}, "admin", "new-key") for _ in range(2)]
    for code, said in made:
        assert code == 0
        assert len(base64.b64decode(said.removeprefix("APP_KEY="), validate=False)) == 32
    assert made[0] != made[1]
    code, said = await _tolstoy(tmp_path, {}, "admin", "new-key", "--id", "an id")
    assert (code, "tolstoy: --id: 'an id' has an id that is none" in said) == (1, True)
