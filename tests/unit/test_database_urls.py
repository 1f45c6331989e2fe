import importlib
import inspect
import ssl
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from tolstoy.core.database_urls import UrlError, parse

# what asyncpg itself makes of its arguments; its stubs leave this module's functions out
CONNECT_UTILS = importlib.import_module("asyncpg.connect_utils")
NEON = "postgresql://app:hunter2@ep-cool-1-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require"


def refusal(url: str) -> str:
    with pytest.raises(UrlError) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


def as_asyncpg_sees(url: str) -> tuple[list[object], Any]:
    kwargs = parse(url).asyncpg_kwargs()
    rest = dict.fromkeys(
        (
            "dsn",
            "passfile",
            "service",
            "servicefile",
            "direct_tls",
            "target_session_attrs",
            "krbsrvname",
            "gsslib",
        )
    )
    kwargs.setdefault("server_settings", None)
    kwargs.pop("timeout", None)
    addresses, parameters = CONNECT_UTILS._parse_connect_dsn_and_args(**kwargs, **rest)
    return addresses, parameters


def test_a_neon_url_with_several_parameters() -> None:
    options = parse(NEON)
    assert options.host == "ep-cool-1-pooler.eu-central-1.aws.neon.tech"
    assert (options.port, options.user, options.password, options.database) == (
        5432,
        "app",
        "hunter2",
        "neondb",
    )
    assert (options.sslmode, options.looks_pooled, options.is_socket) == ("require", True, False)
    assert not parse(NEON.replace("-pooler", "")).looks_pooled


def test_the_short_scheme_and_an_explicit_port() -> None:
    options = parse("postgres://app:x:y@db:6543/tolstoy")
    assert (options.host, options.port, options.password, options.sslmode) == ("db", 6543, "x:y", "prefer")


def test_escapes_in_every_part() -> None:
    options = parse("postgresql://a%40b:p%40%2F%3F%23%25%3A@db/t%C3%A9st?application_name=a%26b")
    assert (options.user, options.password) == ("a@b", "p@/?#%:")
    assert (options.database, options.application_name) == ("tést", "a&b")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:@/postgres?host=/run/pg&port=5433",
        "postgresql://postgres@%2Frun%2Fpg:5433/postgres",
    ],
)
def test_a_unix_socket(url: str) -> None:
    options = parse(url)
    assert (options.host, options.port, options.is_socket) == ("/run/pg", 5433, True)
    addresses, parameters = as_asyncpg_sees(url)
    assert addresses == ["/run/pg/.s.PGSQL.5433"]
    assert parameters.ssl is False
    assert options.redacted.endswith("@/postgres?host=/run/pg&port=5433")


def test_an_ipv6_address() -> None:
    options = parse("postgresql://app@[2001:db8::1]:6000/tolstoy")
    assert (options.host, options.port) == ("2001:db8::1", 6000)
    assert options.redacted == "postgresql://app@[2001:db8::1]:6000/tolstoy?sslmode=prefer"
    assert as_asyncpg_sees("postgresql://app@[::1]/tolstoy")[0] == [("::1", 5432)]


def test_neither_redacted_nor_repr_shows_the_password() -> None:
    options = parse(NEON)
    assert "hunter2" not in options.redacted + repr(options) + str(options)
    assert options.redacted.startswith("postgresql://app:***@ep-cool-1-pooler.")


@pytest.mark.parametrize(
    "url",
    [
        "", "hunter2", "mysql://app:hunter2@db/x", "postgresql:app:hunter2@db", " postgresql://app:hunter2@db/x",
        "postgresql://app:hunter2@db/x\n", "postgresql://app:hunter2 @db/x", "postgresql://app:hun@ter2@db/x",
        "postgresql://app:hunter2/@db/x", "postgresql://app:hunter2?@db/x", "postgresql://app:hunter2#@db/x",
        "postgresql://app:1/hunter2@db/x", "postgresql://app:1?hunter2@db/x", "postgresql://app:1?hunter2=1@db/x",
        "postgresql://app:hunter2@db/x#fragment", "postgresql://app:hunter2@[::1/x",
    ],
)  # fmt: skip
def test_what_is_no_url_is_told_how_to_write_one_and_how_to_escape(url: str) -> None:
    told = refusal(url)
    assert "write postgresql://user:password@host:5432/database" in told
    assert "%40 for @" in told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://app:hunter2@/x", "names no host"),
        ("postgresql://:hunter2@db/x", "names no user"),
        ("postgresql://db/x", "names no user"),
        ("postgresql://app:hunter2@db", "names no database"),
        ("postgresql://app:hunter2@db/", "names no database"),
        ("postgresql://app:hunter2@db:0/x", "wrong port"),
        ("postgresql://app:hunter2@db:65536/x", "wrong port"),
        ("postgresql://app:hunter2@db:/x?port=five", "wrong port"),
        # a password with an unescaped slash, its beginning where a port would be
        ("postgresql://app:hunter2/db/x", "is not a Postgres URL"),
        ("postgresql://app:hunter2/db", "wrong port"),
        ("postgresql://app:hunter2@a,b/x", "several hosts"),
        ("postgresql://app:hunter2@[nonsense]/x", "no IPv6 address"),
        ("postgresql://app:hunter2@db/x?host=/run", "twice"),
        ("postgresql://app:hunter2%@db/x", "begins no escape"),
        ("postgresql://app:hunter2%ff@db/x", "not UTF-8"),
        ("postgresql://app:hunter2%00@db/x", "not UTF-8"),
        ("postgresql://app:hunter2@db/x?sslmode=on", "write one of disable, allow"),
        ("postgresql://app:hunter2@db/x?sslmode=require&sslmode=disable", "sslmode twice"),
        ("postgresql://app:hunter2@db/x?sslmode", "sslmode without a value"),
        ("postgresql://app:hunter2@db/x?connect_timeout=never", "wrong connect_timeout"),
        ("postgresql://app:hunter2@db/x?channel_binding=yes", "write require, prefer or disable"),
    ],
)
def test_each_mistake_is_named(url: str, told: str) -> None:
    assert told in refusal(url)


