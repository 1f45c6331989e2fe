import asyncio
import json
import logging
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import moto.settings
import msgspec
import pytest
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from tolstoy.core import aws_secrets
from tolstoy.core.aws_secrets import DatabaseUrls, SecretError, SecretSource, fetch_database_urls, read_secret
from tolstoy.core.settings import Settings

POOLED = "postgresql://app:hunter2@host-pooler.neon.tech/db?sslmode=require"
DIRECT = "postgresql://app:hunter2@host.neon.tech/db?sslmode=require"
GOOD = {"SecretString": json.dumps({"DATABASE_URL": POOLED, "DIRECT_URL": DIRECT, "note": 1})}
SETTINGS = Settings(
    use_aws_secrets=True, aws_region="eu-west-1", aws_access_key_id="AKIATEST", aws_secret_access_key="key"
)


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def aws() -> Iterator[SecretsManagerClient]:
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")
        client.create_secret(Name=SETTINGS.aws_secret_name, SecretString=GOOD["SecretString"])
        yield client


def replaced(**changes: object) -> Settings:
    return msgspec.structs.replace(SETTINGS, **changes)


def failure(settings: Settings) -> SecretError:
    with pytest.raises(SecretError) as caught:
        fetch_database_urls(settings, _attempts=1)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    told = str(caught.value)
    assert settings.aws_secret_name in told and settings.aws_region in told and "\n" not in told
    return caught.value


