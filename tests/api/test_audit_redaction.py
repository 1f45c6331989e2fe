"""What an event tells of a value: not what its name, or its form, says to be a secret."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

ID = "01999999-0000-7000-8000-000000000003"
HIDDEN = "[redacted]"


async def told(owner: asyncpg.Connection, value: Any, name: str = "document") -> Any:
    return json.loads(await owner.fetchval("SELECT tolstoy.redacted($1, $2)", name, json.dumps(value)))


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "X-Auth", "X-Auth-Key", "X-Auth-Token", "X-Api-Key", "apikey", "Ocp-Apim-Subscription-Key",
        "X-Functions-Key", "accessKey", "pwd", "db_pwd", "password", "clientSecret", "Set-Cookie", "sealed_secret",
        "authConfig", "hash",
    ],
)  # fmt: skip
async def test_what_is_called_a_secret_is_not_told(owner: asyncpg.Connection, name: str) -> None:
    for value in ("hunter2", {"a": "hunter2"}, ["hunter2"], 7):
        assert await told(owner, {"headers": {name: value}}) == {"headers": {name: HIDDEN}}
    for pair in ({"name": name, "value": "hunter2"}, {"key": name, "value": ["hunter2"]}):
        assert await told(owner, [pair]) == [{**pair, "value": HIDDEN}]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://ada:hunter2@host/x?y=1", f"https://{HIDDEN}@host/x?y=1"),
        ("https://hunter2@host", f"https://{HIDDEN}@host"),
        ("postgresql://u:a@b@h/d", f"postgresql://{HIDDEN}@h/d"),
        ("https://x.example/?a=1&api_key=hunter2#x", f"https://x.example/?a=1&api_key={HIDDEN}#x"),
        ("client_secret=hunter2&x=1", f"client_secret={HIDDEN}&x=1"),
        ("x=1&pwd=hunter2", f"x=1&pwd={HIDDEN}"),
        ('{"password": "hun\\"ter2", "a": "b"}', f'{{"password": "{HIDDEN}", "a": "b"}}'),
        ("Bearer hunter2", f"Bearer {HIDDEN}"),
        ('curl -H "authorization: basic YWRhOmh1bnRlcjI="', f'curl -H "authorization: basic {HIDDEN}"'),
        ("Basic YTpi", f"Basic {HIDDEN}"),
        (f"it is tol_{'0Aa' * 23}00", f"it is {HIDDEN}"),
    ],
)
async def test_what_has_the_form_of_a_secret_is_not_told(
    owner: asyncpg.Connection, text: str, left: str
) -> None:
    assert await told(owner, {"text": text}) == {"text": left}


@pytest.mark.parametrize(
    "value",
    [
        "Basic plan of things", "BASIC plan", "Basic CRUD", "basic", "see https://host/a@b and mail a@b.example",
        {"credential_id": ID, "credentialId": ID, "apiKeyId": ID}, {"credential_ids": [ID]},
        {"key": "greet", "step_key": "greet", "auth_type": "bearer"}, {"name": "region", "value": "eu"},
        {"name": "Authorization", "description": "who sends it"}, {"token": None, "secret": True}, "a=1&b=2", 7,
    ],
)  # fmt: skip
async def test_what_is_no_secret_is_told(owner: asyncpg.Connection, value: Any) -> None:
    assert await told(owner, value) == value


async def test_an_id_is_one_by_its_form_as_well(owner: asyncpg.Connection) -> None:
    assert await told(owner, {"credential_id": "hunter2"}) == {"credential_id": HIDDEN}


@pytest.mark.parametrize(
    "text",
    ["?" * 7900, "?key" * 1900, "&token" * 1300, "bearer " * 1100, f"basic{' ' * 7900}", "://" * 2600, '"key' * 1900,
     '"token":"' * 850, "\\" * 3900, "tol_" * 1900, "://a" * 1900, "a" * 7900],
)  # fmt: skip
async def test_no_text_keeps_the_database_busy(owner: asyncpg.Connection, text: str) -> None:
    assert await told(owner, text)


def large(secret: Any) -> list[Any]:
    """More than 8000 bytes each, with this in it in another way."""
    rest = {"text": "known to who guesses " * 500}
    return [
        {**rest, "steps": [{"url": "https://x.example", "headers": {"Authorization": secret, "X-A": "b"}}]},
        {**rest, "headers": [{"name": "X-Api-Key", "secured": True, "value": secret}]},
        {**rest, "password": 4711 if secret == "hunter2" else 4712},
        {**rest, "credentials": {"user": "ada", "pin": secret}},
        {**rest, "client_secret": [secret]},
        {**rest, "db-auth": secret},
        {**rest, "note": f"Bearer {secret}"},
        {**rest, "note": f"https://ada:{secret}@host/"},
        {**rest, "note": f"https://x.example/?a=1&api_key={secret}"},
        {**rest, "note": json.dumps({"password": secret})},
    ]


async def test_a_secret_in_what_is_large_cannot_be_guessed_by_its_hash(owner: asyncpg.Connection) -> None:
    for one, other in zip(large("hunter2"), large("hunter3"), strict=True):
        found = await told(owner, one)
        assert found.keys() == {"bytes", "sha256"}
        assert found == await told(owner, other), one
        changed = await told(owner, {**one, "text": "known to who guesses " * 499 + "known to who wonders "})
        assert changed["sha256"] != found["sha256"]


async def test_the_hash_of_what_is_large_tells_which_credential_it_names(owner: asyncpg.Connection) -> None:
    text = "known to who guesses " * 500
    one, other = ({"text": text, "steps": [{"credential_id": id_}]} for id_ in (ID, ID.replace("3", "4")))
    assert await told(owner, one) != await told(owner, other)


@pytest.mark.parametrize(
    "text",
    ["?" * 500_000, "token=" * 80_000, "bearer " * 70_000, "://" * 160_000, '"key' * 125_000, "\\" * 250_000,
     '"name": "key", "a": ' * 25_000, "secret" * 80_000, 'token\\"' * 60_000, "{" * 500_000],
)  # fmt: skip
async def test_no_large_value_keeps_the_database_busy(owner: asyncpg.Connection, text: str) -> None:
    assert await told(owner, text)
    assert await told(owner, {f"{text[:9]}{n}": text[:2000] for n in range(250)})