@pytest.mark.parametrize("name", ["options", "pgbouncer", "schema", "password", "SSLMODE"])
def test_an_unknown_parameter_is_refused_with_the_known_ones(name: str) -> None:
    told = refusal(f"postgresql://app:hunter2@db/x?sslmode=require&{name}=1")
    assert f"'{name}'" in told
    assert "application_name, channel_binding, connect_timeout, host, port, sslmode, sslrootcert" in told


@pytest.mark.parametrize(("mode", "meant"), [("", "require"), ("allow", "require"), ("require", "require")])
def test_required_channel_binding_means_tls(mode: str, meant: str) -> None:
    given = f"&sslmode={mode}" if mode else ""
    assert parse(f"postgresql://app@db/x?channel_binding=require{given}").sslmode == meant


def test_required_channel_binding_cannot_go_without_tls() -> None:
    assert "without TLS" in refusal("postgresql://app@db/x?channel_binding=require&sslmode=disable")
    assert "without TLS" in refusal("postgresql://app@/x?channel_binding=require&host=/run")
    assert parse("postgresql://app@db/x?channel_binding=prefer&sslmode=disable").sslmode == "disable"


def test_verification_and_its_certificates_come_together() -> None:
    assert "without sslrootcert" in refusal("postgresql://app@db/x?sslmode=verify-ca")
    assert "write sslmode=verify-full" in refusal("postgresql://app@db/x?sslrootcert=/ca.pem")
    assert "write sslmode=verify-full" in refusal("postgresql://app@db/x?sslmode=require&sslrootcert=system")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_asyncpg_understands_each_mode(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    _, parameters = as_asyncpg_sees(f"postgresql://app@db/x?sslmode={mode}")
    assert parameters.sslmode.name == mode
    assert bool(parameters.ssl) is (mode != "disable")


def test_verify_full_with_the_systems_certificates_checks_the_host_name() -> None:
    context = parse("postgresql://app@db/x?sslmode=verify-full&sslrootcert=system").asyncpg_kwargs()["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_ca_file_is_loaded_and_a_missing_or_broken_one_told(tmp_path: Path) -> None:
    import certifi

    options = parse(f"postgresql://app@db/x?sslmode=verify-ca&sslrootcert={certifi.where()}")
    context = options.asyncpg_kwargs()["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert context.get_ca_certs()
    (tmp_path / "broken.pem").write_text("no certificate")
    for name in ("missing.pem", "broken.pem"):
        with pytest.raises(UrlError, match="cannot be read"):
            parse(f"postgresql://app@db/x?sslmode=require&sslrootcert={tmp_path / name}").asyncpg_kwargs()


def test_an_absent_password_is_not_looked_up_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "from elsewhere")
    assert as_asyncpg_sees("postgresql://app@db/x")[1].password == ""


def test_asyncpg_takes_every_key() -> None:
    kwargs = parse("postgresql://app:x@db/x?connect_timeout=3&application_name=tolstoy").asyncpg_kwargs()
    assert kwargs == {
        "host": "db", "port": 5432, "user": "app", "password": "x", "database": "x",
        "ssl": "prefer", "timeout": 3, "server_settings": {"application_name": "tolstoy"},
    }  # fmt: skip
    assert kwargs.keys() <= inspect.signature(asyncpg.connect).parameters.keys()


def test_tortoise_passes_on_what_it_does_not_know() -> None:
    options = parse("postgresql://app:x@db/x?sslmode=require&connect_timeout=3&application_name=tolstoy")
    client = AsyncpgDBClient(**options.tortoise_credentials(), connection_name="default")
    assert (client.host, client.port, client.user, client.database) == ("db", 5432, "app", "x")
    assert (client.password, client.application_name) == ("x", "tolstoy")
    assert client.extra == {"ssl": "require", "timeout": 3}