class Stand(BaseHTTPRequestHandler):
    """Stands in for AWS where moto cannot: gives the answers it was told, then a good one."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answers: list[tuple[int, dict[str, str]]] = self.server.answers  # type: ignore[attr-defined]
        status, answer = answers.pop(0) if answers else (200, GOOD)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def stand() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Stand) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def at(stand: HTTPServer, *answers: tuple[int, dict[str, str]]) -> Settings:
    stand.answers = list(answers)  # type: ignore[attr-defined]
    return replaced(aws_endpoint_url=f"http://127.0.0.1:{stand.server_port}")


def test_both_addresses_are_read_and_never_shown(aws: SecretsManagerClient) -> None:
    urls = fetch_database_urls(SETTINGS)
    assert urls == DatabaseUrls(POOLED, DIRECT)
    assert "hunter2" not in repr(urls)


@pytest.mark.parametrize("direct", ["", ', "DIRECT_URL": null', ', "DIRECT_URL": ""'])
def test_without_a_direct_address_the_only_one_serves(direct: str) -> None:
    urls = read_secret(SETTINGS, f'{{"DATABASE_URL": "{DIRECT}"{direct}}}').urls
    assert urls == DatabaseUrls(DIRECT, DIRECT)


def test_no_credentials() -> None:
    error = failure(replaced(aws_access_key_id=None, aws_secret_access_key=None))
    assert type(error) is aws_secrets.CredentialsNotFound
    assert "IAM role" in str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UnrecognizedClientException", aws_secrets.CredentialsNotFound),
        ("InvalidSignatureException", aws_secrets.CredentialsNotFound),
        ("ExpiredTokenException", aws_secrets.CredentialsNotFound),
        ("AccessDeniedException", aws_secrets.AccessDenied),
        ("ResourceNotFoundException", aws_secrets.SecretNotFound),
        ("ValidationException", SecretError),
    ],
)
def test_refusals_in_the_words_of_aws_itself(stand: HTTPServer, code: str, kind: type[SecretError]) -> None:
    error = failure(at(stand, (400, {"__type": code})))
    assert type(error) is kind
    assert code in str(error)


def test_credentials_without_permission(aws: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = boto3.client("iam", aws_access_key_id="k", aws_secret_access_key="k")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    error = failure(
        replaced(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    )
    assert type(error) is aws_secrets.AccessDenied
    assert "secretsmanager:GetSecretValue" in str(error)


@pytest.mark.parametrize("changed", [{"aws_secret_name": "another"}, {"aws_region": "us-east-1"}])
def test_no_such_secret_in_this_region(aws: SecretsManagerClient, changed: dict[str, str]) -> None:
    error = failure(replaced(**changed))
    assert type(error) is aws_secrets.SecretNotFound
    assert "create it" in str(error)


def test_a_secret_that_waits_for_its_deletion(aws: SecretsManagerClient) -> None:
    aws.delete_secret(SecretId=SETTINGS.aws_secret_name)
    assert type(failure(SETTINGS)) is aws_secrets.SecretNotFound


def test_no_way_to_aws() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = failure(replaced(aws_endpoint_url=f"http://127.0.0.1:{closed.getsockname()[1]}"))
    assert type(error) is aws_secrets.SecretUnreachable
    assert "AWS_REGION" in str(error)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hunter2", "malformed"),
        ("", "truncated"),
        ('["hunter2"]', "Expected `object`"),
        ('{"password": "hunter2"}', "missing required field `DATABASE_URL`"),
        ('{"DATABASE_URL": 2}', "Expected `str`"),
        ('{"DATABASE_URL": ""}', "DATABASE_URL is not a Postgres URL"),
        ('{"DATABASE_URL": "mysql://app:hunter2@db/x"}', "DATABASE_URL is not a Postgres URL"),
        ('{"DATABASE_URL": "postgresql://a@b/c", "DIRECT_URL": "hunter2"}', "DIRECT_URL is not a Postgres"),
        (None, "binary"),
    ],
)
def test_a_malformed_secret_is_told_without_its_content(text: str | None, told: str) -> None:
    with pytest.raises(aws_secrets.MalformedSecret) as caught:
        read_secret(SETTINGS, text)
    assert told in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_malformed_secret_at_aws(stand: HTTPServer) -> None:
    error = failure(at(stand, (200, {"SecretString": "DATABASE_URL=hunter2"})))
    assert type(error) is aws_secrets.MalformedSecret
    assert "JSON object with DATABASE_URL" in str(error)


PASSING = [(500, "InternalServiceError"), (503, "Unheard"), (400, "ThrottlingException"), (429, "Unheard")]


@pytest.mark.parametrize(("status", "code"), PASSING)
def test_passing_failures_are_tried_again_with_pauses(
    stand: HTTPServer, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    settings = at(stand, *[(status, {"__type": code})] * 3)
    assert fetch_database_urls(settings).database_url == POOLED
    assert len(pauses) == 3 and max(pauses) <= 4


@pytest.mark.parametrize(("status", "code"), PASSING)
def test_lasting_failures_of_aws_count_as_unreachable(stand: HTTPServer, status: int, code: str) -> None:
    error = failure(at(stand, (status, {"__type": code})))
    assert type(error) is aws_secrets.SecretUnreachable
    assert code in str(error)


def test_the_secret_is_in_no_log_even_at_debug(stand: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        fetch_database_urls(at(stand))
    assert "hunter2" not in caplog.text


class Aws:
    """Counts how often it is asked; the password is the number of its rotation."""

    def __init__(self) -> None:
        self.asked, self.rotation, self.now = 0, 1, 0.0
        self.error: SecretError | None = None
        self.gate = threading.Event()
        self.gate.set()

    def fetch(self, settings: Settings) -> DatabaseUrls:
        self.asked += 1
        assert self.gate.wait(5)
        if self.error is not None:
            raise self.error
        url = f"postgresql://app:{self.rotation}@host/db"
        return DatabaseUrls(url, url)

    def source(self) -> SecretSource:
        return SecretSource(SETTINGS, fetch=self.fetch, clock=lambda: self.now)


@pytest.mark.asyncio
async def test_many_callers_share_the_first_reading() -> None:
    aws = Aws()
    source = aws.source()
    urls = await asyncio.gather(*(source.current() for _ in range(20)))
    assert set(urls) == {await source.current()}
    assert aws.asked == 1


@pytest.mark.asyncio
async def test_callers_rejected_with_the_same_password_share_one_reading() -> None:
    aws = Aws()
    source = aws.source()
    await source.current()
    aws.rotation, aws.now = 2, 60.0
    urls = await asyncio.gather(*(source.refreshed("1") for _ in range(20)))
    assert {url.database_url for url in urls} == {"postgresql://app:2@host/db"}
    aws.now = 120.0
    assert (await source.refreshed("1")).hold("2")
    assert (await source.current()).hold("2")
    assert aws.asked == 2


@pytest.mark.asyncio
async def test_a_secret_that_stays_wrong_is_read_every_five_seconds_at_most() -> None:
    aws = Aws()
    source = aws.source()
    for second in range(12):
        aws.now = float(second)
        assert (await source.refreshed("1")).hold("1")
        await source.refreshed(None)
    assert aws.asked == 3


@pytest.mark.asyncio
async def test_a_failed_reading_is_shared_and_repeated_only_after_the_pause() -> None:
    aws = Aws()
    aws.error = aws_secrets.SecretNotFound("name", "region", "code")
    source = aws.source()
    for _ in range(3):
        with pytest.raises(aws_secrets.SecretNotFound):
            await source.current()
    assert aws.asked == 1
    aws.error, aws.now = None, 5.0
    assert (await source.current()).hold("1")
    aws.error, aws.now = aws_secrets.SecretUnreachable("name", "region", "code"), 60.0
    with pytest.raises(aws_secrets.SecretUnreachable):
        await source.refreshed("1")
    assert (await source.current()).hold("1")
    assert aws.asked == 3


@pytest.mark.asyncio
async def test_a_cancelled_caller_does_not_end_the_others_reading() -> None:
    aws = Aws()
    aws.gate.clear()
    source = aws.source()
    first, second = asyncio.create_task(source.current()), asyncio.create_task(source.current())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    aws.gate.set()
    assert (await second).hold("1")
    assert first.cancelled()
    assert aws.asked == 1
