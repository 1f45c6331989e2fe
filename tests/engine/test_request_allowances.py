"""What one process lets through of a bucket while it fetches more; time stands still, so that every token counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.engine.home import Home, neighbour
from tolstoy.core.ids import new_id
from tolstoy.domain import api_keys, request_allowances
from tolstoy.domain.api_keys import ApiKeyCreate
from tolstoy.domain.request_allowances import LEASE_SECONDS, Allowances, TooManyError
from tolstoy.engine import retention

TOKENS = 100
A_LEASE = 20
LEFT = "SELECT tokens FROM request_allowances WHERE id = $1"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def allowances(home: Home, clock: Clock) -> Allowances:
    """Of an organization that may send a thousand a minute, a fiftieth of which is a lease."""
    await home.owner.execute(
        "INSERT INTO request_allowances (id, org_id, tokens, filled_at)"
        " VALUES ($1, $1, $2, now() + interval '1000 years')",
        home.scope.org_id,
        float(TOKENS),
    )
    return Allowances(home.database, per_minute=1000, per_user=0, clock=clock)


@pytest.fixture
async def bob(home: Home) -> UUID:
    """Has sent no request yet: his first asks the database whether he is of the organization."""
    made = await home.owner.fetchval(
        "INSERT INTO users (org_id, id, email, email_key, role)"
        " VALUES ($1, $2, 'bob@example.com', 'bob@example.com', 'editor') RETURNING id",
        home.scope.org_id,
        new_id(),
    )
    return UUID(str(made))


async def make_key(home: Home, limit: int) -> UUID:
    made = await api_keys.create(home.scope, ApiKeyCreate(name="Key", max_requests_per_minute=limit))
    await home.owner.execute(
        "INSERT INTO request_allowances (id, org_id, user_id, tokens, filled_at)"
        " VALUES ($1, $2, $3, $4, now() + interval '1000 years')",
        made.id,
        home.scope.org_id,
        home.scope.user_id,
        float(limit),
    )
    return made.id


async def taken(allowances: Allowances, org: UUID, user: UUID, key: UUID | None = None) -> int:
    """How many requests are let through until one is refused."""
    count = 0
    while True:
        try:
            await allowances.take(org, user, key)
        except TooManyError:
            return count
        count += 1


async def test_what_is_given_back_is_not_spent_meanwhile(
    home: Home, allowances: Allowances, bob: UUID
) -> None:
    org, alice = home.scope.org_id, home.scope.user_id
    await allowances.take(org, alice)
    fetching = asyncio.create_task(allowances.take(org, bob))
    await asyncio.sleep(0)
    meanwhile = 0
    while allowances.at_hand(org, alice):
        meanwhile += 1
    await fetching
    assert 2 + meanwhile + await taken(allowances, org, alice) == TOKENS


async def test_what_a_request_that_failed_gave_back_is_gone(
    home: Home, allowances: Allowances, clock: Clock
) -> None:
    """Nobody knows whether the database has it."""
    org, alice = home.scope.org_id, home.scope.user_id
    await allowances.take(org, alice)
    clock.now += LEASE_SECONDS
    fetching = asyncio.create_task(allowances.take(org, alice))
    await asyncio.sleep(0)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    await allowances.take(org, alice)
    assert await home.owner.fetchval(LEFT, org) == TOKENS - 2 * A_LEASE


async def test_who_is_no_member_gives_nothing_of_an_organization_away(
    home: Home, allowances: Allowances, clock: Clock
) -> None:
    org, alice = home.scope.org_id, home.scope.user_id
    await allowances.take(org, alice)
    clock.now += LEASE_SECONDS
    await allowances.take(org, new_id())
    fetching = asyncio.create_task(allowances.take(org, new_id()))
    await asyncio.sleep(0)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    await allowances.take(org, alice)
    assert await home.owner.fetchval(LEFT, org) == TOKENS - A_LEASE - 1


async def test_a_token_that_goes_to_another_meanwhile_is_not_taken_twice(
    home: Home, allowances: Allowances, bob: UUID
) -> None:
    """Who fetches only tokens of the user's, while somebody else takes the last of the organization's at hand."""
    org, alice = home.scope.org_id, home.scope.user_id
    both = Allowances(home.database, per_minute=1000, per_user=1000, clock=Clock())
    await home.owner.execute(
        "INSERT INTO request_allowances (id, org_id, user_id, tokens, filled_at)"
        " SELECT id, $1, id, tokens, now() + interval '1000 years'"
        " FROM unnest($2::uuid[], $3::float8[]) AS b(id, tokens)",
        org,
        [alice, bob],
        [3.0, 1000.0],  # she gets them one by one
    )
    await both.take(org, bob)
    await both.take(org, alice)
    fetching = asyncio.create_task(both.take(org, alice))
    await asyncio.sleep(0)
    meanwhile = 0
    while both.at_hand(org, bob):
        meanwhile += 1
    assert meanwhile == A_LEASE - 2
    await fetching
    assert 3 + meanwhile + await taken(both, org, bob) == TOKENS


async def test_keys_of_one_user_share_what_is_held_of_the_users(home: Home, clock: Clock) -> None:
    """Fetched for the one, it is at hand for the other; and each has its own limit."""
    org, alice = home.scope.org_id, home.scope.user_id
    keys = [await make_key(home, limit) for limit in (10, 30)]
    both = Allowances(home.database, per_minute=1000, per_user=1000, clock=clock)
    for key in keys:
        await both.take(org, alice, key)
    assert await home.owner.fetchval("SELECT tokens FROM request_allowances WHERE id = $1", alice) == 980
    users = {
        id(bucket) for key in keys for bucket in await both.take(org, alice, key) if bucket.policy == "user"
    }
    assert len(users) == 1
    assert [2 + await taken(both, org, alice, key) for key in keys] == [10, 30]
    assert both.at_hand(org, alice, keys[0]) is None


async def test_a_request_by_a_limited_key_asks_the_database_once_for_many(home: Home, clock: Clock) -> None:
    org, alice = home.scope.org_id, home.scope.user_id
    key = await make_key(home, 1000)
    allowances = Allowances(home.database, per_minute=0, per_user=0, clock=clock)
    await allowances.take(org, alice, key)
    at_hand = 0
    while allowances.at_hand(org, alice, key):
        at_hand += 1
    assert at_hand == A_LEASE - 1


@pytest.mark.parametrize("ended", ["revoked_at = now()", "expires_at = now()"])
async def test_a_key_that_ended_meanwhile_is_left_to_the_door(
    home: Home, allowances: Allowances, clock: Clock, ended: str
) -> None:
    """What it had is not given back to anyone, and its bucket goes."""
    org, alice = home.scope.org_id, home.scope.user_id
    key, other = await make_key(home, 1000), await make_key(home, 1000)
    for each in (key, other):
        await allowances.take(org, alice, each)
    await home.owner.execute(f"UPDATE api_keys SET {ended} WHERE id = $1", key)
    clock.now += LEASE_SECONDS
    assert not (await allowances.take(org, alice, key)).member
    assert (await allowances.take(org, alice, other)).member
    stranger = await neighbour(home)
    assert await request_allowances.forget_ended(stranger.scope) == 0
    await retention.prune_allowances(home.database)
    left = await home.owner.fetch("SELECT id FROM request_allowances")
    assert {row["id"] for row in left} == {org, other}
    assert not (await allowances.take(org, alice, key)).member
    assert await home.owner.fetchval("SELECT count(*) FROM request_allowances WHERE id = $1", key) == 0


async def test_a_key_is_its_users_only(home: Home, allowances: Allowances, bob: UUID) -> None:
    key = await make_key(home, 1000)
    assert not (await allowances.take(home.scope.org_id, bob, key)).member
    assert await home.owner.fetchval(LEFT, key) == 1000
