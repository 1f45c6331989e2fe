"""What Tolstoy is told from outside, read once at the start; nothing reads the environment later."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from tolstoy.core import app_keys, database_urls
from tolstoy.core import setting_readers as read
from tolstoy.core import setting_sources as sources
from tolstoy.core.app_keys import AppKey, WrappedKey

Environment = Literal["development", "production", "test"]
AuthMode = Literal["headers", "gateway", "api-key", "oidc"]
# Each with a key that signs and another that verifies: who can verify a token cannot make one.
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]  # fmt: skip
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["json", "console"]


class SettingsError(Exception):
    """Settings are wrong; each argument is one problem, a line that says which variable and what to write."""

    def __str__(self) -> str:
        return "\n".join(self.args)


@dataclass(frozen=True, slots=True)
class Variable:
    """Where a setting comes from: the variable's name and how its text is read."""

    name: str
    read: Callable[[str], object]
    alias: str | None = None
    secret: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Defaults that depend on other settings are filled in by `load`."""

    env: Annotated[Environment, Variable("APP_ENV", read.choice(Environment), alias="NODE_ENV")] = (
        "development"
    )
    app_name: Annotated[str, Variable("APP_NAME", read.text)] = "Tolstoy"
    host: Annotated[str, Variable("HOST", read.host)] = "127.0.0.1"
    port: Annotated[int, Variable("PORT", read.whole(1, 65535, "a port"))] = 3000
    workers: Annotated[int, Variable("WORKERS", read.whole(1, 512))] = 1

    database_url: Annotated[str | None, Variable("DATABASE_URL", read.database_url, secret=True)] = None
    direct_url: Annotated[str | None, Variable("DIRECT_URL", read.database_url, secret=True)] = None
    data_dir: Annotated[Path, Variable("DATA_DIR", read.path)] = Path(".tolstoy")
    pool_size: Annotated[int, Variable("DATABASE_POOL_SIZE", read.whole(1, 200))] = 10
    pool_waiters: Annotated[int, Variable("DATABASE_POOL_WAITERS", read.whole(0, 100_000))] = 200
    pool_timeout_seconds: Annotated[float, Variable("DATABASE_POOL_TIMEOUT", read.seconds(0.1, 300))] = 5.0
    statement_cache_size: Annotated[int, Variable("DATABASE_STATEMENT_CACHE_SIZE", read.whole(0, 10_000))] = (
        512
    )

    auth_mode: Annotated[AuthMode, Variable("AUTH_MODE", read.choice(AuthMode))] = "headers"
    gateway_secret: Annotated[str | None, Variable("GATEWAY_SECRET", read.secret(32), secret=True)] = None
    app_key: Annotated[AppKey | WrappedKey | None, Variable("APP_KEY", app_keys.read, secret=True)] = None
    app_keys: Annotated[
        tuple[AppKey | WrappedKey, ...], Variable("APP_KEYS", app_keys.read_several, secret=True)
    ] = ()
    platform_key: Annotated[str | None, Variable("PLATFORM_KEY", read.secret(32), secret=True)] = None

    oidc_issuer: Annotated[str | None, Variable("OIDC_ISSUER", read.trusted)] = None
    oidc_audience: Annotated[tuple[str, ...], Variable("OIDC_AUDIENCE", read.names)] = ()
    oidc_jwks_url: Annotated[str | None, Variable("OIDC_JWKS_URL", read.trusted)] = None
    oidc_org_claim: Annotated[str | None, Variable("OIDC_ORG_CLAIM", read.text)] = None
    oidc_user_claim: Annotated[str, Variable("OIDC_USER_CLAIM", read.text)] = "sub"
    oidc_algorithms: Annotated[tuple[str, ...], Variable("OIDC_ALGORITHMS", read.several(Algorithm))] = (
        get_args(Algorithm)
    )
    oidc_leeway_seconds: Annotated[int, Variable("OIDC_LEEWAY", read.whole(0, 300))] = 30
    oidc_refresh_seconds: Annotated[int, Variable("OIDC_REFRESH", read.whole(1, 86_400))] = 300
    oidc_max_age_seconds: Annotated[int, Variable("OIDC_MAX_AGE", read.whole(1, 604_800))] = 3600

    rate_limit: Annotated[int, Variable("RATE_LIMIT", read.whole(0, 10_000_000))] = 0
    rate_limit_per_user: Annotated[int, Variable("RATE_LIMIT_PER_USER", read.whole(0, 10_000_000))] = 0
    proxies: Annotated[int, Variable("PROXIES", read.whole(0, 10))] = 0
    cors_origins: Annotated[tuple[str, ...], Variable("CORS_ORIGINS", read.origins)] = ()
    max_connections: Annotated[int, Variable("MAX_CONNECTIONS", read.whole(16, 100_000))] = 10_000
    max_body_bytes: Annotated[int, Variable("MAX_BODY_BYTES", read.whole(1024, 1 << 30))] = 1_048_576
    request_timeout_seconds: Annotated[int, Variable("REQUEST_TIMEOUT", read.whole(1, 3600))] = 15
    response_timeout_seconds: Annotated[int, Variable("RESPONSE_TIMEOUT", read.whole(1, 3600))] = 60
    keep_alive_timeout_seconds: Annotated[int, Variable("KEEP_ALIVE_TIMEOUT", read.whole(1, 3600))] = 75
    shutdown_timeout_seconds: Annotated[int, Variable("SHUTDOWN_TIMEOUT", read.whole(1, 3600))] = 15

    public_url: Annotated[str, Variable("PUBLIC_URL", read.base)] = "http://localhost:3000"
    run_worker: Annotated[bool, Variable("RUN_WORKER", read.boolean)] = True
    worker_concurrency: Annotated[int, Variable("WORKER_CONCURRENCY", read.whole(2, 5000))] = 200
    lease_seconds: Annotated[int, Variable("LEASE_SECONDS", read.whole(2, 300))] = 10
    heartbeat_file: Annotated[Path | None, Variable("HEARTBEAT_FILE", read.path)] = None
    retention_days: Annotated[int, Variable("RETENTION_DAYS", read.whole(0, 36_500))] = 30
    max_payload_bytes: Annotated[int, Variable("MAX_PAYLOAD_BYTES", read.whole(1024, 64 << 20))] = 1_048_576
    egress_allow: Annotated[tuple[str, ...], Variable("EGRESS_ALLOW", read.destinations)] = ()
    max_stored_bytes: Annotated[int, Variable("MAX_STORED_BYTES", read.whole(0, 1 << 50))] = 0
    egress_ports: Annotated[tuple[tuple[int, int], ...], Variable("EGRESS_PORTS", read.ports)] = (
        (80, 80),
        (443, 443),
        (1024, 65535),
    )
    max_response_bytes: Annotated[int, Variable("MAX_RESPONSE_BYTES", read.whole(1024, 100 << 20))] = (
        1_048_576
    )

    log_level: Annotated[LogLevel, Variable("LOG_LEVEL", read.choice(LogLevel))] = "info"
    log_format: Annotated[LogFormat, Variable("LOG_FORMAT", read.choice(LogFormat))] = "console"
    access_log: Annotated[bool, Variable("ACCESS_LOG", read.boolean)] = True

    use_aws_secrets: Annotated[bool, Variable("USE_AWS_SECRETS", read.boolean)] = False
    aws_region: Annotated[str, Variable("AWS_REGION", read.region)] = "us-east-1"
    aws_secret_name: Annotated[str, Variable("AWS_SECRET_NAME", read.secret_name)] = "tolstoy-db-secret"  # noqa: S105 - a name
    aws_endpoint_url: Annotated[str | None, Variable("AWS_ENDPOINT_URL", read.endpoint)] = None
    # boto3 would find these three in the environment by itself, but not in .env
    aws_access_key_id: Annotated[str | None, Variable("AWS_ACCESS_KEY_ID", read.aws_key, secret=True)] = None
    aws_secret_access_key: Annotated[
        str | None, Variable("AWS_SECRET_ACCESS_KEY", read.aws_key, secret=True)
    ] = None
    aws_session_token: Annotated[str | None, Variable("AWS_SESSION_TOKEN", read.aws_key, secret=True)] = None

    @property
    def written_keys(self) -> tuple[AppKey | WrappedKey, ...]:
        """Those of which `keys` are made. Raises ValueError."""
        return app_keys.ring(self.app_keys, self.app_key)

    @property
    def keys(self) -> tuple[AppKey, ...]:
        """What stored secrets are encrypted under, the one for new ones first. Raises ValueError."""
        keys = tuple(key for key in self.written_keys if isinstance(key, AppKey))
        if len(keys) < len(self.written_keys):
            raise RuntimeError("the command that needs keys has KMS open them before this")
        return keys

    @property
    def production(self) -> bool:
        return self.env == "production"

    # Tracebacks drawn by rich ask __rich_repr__, so it must hide what __repr__ hides.
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, _shown(getattr(self, name), variable)) for name, variable in FIELDS.items()]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


FIELDS: Mapping[str, Variable] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Settings, include_extras=True).items()
}
"""Each setting's attribute and the variable it is read from."""


