"""Keys are replaced while everything goes on: in batches, begun again where it was interrupted, losing nothing."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import pytest

from tests.engine.home import KEY, Home, neighbour
from tolstoy.core.app_keys import AppKey
from tolstoy.core.crypto import Keyring, UnknownKeyError, UnreadableSecretError
from tolstoy.db.database import Database
from tolstoy.domain import (
    credential_authorizations,
    credentials,
    event_deliveries,
    hook_deliveries,
    hooks,
    key_rotation,
    sealed,
    subscriptions,
    tools,
)
from tolstoy.domain.credential_secrets import OAuth2
from tolstoy.domain.credentials import CredentialCreate
from tolstoy.domain.hooks import HookCreate
from tolstoy.domain.subscriptions import SubscriptionCreate
from tolstoy.domain.tools import ToolCreate

OLD, NEW = KEY, AppKey("newer", b"n" * 32)
CANARY = "canary-c0ffee-of-a-hook"


def with_keys(home: Home, *keys: AppKey) -> Database:
    """The same database, as a process that was given these keys."""
    home.database.keyring = Keyring(keys)
    return home.database


async def fill(home: Home, number: int) -> None:
    """Credentials with tokens, hooks and subscriptions, that many of each."""
    scope = home.scope
    tool = await tools.create(
        scope, ToolCreate(name="T", base_url="https://t.example.com", auth_type="oauth2")
    )
    secret = OAuth2(token_url="https://t.example.com/t", client_id="c", client_secret="s")
    for index in range(number):
        made = await credentials.create(scope, tool.id, CredentialCreate(name=f"c{index}", oauth2=secret))
        assert made.id
        hook = HookCreate(name="H", verification="github", signing_secret=f"{CANARY}-{index}")
        await hooks.create(scope, home.flow_id, hook)
        subscription = SubscriptionCreate(url="https://s.example.com", events=["execution.failed"])
        made_ = await subscriptions.create(scope, subscription)
        await subscriptions.rotate_secret(scope, made_.id, None)


async def everything(home: Home) -> dict[str, list[bytes]]:
    """All secrets of the organization, opened."""
    opened: dict[str, list[bytes]] = {}
    for part in sealed.ALL:
        rows = await home.owner.fetch(
            f"SELECT id, {part.column} AS sealed FROM {part.table} WHERE org_id = $1 ORDER BY id",
            home.scope.org_id,
        )
        opened[f"{part.table}.{part.column}"] = [
            home.database.keyring.open(row["sealed"], part.place(home.scope.org_id, row["id"]))
            for row in rows
            if row["sealed"] is not None
        ]
    return opened


async def test_all_is_encrypted_anew_and_opens_as_before(home: Home) -> None:
    await fill(home, key_rotation.BATCH + 3)
    other = await neighbour(home)
    await fill(other, 2)
    number = 4 * (key_rotation.BATCH + 3) + 4 * 2
    before = await everything(home)
    database = with_keys(home, NEW, OLD)
    assert await key_rotation.counted(database) == Counter({OLD.id: number})
    assert await key_rotation.rotate(database) == (number, Counter())
    assert await key_rotation.counted(database) == Counter({NEW.id: number})
    with_keys(home, NEW)
    assert await everything(home) == before
    assert await everything(other)
    assert await key_rotation.rotate(database) == (0, Counter()), "nothing is left to do"


async def test_interrupted_it_goes_on_where_it_was(home: Home) -> None:
    """A batch is whole or not at all."""
    await fill(home, key_rotation.BATCH + 5)
    before = await everything(home)
    database = with_keys(home, NEW, OLD)
    task = asyncio.create_task(key_rotation.rotate(database))
    async with asyncio.timeout(20):
        while True:
            keys = await _keys(home.owner)
            if keys[NEW.id]:
                break
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    keys = await _keys(home.owner)
    assert keys[NEW.id] and keys[OLD.id], keys
    assert await everything(home) == before
    done = await key_rotation.rotate(database)
    assert done.resealed == keys[OLD.id]
    assert await everything(home) == before


async def _keys(owner: asyncpg.Connection) -> Counter[str]:
    keys: Counter[str] = Counter()
    for part in sealed.ALL:
        for (value,) in await owner.fetch(
            f"SELECT {part.column} FROM {part.table} WHERE {part.column} IS NOT NULL"
        ):
            keys[value[2 : 2 + value[1]].decode()] += 1
    return keys


async def test_several_at_once_share_the_work(home: Home) -> None:
    await fill(home, key_rotation.BATCH + 5)
    before = await everything(home)
    database = with_keys(home, NEW, OLD)
    done = await asyncio.gather(*(key_rotation.rotate(database) for _ in range(4)))
    assert await key_rotation.counted(database) == Counter({NEW.id: sum(one.resealed for one in done)})
    assert await everything(home) == before


async def test_a_missing_key_is_named_and_what_is_under_it_is_left_as_it_is(home: Home) -> None:
    await fill(home, 3)
    before = await everything(home)
    database = with_keys(home, NEW)
    assert await key_rotation.rotate(database) == (0, Counter({OLD.id: 12}))
    assert await key_rotation.counted(database) == Counter({OLD.id: 12})
    with pytest.raises(UnknownKeyError, match=OLD.id):
        await everything(home)
    with_keys(home, NEW, OLD)
    assert await everything(home) == before
    assert (await key_rotation.rotate(database)).resealed == 12


async def test_what_stands_in_clear_is_encrypted_and_works_before_and_after(home: Home) -> None:
    """Hooks and subscriptions of before there was a key, as they were written then."""
    await fill(home, 1)
    opened = await everything(home)
    await home.owner.execute("SELECT set_config('app.org_id', $1, false)", str(home.scope.org_id))
    await home.owner.execute(
        "UPDATE hooks SET signing_secret = $1, sealed_signing_secret = NULL", f"{CANARY}-0"
    )
    secret, previous = (opened[f"subscriptions.{name}"][0].decode() for name in _SECRETS)
    await home.owner.execute(
        "UPDATE subscriptions SET secret = $1, sealed_secret = NULL, previous_secret = $2,"
        " sealed_previous_secret = NULL",
        secret,
        previous,
    )
    assert await _signs_with(home) == [secret, previous]
    database = with_keys(home, OLD)
    assert (await key_rotation.counted(database))[key_rotation.IN_CLEAR] == 3
    assert (await key_rotation.rotate(database)).resealed == 3
    assert await _signs_with(home) == [secret, previous]
    assert await everything(home) == opened
    for table in ("hooks", "subscriptions"):
        (row,) = await home.owner.fetch(f"SELECT t::text AS row FROM {table} t")
        assert CANARY not in row["row"] and "whsec_" not in row["row"]


_SECRETS = ("sealed_secret", "sealed_previous_secret")


async def _signs_with(home: Home) -> list[str]:
    (row,) = await home.owner.fetch("SELECT id FROM subscriptions WHERE org_id = $1", home.scope.org_id)
    delivery = await event_deliveries.test(home.scope, row["id"])
    sent = await event_deliveries.due(home.scope, delivery.id)
    assert sent is not None
    return event_deliveries.secrets_of(home.scope, sent)


async def test_a_hooks_secret_is_opened_for_whoever_has_the_token(home: Home) -> None:
    new = HookCreate(name="H", verification="github", signing_secret=CANARY)
    made = await hooks.create(home.scope, home.flow_id, new)
    token = made.path.removeprefix("/hooks/")
    receiver = await hook_deliveries.receiver(home.database, token)
    assert receiver.signing_secret == CANARY
    with_keys(home, NEW)
    with pytest.raises(UnknownKeyError, match=OLD.id):
        await hook_deliveries.receiver(home.database, token)


async def test_who_is_at_a_provider_meanwhile_comes_back_with_the_same_verifier(home: Home) -> None:
    tool = await tools.create(
        home.scope, ToolCreate(name="T", base_url="https://t.example.com", auth_type="oauth2")
    )
    secret = OAuth2(
        grant="authorizationCode",
        authorization_url="https://t.example.com/a",
        token_url="https://t.example.com/t",
        client_id="c",
    )
    made = await credentials.create(home.scope, tool.id, CredentialCreate(name="C", oauth2=secret))
    begun = await credential_authorizations.begin(home.scope, tool.id, made.id, "https://tolstoy.example.com")
    ticket = begun.url.rpartition("/")[2]
    await credential_authorizations.start(home.database, ticket, "b" * 43, "https://tolstoy.example.com")
    before = await everything(home)
    assert len(before["credential_authorizations.verifier"]) == 1
    await key_rotation.rotate(with_keys(home, NEW, OLD))
    with_keys(home, NEW)
    assert await everything(home) == before


async def test_sealed_secrets_of_one_row_do_not_open_in_another(home: Home) -> None:
    """Whoever can write to the database cannot have a secret used in another's place."""
    await fill(home, 2)
    one, two = await home.owner.fetch("SELECT id, sealed_signing_secret AS sealed FROM hooks ORDER BY id")
    with pytest.raises(UnreadableSecretError):
        sealed.HOOK.open(home.scope, one["id"], two["sealed"], None)
    elsewhere = await neighbour(home)
    with pytest.raises(UnreadableSecretError):
        sealed.HOOK.open(elsewhere.scope, one["id"], one["sealed"], None)


async def test_a_worker_without_a_key_leaves_all_as_it_is(home: Home) -> None:
    await fill(home, 1)
    before = await everything(home)
    database = with_keys(home)
    assert await key_rotation.round_(database) == key_rotation.SECONDS_BETWEEN
    with_keys(home, OLD)
    assert await everything(home) == before


async def test_a_worker_does_its_share_by_itself(home: Home) -> None:
    await fill(home, 2)
    database = with_keys(home, NEW, OLD)
    await key_rotation.round_(database)
    assert await key_rotation.counted(database) == Counter({NEW.id: 8})
