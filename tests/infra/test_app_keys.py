"""Keys that a stack may be told while APP_KEY is being replaced: those that the service takes, and no others."""

from __future__ import annotations

import base64

import pytest

from tests.infra.key_checks import KEY_ARN
from tests.infra.stacks import DATABASE_URL, DIRECT_URL, REGION
from tolstoy.core import app_keys
from tolstoy_infra.settings import Settings, SettingsError, parse

GIVEN = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL}
KEY, OTHER_KEY = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))
WRAPPED = base64.b64encode(bytes([3]) * 184).decode()
LARGEST, TOO_LARGE = (base64.b64encode(bytes(size)).decode() for size in (6144, 6145))


def read(text: str) -> Settings:
    kms = {"kmsKeyArn": KEY_ARN.replace(REGION, "eu-central-1")} if "kms:" in text else {}
    return parse("prod", "eu-central-1", {**GIVEN, **kms, "appKeys": text}, {*GIVEN, "appKeys"})


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(text)
    return caught.value


def test_they_do_not_lie_in_clear() -> None:
    with pytest.raises(SettingsError, match=r"appKeys lies in clear in Pulumi\.prod\.yaml; choose another"):
        parse("prod", "eu-central-1", {**GIVEN, "appKeys": KEY}, set(GIVEN))


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"old:{KEY}",
        f"old:{KEY},2026:{OTHER_KEY}",
        f"{KEY}, {OTHER_KEY}",
        f"2026:kms:{WRAPPED}",
        f"{KEY}, kms:{WRAPPED}",
        f"2026:kms:{WRAPPED},old:{KEY}",
        f"kms:{LARGEST}",
    ],
)
def test_keys_that_are_being_replaced(text: str) -> None:
    settings = read(text)
    assert settings.app_keys is not None
    assert len(app_keys.read_several(settings.app_keys)) == text.count(",") + 1
    assert KEY not in repr(settings) and WRAPPED not in repr(settings)


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
        (f"2026:kms:{WRAPPED},2026:{KEY}", "has a key or an id twice"),
        (f"kms:{KEY}", "has a key of 32 bytes after kms:"),
        (f"kms:{TOO_LARGE}", "has a key of 6145 bytes after kms:"),
        ("kms:no-base64!", "has a key that is not base64; write id:base64 of 32 bytes, or id:kms:…"),
        (f":kms:{WRAPPED}", "has an id that is not of letters"),
        (f"kms:kms:{WRAPPED}", "has an id that is not of letters, digits, _, . and -, or is kms"),
    ],
)
def test_keys_that_the_service_would_not_take(text: str, said: str) -> None:
    found = str(refused(text))
    assert f"appKeys: {said}" in found
    assert text.rpartition(":")[2] not in found
    with pytest.raises(ValueError, match=r"is not base64|bytes|id"):
        app_keys.read_several(text)