def _shown(value: object, variable: Variable) -> object:
    if not variable.secret or not value:
        return value
    try:
        return database_urls.parse(str(value)).redacted
    except database_urls.UrlError:
        return "***"


def load(environ: Mapping[str, str] = os.environ, *, dotenv: Path | None = Path(".env")) -> Settings:
    """Read the environment, files named by `NAME_FILE`, then `.env`, in this order. Raises SettingsError."""
    problems: list[str] = []
    texts = [environ, {} if dotenv is None else sources.dotenv(dotenv, problems)]
    values: dict[str, Any] = {}
    wrong: set[str] = set()
    for attribute, variable in FIELDS.items():
        name = variable.name
        try:
            name, text = sources.find((variable.name, variable.alias), texts)
            if text is not None:
                values[attribute] = variable.read(text)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            wrong.add(variable.name)
    settings = _complete(values)
    problems += [f"{name}: {problem}" for name, problem in _contradictions(settings) if name not in wrong]
    if problems:
        raise SettingsError(*problems)
    if settings.use_aws_secrets:
        # the secret is the only truth then: nobody shall connect to a left-over address by mistake
        return msgspec.structs.replace(settings, database_url=None, direct_url=None)
    return settings


def with_urls(settings: Settings, database_url: str, direct_url: str) -> Settings:
    """The same settings with the addresses that a secret or the embedded database gave."""
    return msgspec.structs.replace(settings, database_url=database_url, direct_url=direct_url)


