"""Settings besides the database's addresses that come from the secret at AWS."""

import base64
import json
import traceback
from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from tests.unit.test_aws_secrets import DIRECT, POOLED
from tests.unit.test_aws_secrets import (
    no_credentials_of_this_machine as no_credentials_of_this_machine,  # the fixture
)
from tolstoy.cli.addresses import resolved
from tolstoy.core import aws_secrets
from tolstoy.core.app_keys import AppKey, derived_id
from tolstoy.core.settings import FIELDS, Settings, load

HELD = "held-by-the-secret-0123456789abcdef"
KEY = base64.b64encode(b"h" * 32).decode()
TOLD = "told-by-environment-0123456789abcdef"
ENVIRONMENT = {
    "APP_ENV": "production",
    "AUTH_MODE": "gateway",
    "AWS_REGION": "eu-west-1",
    "AWS_SECRET_NAME": "tolstoy/it",
    "AWS_ACCESS_KEY_ID": "AKIATEST",
    "AWS_SECRET_ACCESS_KEY": "key",
}

Stored = Callable[..., None]


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Puts a secret with the addresses and these members where the settings look for it."""
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")

        def store(**members: object) -> None:
            text = json.dumps({"DATABASE_URL": POOLED, "DIRECT_URL": DIRECT, "APP_KEY": KEY, **members})
            client.create_secret(Name=ENVIRONMENT["AWS_SECRET_NAME"], SecretString=text)

        yield store


def read(**more: str) -> Settings:
    with resolved(load(ENVIRONMENT | more, dotenv=None)) as settings:
        return settings


def test_what_the_environment_leaves_unset_is_taken_from_the_secret(stored: Stored) -> None:
    stored(GATEWAY_SECRET=HELD)
    settings = read()
    assert settings.gateway_secret == HELD
    assert settings.keys == (AppKey(derived_id(b"h" * 32), b"h" * 32),)
    assert KEY not in repr(settings)
    assert (settings.database_url, settings.direct_url) == (POOLED, DIRECT)
    assert HELD not in repr(settings)


def test_the_platforms_key_is_taken_from_it_too(stored: Stored) -> None:
    """Where production asks for keys, as it does unless it is told otherwise, nothing else is needed."""
    stored(PLATFORM_KEY=HELD)
    settings = read(AUTH_MODE="")
    assert (settings.auth_mode, settings.platform_key) == ("api-key", HELD)
    assert HELD not in repr(settings)


def test_the_environment_comes_before_the_secret(stored: Stored) -> None:
    stored(GATEWAY_SECRET=HELD)
    other = base64.b64encode(b"e" * 32).decode()
    settings = read(GATEWAY_SECRET=TOLD, APP_KEY=other)
    assert settings.gateway_secret == TOLD
    assert [key.key for key in settings.keys] == [b"e" * 32]


def test_a_new_key_in_either_place_comes_before_the_old_one(stored: Stored) -> None:
    stored(GATEWAY_SECRET=HELD, APP_KEYS=f"2026:{base64.b64encode(b'n' * 32).decode()}")
    assert [key.key for key in read().keys] == [b"n" * 32, b"h" * 32]


def test_production_needs_a_key_in_one_of_the_places(stored: Stored) -> None:
    stored(GATEWAY_SECRET=HELD, APP_KEY=None)
    with pytest.raises(aws_secrets.MalformedSecret, match="production needs APP_KEY, there or in the env"):
        read()
    assert read(APP_KEY=KEY).keys
    assert read(APP_ENV="development", AUTH_MODE="headers", USE_AWS_SECRETS="true").keys == ()


@pytest.mark.parametrize("member", [{}, {"GATEWAY_SECRET": ""}, {"GATEWAY_SECRET": None}])
def test_in_neither_place_is_said_with_both(stored: Stored, member: dict[str, object]) -> None:
    stored(**member)
    with pytest.raises(aws_secrets.MalformedSecret) as caught:
        read()
    assert "GATEWAY_SECRET, there or in the environment" in str(caught.value)
    assert "tolstoy/it" in str(caught.value)


@pytest.mark.parametrize(("value", "told"), [("tiny", "is too short"), ("with a space " * 4, "has a space")])
def test_a_wrong_value_is_refused_as_in_the_environment_and_not_repeated(
    stored: Stored, value: str, told: str
) -> None:
    stored(GATEWAY_SECRET=value)
    with pytest.raises(aws_secrets.MalformedSecret) as caught:
        read()
    assert f"GATEWAY_SECRET {told}" in str(caught.value)
    assert value.strip() not in "".join(traceback.format_exception(caught.value))


def test_a_value_that_is_no_text_is_refused(stored: Stored) -> None:
    stored(GATEWAY_SECRET=12345678)
    with pytest.raises(aws_secrets.MalformedSecret, match=r"Expected `str( \| null)?`.*GATEWAY_SECRET"):
        read()


def test_a_wrong_value_that_is_not_needed_keeps_nothing_from_starting(stored: Stored) -> None:
    stored(GATEWAY_SECRET="short")
    assert read(GATEWAY_SECRET=TOLD).gateway_secret == TOLD


def test_without_a_gateway_none_is_needed(stored: Stored) -> None:
    stored()
    settings = read(APP_ENV="development", AUTH_MODE="headers", USE_AWS_SECRETS="true")
    assert settings.gateway_secret is None and settings.database_url == POOLED


def test_what_is_held_are_settings_that_are_secret_and_have_no_default() -> None:
    """A default would hide that the environment left them unset."""
    for name in aws_secrets.HELD:
        assert FIELDS[name].secret and not getattr(Settings(), name)


def test_what_is_held_is_never_shown() -> None:
    text = json.dumps({"DATABASE_URL": POOLED, "GATEWAY_SECRET": HELD})
    assert HELD not in repr(aws_secrets.read_secret(Settings(), text))
