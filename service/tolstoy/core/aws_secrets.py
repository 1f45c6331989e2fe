"""What AWS Secrets Manager holds for Tolstoy; the database's addresses again when the password in them was changed."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import TYPE_CHECKING

import msgspec

from tolstoy.core import app_keys, aws, database_urls
from tolstoy.core.settings import FIELDS, Settings, with_urls

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECONDS_BETWEEN_READS = 5.0

# The settings that the secret may hold besides the database's addresses; where they are set, that counts
HELD = ("gateway_secret", "platform_key", "app_key", "app_keys")


class SecretError(Exception):
    """The secret {name} in {region} cannot be read ({detail}); check AWS_SECRET_NAME and AWS_REGION."""

    def __init__(self, name: str, region: str, detail: str) -> None:
        super().__init__(name, region, detail)
        self.name = name
        self.region = region
        self.detail = detail

    def __str__(self) -> str:
        return cleandoc(type(self).__doc__ or "").format(**vars(self)).replace("\n", " ")


class CredentialsNotFound(SecretError):
    """No credentials that AWS takes were found to read the secret {name} in {region} ({detail}); give the
    machine an IAM role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""


class AccessDenied(SecretError):
    """These AWS credentials may not read the secret {name} in {region} ({detail}); allow
    secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of its own."""


class SecretNotFound(SecretError):
    """There is no secret {name} in {region} ({detail}); create it there, or correct AWS_SECRET_NAME
    or AWS_REGION."""


class SecretUnreachable(SecretError):
    """Secrets Manager gave no answer about the secret {name} in {region} ({detail}); check that AWS_REGION
    is a region and that this machine can reach it."""


class MalformedSecret(SecretError):
    """The secret {name} in {region} is not what Tolstoy expects ({detail}); store a JSON object with
    DATABASE_URL and, if it differs, DIRECT_URL."""


_BY_CAUSE: dict[aws.Cause, type[SecretError]] = {
    "credentials": CredentialsNotFound,
    "denied": AccessDenied,
    "unreachable": SecretUnreachable,
    "other": SecretError,
}
_BY_CODE: dict[str, type[SecretError]] = {
    "DecryptionFailure": AccessDenied,
    # what AWS answers for a secret that waits for its deletion
    "InvalidRequestException": SecretNotFound,
    "ResourceNotFoundException": SecretNotFound,
}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The pooled address for requests and the direct one for migrations and LISTEN."""

    database_url: str = field(repr=False)
    direct_url: str = field(repr=False)

    def hold(self, password: str) -> bool:
        return password in (database_urls.parse(url).password for url in (self.database_url, self.direct_url))


@dataclass(frozen=True, slots=True)
class Secret:
    """The addresses, and the text of each setting of HELD that is in the secret."""

    urls: DatabaseUrls
    held: dict[str, str] = field(repr=False)


class _Content(msgspec.Struct):
    database_url: str = msgspec.field(name="DATABASE_URL")
    direct_url: str | None = msgspec.field(name="DIRECT_URL", default=None)
    gateway_secret: str | None = msgspec.field(name="GATEWAY_SECRET", default=None)
    platform_key: str | None = msgspec.field(name="PLATFORM_KEY", default=None)
    app_key: str | None = msgspec.field(name="APP_KEY", default=None)
    app_keys: str | None = msgspec.field(name="APP_KEYS", default=None)


def filled(settings: Settings) -> Settings:
    """The settings with what the secret holds, read now. Raises SecretError."""
    secret = fetch(settings)
    found: dict[str, object] = {}
    for attribute in HELD:
        name = FIELDS[attribute].name
        if not getattr(settings, attribute) and (text := secret.held.get(attribute)):
            try:
                found[attribute] = FIELDS[attribute].read(text)
            except ValueError as error:
                raise _malformed(settings, f"{name} {error}") from error
    known = msgspec.structs.replace(settings, **found)
    if known.auth_mode == "gateway" and known.gateway_secret is None:
        raise _malformed(settings, "AUTH_MODE=gateway needs GATEWAY_SECRET, there or in the environment")
    _check_keys(known)
    return with_urls(known, secret.urls.database_url, secret.urls.direct_url)


def _check_keys(settings: Settings) -> None:
    try:
        keys = settings.written_keys
    except ValueError as error:
        raise _malformed(settings, f"APP_KEY {error}") from error
    if settings.production and not keys:
        raise _malformed(
            settings, f"production needs APP_KEY, there or in the environment; {app_keys.ADVICE}"
        )


def fetch_database_urls(settings: Settings, *, _attempts: int = 4) -> DatabaseUrls:
    return fetch(settings, _attempts=_attempts).urls


def fetch(settings: Settings, *, _attempts: int = 4) -> Secret:
    """Read the secret now, blocking for up to half a minute where the network is down. Raises SecretError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client(settings, _attempts).get_secret_value(SecretId=settings.aws_secret_name)
    except (ClientError, BotoCoreError) as error:
        cause, code = aws.failure(error)
        kind = _BY_CODE.get(code, _BY_CAUSE[cause])
        raise kind(settings.aws_secret_name, settings.aws_region, code) from error
    return read_secret(settings, answer.get("SecretString"))