def _complete(values: dict[str, Any]) -> Settings:
    production = values.get("env") == "production"
    defaults = {
        "host": "0.0.0.0" if production else "127.0.0.1",  # noqa: S104 - in production a proxy stands before it
        "workers": _cores() if production else 1,
        "run_worker": not production,
        "rate_limit": 6000 if production else 0,
        "rate_limit_per_user": 3000 if production else 0,
        "public_url": f"http://localhost:{values.get('port', 3000)}",
        "auth_mode": "api-key" if production else "headers",
        "log_format": "json" if production else "console",
        "use_aws_secrets": production and "database_url" not in values,
        "direct_url": values.get("database_url"),
    }
    return Settings(**{**defaults, **values})


def _cores() -> int:
    # the cores this process may use, which a container's CPU set makes fewer; not every system can tell
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.auth_mode == "headers" and settings.production:
        advice = (
            "write AUTH_MODE=api-key, or AUTH_MODE=gateway and GATEWAY_SECRET=… of at least 32 characters"
        )
        yield "AUTH_MODE", f"production does not believe bare headers, anyone could send them; {advice}"
    if settings.auth_mode == "gateway" and settings.gateway_secret is None and not settings.use_aws_secrets:
        yield "GATEWAY_SECRET", "is missing; write at least 32 random characters"
    if settings.auth_mode == "oidc":
        yield from _of_oidc(settings)
    yield from _of_keys(settings)
    if not settings.use_aws_secrets and settings.database_url is None:
        if settings.direct_url is not None:
            yield "DATABASE_URL", "is missing while DIRECT_URL is set; write both, or only DATABASE_URL"
        elif settings.production:
            yield "DATABASE_URL", "is missing; write the database's address, or USE_AWS_SECRETS=true"
    if (settings.aws_access_key_id is None) != (settings.aws_secret_access_key is None):
        missing = "AWS_ACCESS_KEY_ID" if settings.aws_access_key_id is None else "AWS_SECRET_ACCESS_KEY"
        yield missing, "is missing while its other half is set; write both, or neither"


def _of_oidc(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.oidc_issuer is None:
        yield "OIDC_ISSUER", "is missing; write the issuer's address, just as its tokens have it in `iss`"
    if not settings.oidc_audience:
        yield "OIDC_AUDIENCE", "is missing; write what the issuer's tokens for this API have in `aud`"
    if settings.oidc_max_age_seconds < settings.oidc_refresh_seconds:
        yield "OIDC_MAX_AGE", "is less than OIDC_REFRESH; keys would be too old before they are read again"


def _of_keys(settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        keys = settings.written_keys
    except ValueError as exc:
        yield "APP_KEY", str(exc)
        return
    if settings.production and not keys and not settings.use_aws_secrets:
        yield (
            "APP_KEY",
            f"is missing; {app_keys.ADVICE}, and keep it: without it stored secrets cannot be read",
        )
