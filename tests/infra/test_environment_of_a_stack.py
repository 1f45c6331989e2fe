"""What a stack may tell the service: further settings of its own, none of those that the program sets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import get_args

import pytest

from tests.infra.accounts import empty_account
from tests.infra.deployed import deploy
from tests.infra.hosts import host
from tests.infra.stacks import DATABASE_URL, DIRECT_URL, ROOT, SECRETS, config
from tolstoy.core.settings import FIELDS, AuthMode, load
from tolstoy_infra.host import OURS, environment
from tolstoy_infra.readers import AUTH_MODES
from tolstoy_infra.settings import SettingsError, parse

LEAST = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL}
FREE = {
    *("APP_NAME", "DATA_DIR", "PUBLIC_URL", "CORS_ORIGINS", "LOG_LEVEL"),
    *(
        "DATABASE_POOL_SIZE",
        "DATABASE_POOL_WAITERS",
        "DATABASE_POOL_TIMEOUT",
        "DATABASE_STATEMENT_CACHE_SIZE",
    ),
    *("AUTH_MODE", "OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL", "OIDC_ORG_CLAIM", "OIDC_USER_CLAIM"),
    *("OIDC_ALGORITHMS", "OIDC_LEEWAY", "OIDC_REFRESH", "OIDC_MAX_AGE"),
    *("MAX_CONNECTIONS", "MAX_BODY_BYTES", "REQUEST_TIMEOUT", "RESPONSE_TIMEOUT", "KEEP_ALIVE_TIMEOUT"),
    *("SHUTDOWN_TIMEOUT", "RATE_LIMIT", "RATE_LIMIT_PER_USER"),
    *("MAX_STORED_BYTES", "MAX_RESPONSE_BYTES", "MAX_PAYLOAD_BYTES", "RETENTION_DAYS"),
    *("WORKER_CONCURRENCY", "LEASE_SECONDS", "EGRESS_ALLOW", "EGRESS_PORTS"),
}


def read(environment: Mapping[str, str]) -> Mapping[str, str]:
    given = {**LEAST, "environment": json.dumps(environment)}
    return parse("prod", "eu-central-1", given, LEAST.keys()).environment


def refused(environment: object) -> str:
    with pytest.raises(SettingsError) as caught:
        parse("prod", "eu-central-1", {**LEAST, "environment": json.dumps(environment)}, LEAST.keys())
    return str(caught.value)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (["A"], "is not an object of texts"),
        ({"PORT": "80"}, "PORT is set by this program; leave it out"),
        ({"DATABASE_URL_FILE": "/x"}, "DATABASE_URL_FILE is set by this program; leave it out"),
        ({"GATEWAY_SECRET": "x"}, "GATEWAY_SECRET looks like a secret"),
        ({"AUTH_MODE": "headers"}, "AUTH_MODE 'headers' lets nobody in here; write api-key, gateway or oidc"),
        (
            {"AUTH_MODE": "oidc", "OIDC_AUDIENCE": ""},
            "AUTH_MODE oidc needs OIDC_ISSUER and OIDC_AUDIENCE beside it; write whose tokens count",
        ),
        ({"log-level": "info"}, "'log-level' is no name of a variable"),
        ({"APP_NAME": "a\nb"}, "APP_NAME has a line break"),
    ],
)
def test_a_wrong_one_is_refused_with_what_to_write(environment: object, said: str) -> None:
    assert f"environment: {said}" in refused(environment)


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_is_set_here_is_not_taken_from_the_environment(name: str) -> None:
    assert re.search(f"environment: {name} (is set by|looks like)", refused({name: "x"}))


@pytest.mark.parametrize("name", sorted(variable.name for variable in FIELDS.values()))
def test_each_setting_of_the_service_is_ours_or_free(name: str) -> None:
    """One that is new has to be decided about."""
    text = "api-key" if name == "AUTH_MODE" else "x"
    try:
        free = read({name: text}) == {name: text}
    except SettingsError:
        free = False
    assert free == (name in FREE)


def test_how_clients_are_let_in() -> None:
    issuer = {"OIDC_ISSUER": "https://acme.eu.auth0.com/", "OIDC_AUDIENCE": "https://tolstoy.example.com"}
    for more in ({"AUTH_MODE": "api-key"}, {"AUTH_MODE": "gateway"}, {"AUTH_MODE": "oidc", **issuer}):
        assert read(more) == more
        assert load(environment(host(env=more)), dotenv=None).auth_mode == more["AUTH_MODE"]
    assert {"headers", *AUTH_MODES} == set(get_args(AuthMode))


@pytest.mark.parametrize("topology", ["single", "fleet"])
@pytest.mark.parametrize(
    "environment",
    [
        '{"MAX_BODY_BYTES": "a lot"}',
        json.dumps({f"SETTING_{n}": "x" * 500 for n in range(40)}),
    ],
    ids=["no-number", "too-long"],
)
def test_a_first_boot_that_cannot_be(topology: str, environment: str) -> None:
    """It is rehearsed: after the secret and the role were made it would be too late."""
    with empty_account() as account:
        with pytest.raises(Exception, match=r"environment: .*nothing was made"):
            deploy(account, ROOT, config(topology=topology, environment=environment), SECRETS)
        assert account.calls == []