def _client(settings: Settings, attempts: int) -> SecretsManagerClient:
    return aws.session(settings).client(
        "secretsmanager", endpoint_url=settings.aws_endpoint_url, config=aws.config(attempts)
    )


def read_secret(settings: Settings, text: str | None) -> Secret:
    """What is in the secret's text (None: it has only bytes). Raises MalformedSecret."""
    if text is None:
        raise _malformed(settings, "it is binary")
    try:
        content = msgspec.json.decode(text, type=_Content)
    except msgspec.DecodeError as error:
        # msgspec says what is wrong, never the value; the standard library's error holds the whole text
        raise _malformed(settings, str(error)) from error
    urls = DatabaseUrls(content.database_url, content.direct_url or content.database_url)
    for name, url in (("DATABASE_URL", urls.database_url), ("DIRECT_URL", urls.direct_url)):
        try:
            database_urls.parse(url)
        except database_urls.UrlError as error:
            raise _malformed(settings, f"{name} {error}") from error
    return Secret(urls, {name: value for name in HELD if (value := getattr(content, name))})


def _malformed(settings: Settings, detail: str) -> MalformedSecret:
    return MalformedSecret(settings.aws_secret_name, settings.aws_region, detail)


class SecretSource:
    """The addresses as last read: for one event loop, which may ask from many tasks at once."""

    def __init__(
        self,
        settings: Settings,
        *,
        fetch: Callable[[Settings], DatabaseUrls] = fetch_database_urls,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._known: DatabaseUrls | None = None
        self._reading: asyncio.Task[DatabaseUrls] | None = None
        self._read_at = -math.inf

    async def current(self) -> DatabaseUrls:
        """The addresses, read from AWS by the first caller. Raises SecretError."""
        return self._known or await self._read()

    async def refreshed(self, rejected_password: str | None) -> DatabaseUrls:
        """Newer addresses than those with the password the database rejected (None: any). Raises SecretError.

        Callers rejected with the same password share one reading, and AWS is asked every five seconds at
        most: who asks sooner gets what the last reading gave, the same password or the same error.
        """
        known = self._known
        if known is not None and rejected_password is not None and not known.hold(rejected_password):
            return known
        return await self._read()

    async def _read(self) -> DatabaseUrls:
        # no await between looking and setting: of many callers one begins a reading, the others find it
        now = self._clock()
        if self._reading is None or (self._reading.done() and now - self._read_at >= SECONDS_BETWEEN_READS):
            self._read_at = now
            self._reading = asyncio.create_task(asyncio.to_thread(self._fetch, self._settings))
        # shielded: the reading is everyone's, one caller's cancellation must not end it
        self._known = await asyncio.shield(self._reading)
        return self._known
