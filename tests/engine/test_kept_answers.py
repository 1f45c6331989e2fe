"""Answers kept for a repetition: under which key a request is known again, and when they go."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.engine.home import KEY, Home, neighbour
from tolstoy.core.app_keys import AppKey
from tolstoy.core.crypto import UnknownKeyError
from tolstoy.core.errors import IdempotencyMismatchError
from tolstoy.core.fingerprints import Fingerprints
from tolstoy.core.ids import PLATFORM
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import idempotency
from tolstoy.domain.idempotency import Answer
from tolstoy.engine import retention

NEW = AppKey("newer", b"n" * 32)
SENT = b'POST /users\0\0{"password":"hunter2"}'
MADE = Answer(201, {"ETag": '"1"'}, b"{}")


def with_keys(home: Home, *keys: AppKey) -> None:
    """As a process that was given these keys."""
    home.database.fingerprints = Fingerprints(keys)


async def keep(scope: Scope, key: str = "once") -> None:
    async with tenancy.transaction(scope) as inner:
        assert await idempotency.claim(inner, key, SENT) is None
        await idempotency.keep(inner, key, SENT, MADE)


async def claim(home: Home, sent: bytes = SENT) -> Answer | None:
    async with tenancy.transaction(home.scope) as inner:
        return await idempotency.claim(inner, "once", sent)


async def test_a_request_is_known_again_while_keys_change(home: Home) -> None:
    await keep(home.scope)
    with_keys(home, NEW, KEY)
    assert await claim(home) == MADE
    with pytest.raises(IdempotencyMismatchError):
        await claim(home, SENT + b" ")
    with_keys(home, NEW)
    with pytest.raises(UnknownKeyError, match="'of-the-tests'"):
        await claim(home)
    with_keys(home, KEY, NEW)
    assert await claim(home) == MADE


async def test_what_is_kept_cannot_be_found_out_by_guessing(home: Home) -> None:
    await keep(home.scope)
    kept = await home.owner.fetchval("SELECT fingerprint FROM idempotency_keys")
    assert sha256(SENT).digest() not in kept


async def test_one_that_code_from_before_kept_is_known(home: Home) -> None:
    await keep(home.scope)
    await home.owner.execute("UPDATE idempotency_keys SET fingerprint = $1", sha256(SENT).digest())
    assert await claim(home) == MADE
    with pytest.raises(IdempotencyMismatchError):
        await claim(home, SENT + b" ")


async def test_they_go_after_their_time_though_nothing_more_is_sent(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of another organization, and of routes outside any."""
    monkeypatch.setattr(retention, "BATCH", 2)
    other = await neighbour(home)
    scopes = [home.scope, other.scope, tenancy.platform(home.database)]
    for scope in scopes:
        for key in "abcde":
            await keep(scope, key)
    await home.owner.execute(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key <> 'e'"
    )
    await retention.prune_answers(home.database)
    left = await home.owner.fetch("SELECT org_id, key FROM idempotency_keys")
    assert {(row["org_id"], row["key"]) for row in left} == {
        (org_id, "e") for org_id in (home.scope.org_id, other.scope.org_id, PLATFORM)
    }
