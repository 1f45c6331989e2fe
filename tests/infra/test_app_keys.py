"""Keys that a stack may be told while APP_KEY is being replaced: those that the service takes, and no others."""

from __future__ import annotations

import base64

import pytest

from tests.infra.stacks import DATABASE_URL, DIRECT_URL
from tolstoy.core import app_keys
from tolstoy_infra.settings import Settings, SettingsError, parse

GIVEN = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL}
KEY, OTHER_KEY = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))


def read(text: str) -> Settings:
    return parse("prod", "eu-central-1", {**GIVEN, "appKeys": text}, {*GIVEN, "appKeys"})


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(text)
    return caught.value


def test_they_do_not_lie_in_clear() -> None:
    with pytest.raises(SettingsError, match=r"appKeys lies in clear in Pulumi\.prod\.yaml; choose another"):
        parse("prod", "eu-central-1", {**GIVEN, "appKeys": KEY}, set(GIVEN))


@pytest.mark.parametrize("text", [KEY, f"old:{KEY}", f"old:{KEY},2026:{OTHER_KEY}", f"{KEY}, {OTHER_KEY}"])
def test_keys_that_are_being_replaced(text: str) -> None:
    settings = read(text)
    assert settings.app_keys is not None
    assert len(app_keys.read_several(settings.app_keys)) == text.count(",") + 1
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("old:no-base64!", "has a key that is not base64; write id:base64"),
        ("b2xk", "has a key of 3 bytes; write id:base64"),
        (f"an old one:{KEY}", "has an id that is not of letters"),
        (f"{'x' * 41}:{KEY}", "has an id that is not of letters"),
        (f":{KEY}", "has an id that is not of letters"),
        (f"old:{KEY},old:{OTHER_KEY}", "has a key or an id twice"),
        (f"{KEY},{KEY}", "has a key or an id twice"),
    ],
)
def test_keys_that_the_service_would_not_take(text: str, said: str) -> None:
    found = str(refused(text))
    assert f"appKeys: {said}" in found
    assert text.rpartition(":")[2] not in found
    with pytest.raises(ValueError, match=r"is not base64|bytes|id"):
        app_keys.read_several(text)
