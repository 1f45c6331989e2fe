"""Every variable and the attribute it ends in."""

from pathlib import Path

import msgspec

from tests.unit.test_settings import APP_KEY, SECRET, URL
from tolstoy.core.app_keys import AppKey
from tolstoy.core.settings import FIELDS, Settings, load


def test_every_variable_is_read_into_its_attribute() -> None:
    given = {
        "APP_ENV": "test", "APP_NAME": "War", "HOST": "localhost", "PORT": "1", "WORKERS": "4",
        "DATABASE_URL": URL, "DIRECT_URL": URL + "&connect_timeout=3", "DATA_DIR": "/data",
        "DATABASE_POOL_SIZE": "7", "DATABASE_POOL_WAITERS": "0", "DATABASE_POOL_TIMEOUT": "0.5",
        "DATABASE_STATEMENT_CACHE_SIZE": "0", "AUTH_MODE": "gateway", "GATEWAY_SECRET": SECRET,
        "CORS_ORIGINS": "https://app.example.com, http://localhost:8080", "MAX_CONNECTIONS": "500", "PROXIES": "2",
        "MAX_BODY_BYTES": "2048", "REQUEST_TIMEOUT": "2", "RESPONSE_TIMEOUT": "3", "KEEP_ALIVE_TIMEOUT": "4",
        "SHUTDOWN_TIMEOUT": "5", "LOG_LEVEL": "WARNING", "LOG_FORMAT": "json", "ACCESS_LOG": "off",
        "USE_AWS_SECRETS": "no", "AWS_REGION": "eu-central-1", "AWS_SECRET_NAME": "team/db",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "k", "AWS_SESSION_TOKEN": "t", "EGRESS_ALLOW": "a.b", "MAX_RESPONSE_BYTES": "4096",
        "PUBLIC_URL": "https://flows.example.com", "RUN_WORKER": "no", "WORKER_CONCURRENCY": "20",
        "LEASE_SECONDS": "3", "HEARTBEAT_FILE": "/run/beat",
        "PLATFORM_KEY": "p" * 32, "RETENTION_DAYS": "0", "EGRESS_PORTS": "443, 8000-8999", "MAX_PAYLOAD_BYTES": "8192",
        "APP_KEY": APP_KEY, "APP_KEYS": f"new:{APP_KEY}", "RATE_LIMIT": "100", "RATE_LIMIT_PER_USER": "10",
        "MAX_STORED_BYTES": "1000",
        "OIDC_ISSUER": "https://id.example.com/", "OIDC_AUDIENCE": "api://tolstoy, other", "OIDC_LEEWAY": "0",
        "OIDC_JWKS_URL": "http://127.0.0.1:8080/keys", "OIDC_ORG_CLAIM": "org_id", "OIDC_USER_CLAIM": "oid",
        "OIDC_ALGORITHMS": "es256,EdDSA", "OIDC_REFRESH": "60", "OIDC_MAX_AGE": "7200",
    }  # fmt: skip
    assert given.keys() == {variable.name for variable in FIELDS.values()}
    read_back = msgspec.structs.asdict(load(given, dotenv=None))
    assert read_back == {
        "env": "test", "app_name": "War", "host": "localhost", "port": 1, "workers": 4,
        "database_url": URL, "direct_url": URL + "&connect_timeout=3", "data_dir": Path("/data"),
        "pool_size": 7, "pool_waiters": 0, "pool_timeout_seconds": 0.5,
        "statement_cache_size": 0, "auth_mode": "gateway", "gateway_secret": SECRET,
        "cors_origins": ("https://app.example.com", "http://localhost:8080"), "max_connections": 500, "proxies": 2,
        "max_body_bytes": 2048, "request_timeout_seconds": 2, "response_timeout_seconds": 3,
        "keep_alive_timeout_seconds": 4, "shutdown_timeout_seconds": 5,
        "log_level": "warning", "log_format": "json", "access_log": False,
        "use_aws_secrets": False, "aws_region": "eu-central-1", "aws_secret_name": "team/db",
        "aws_endpoint_url": "http://127.0.0.1:4566", "aws_access_key_id": "AKIA",
        "aws_secret_access_key": "k", "aws_session_token": "t", "egress_allow": ("a.b",), "max_response_bytes": 4096,
        "public_url": "https://flows.example.com", "run_worker": False, "worker_concurrency": 20, "lease_seconds": 3,
        "platform_key": "p" * 32, "retention_days": 0, "egress_ports": ((443, 443), (8000, 8999)),
        "max_payload_bytes": 8192, "heartbeat_file": Path("/run/beat"),
        "app_key": AppKey("5992b18ca890", b"k" * 32), "app_keys": (AppKey("new", b"k" * 32),),
        "rate_limit": 100, "rate_limit_per_user": 10, "max_stored_bytes": 1000,
        "oidc_issuer": "https://id.example.com/", "oidc_audience": ("api://tolstoy", "other"),
        "oidc_jwks_url": "http://127.0.0.1:8080/keys", "oidc_org_claim": "org_id", "oidc_user_claim": "oid",
        "oidc_algorithms": ("ES256", "EdDSA"), "oidc_leeway_seconds": 0, "oidc_refresh_seconds": 60,
        "oidc_max_age_seconds": 7200,
    }  # fmt: skip


def test_the_worker_runs_beside_the_api_but_in_production() -> None:
    assert load({}, dotenv=None).run_worker
    production = {
        "APP_ENV": "production",
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": SECRET,
        "DATABASE_URL": URL,
        "APP_KEY": APP_KEY,
    }
    assert not load(production, dotenv=None).run_worker
    assert load(production | {"RUN_WORKER": "true"}, dotenv=None).run_worker


def test_requests_are_limited_in_production_only() -> None:
    settings = load({}, dotenv=None)
    assert (settings.rate_limit, settings.rate_limit_per_user) == (0, 0)
    production = {
        "APP_ENV": "production",
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": SECRET,
        "APP_KEY": APP_KEY,
        "DATABASE_URL": URL,
    }
    settings = load(production, dotenv=None)
    assert (settings.rate_limit, settings.rate_limit_per_user) == (6000, 3000)
    assert load(production | {"RATE_LIMIT": "0"}, dotenv=None).rate_limit == 0


def test_the_public_address_follows_the_port() -> None:
    assert load({}, dotenv=None).public_url == Settings().public_url == "http://localhost:3000"
    assert load({"PORT": "4000"}, dotenv=None).public_url == "http://localhost:4000"
    for written in ("https://t.example.com/at/", "https://t.example.com/at"):
        assert load({"PUBLIC_URL": written}, dotenv=None).public_url == "https://t.example.com/at"
