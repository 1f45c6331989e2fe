"""The limits of requests, with several processes that serve and one database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.factories import make_user
from tests.api.problems import refused
from tests.conftest import Databases, Member, founded
from tests.processes import serving

ORGANIZATION, USER = 60, 40
PROCESSES = 3


@pytest.fixture(scope="module")
def addresses(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "RUN_WORKER": "false",
        "RATE_LIMIT": str(ORGANIZATION),
        "RATE_LIMIT_PER_USER": str(USER),
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(serving(tmp_path_factory.mktemp("limited"), settings)).url
            for _ in range(PROCESSES)
        ]


@pytest.fixture
async def clients(addresses: list[str]) -> AsyncIterator[list[httpx.AsyncClient]]:
    made = [httpx.AsyncClient(base_url=address, timeout=20) for address in addresses]
    yield made
    for client in made:
        await client.aclose()


@pytest.fixture
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**module_database.direct.asyncpg_kwargs())
    yield connection
    await connection.close()


@pytest.fixture
async def member(clients: list[httpx.AsyncClient]) -> Member:
    return await founded(clients[0], f"{uuid4().hex}@example.com")


async def opened(owner: asyncpg.Connection, member: Member, *users: str) -> None:
    """Full buckets whose time stands still: what is counted does not depend on how fast this machine is."""
    await owner.execute(
        "INSERT INTO request_allowances (id, org_id, user_id, tokens, filled_at)"
        " SELECT $1::uuid, $1::uuid, NULL, $3::float8, now() + interval '1000 years'"
        " UNION ALL SELECT id, $1::uuid, id, $4::float8, now() + interval '1000 years' FROM unnest($2::uuid[]) id"
        " ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, filled_at = excluded.filled_at",
        member.org_id,
        list(users or [member.user_id]),
        float(ORGANIZATION),
        float(USER),
    )


async def flood(clients: list[httpx.AsyncClient], member: Member, rounds: int) -> Counter[int]:
    """So many requests at each process, all at once."""
    asked = [client.get("/tools", headers=member.headers) for client in clients for _ in range(rounds)]
    return Counter([answer.status_code for answer in await asyncio.gather(*asked)])


async def test_all_processes_together_let_through_what_the_bucket_holds(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    await opened(owner, member)
    answered: Counter[int] = Counter()
    while True:
        some = await flood(clients, member, 10)
        answered += some
        if not some[200]:
            break
    assert set(answered) == {200, 429}
    assert answered[200] == USER


async def test_an_organization_has_a_limit_over_all_its_users(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    other = await make_user(clients[0], member)
    both = [member, Member(member.org_id, other["id"])]
    await opened(owner, member, *(one.user_id for one in both))
    through: Counter[int] = Counter()
    while sum(some := [(await flood(clients, one, 10))[200] for one in both]):
        through.update(dict(enumerate(some)))
    # what the first request of each test took, before its bucket was filled, is held by that process still
    assert ORGANIZATION <= through.total() <= ORGANIZATION + 1
    assert max(through.values()) <= USER + 1


async def test_what_is_refused_says_when_to_come_again(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    await opened(owner, member)
    first = await clients[1].get("/tools", headers=member.headers)
    assert first.headers["RateLimit-Policy"] == f'"organization";q={ORGANIZATION};w=60, "user";q={USER};w=60'
    left = [int(part.split(";")[1].removeprefix("r=")) for part in first.headers["RateLimit"].split(", ")]
    assert left == [ORGANIZATION - 1, USER - 1]
    await owner.execute("UPDATE request_allowances SET tokens = 0 WHERE id = $1", member.user_id)
    answers = [await clients[2].get("/tools", headers=member.headers) for _ in range(2)]
    for answer in answers:
        problem = refused(answer, 429, "rate-limited")
        assert f"{USER} requests a minute for this user" in problem["detail"]
        seconds = int(answer.headers["Retry-After"])
        assert seconds >= 1
        assert f'"user";r=0;t={seconds}' in answer.headers["RateLimit"]


async def test_nobody_uses_up_what_others_have(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    stranger = await founded(clients[0], f"{uuid4().hex}@example.com")
    await opened(owner, member)
    await owner.execute("UPDATE request_allowances SET tokens = 0 WHERE org_id = $1", member.org_id)
    assert set(await flood(clients, member, 2)) <= {200, 429}
    assert await flood(clients[:1], stranger, 5) == Counter({200: 5})
    # who names an organization without being of it takes nothing from its members, nor learns its limit
    outsider = Member(stranger.org_id, member.user_id)
    answer = await clients[1].get("/tools", headers=outsider.headers)
    refused(answer, 403, "not-a-member")
    nowhere = await clients[1].get("/tools", headers={"X-Org-ID": str(uuid4()), "X-User-ID": str(uuid4())})
    refused(nowhere, 404, "organization-not-found")
    assert "RateLimit" not in nowhere.headers and "RateLimit" not in answer.headers


async def test_who_only_names_an_organization_takes_nothing_of_it(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    await opened(owner, member)
    for _ in range(2):  # also of what a process holds already
        outsider = Member(member.org_id, str(uuid4()))
        assert await flood(clients[:1], outsider, ORGANIZATION) == Counter({403: ORGANIZATION})
        answer = await clients[0].get("/tools", headers=member.headers)
        assert answer.status_code == 200
    taken = "SELECT tokens FROM request_allowances WHERE id = $1"
    assert await owner.fetchval(taken, member.org_id) == ORGANIZATION - 2


async def test_the_platform_gives_an_organization_a_limit_of_its_own(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection
) -> None:
    member = await founded(clients[0], f"{uuid4().hex}@example.com")
    path = f"/organizations/{member.org_id}"
    changed = await clients[0].patch(path, json={"maxRequestsPerMinute": 3})
    assert changed.json()["maxRequestsPerMinute"] == 3
    await opened(owner, member)
    answered = await flood(clients, member, 5)
    assert answered[200] == 3
    for wrong in (0, -1, 10_000_001, "3", 1.5):
        answer = await clients[0].patch(path, json={"maxRequestsPerMinute": wrong})
        assert [error["pointer"] for error in refused(answer, 422)["errors"]] == ["/maxRequestsPerMinute"]


async def make_key(
    client: httpx.AsyncClient, owner: asyncpg.Connection, member: Member, limit: int | None
) -> tuple[str, dict[str, str]]:
    """A key's id, and the header with it; its bucket is full, and time stands still."""
    sent = {"name": "Key", "maxRequestsPerMinute": limit}
    key = (await client.post("/api-keys", json=sent, headers=member.headers)).json()
    if limit is not None:
        await owner.execute(
            "INSERT INTO request_allowances (id, org_id, user_id, tokens, filled_at)"
            " VALUES ($1, $2, $3, $4, now() + interval '1000 years')",
            key["id"],
            member.org_id,
            member.user_id,
            float(limit),
        )
    return key["id"], {"Authorization": f"Bearer {key['key']}"}


async def test_a_key_has_a_limit_of_its_own_over_all_processes(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    """Beside those of its user and organization, which it leaves the rest."""
    _, by_key = await make_key(clients[0], owner, member, 20)
    _, by_another = await make_key(clients[0], owner, member, 10)
    await opened(owner, member)
    asked = [client.get("/tools", headers=by_key) for client in clients for _ in range(15)]
    assert Counter(answer.status_code for answer in await asyncio.gather(*asked)) == {200: 20, 429: 25}
    asked = [client.get("/tools", headers=by_another) for client in clients for _ in range(5)]
    assert Counter(answer.status_code for answer in await asyncio.gather(*asked)) == {200: 10, 429: 5}
    through = 0
    while some := (await flood(clients, member, 10))[200]:
        through += some
    # as above
    assert USER <= 30 + through <= USER + 1


async def test_what_a_key_may_send_is_told_under_a_name_of_its_own(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    id_, by_key = await make_key(clients[0], owner, member, 20)
    await opened(owner, member)
    first = await clients[1].get("/tools", headers=by_key)
    assert first.headers["RateLimit-Policy"] == (
        f'"organization";q={ORGANIZATION};w=60, "user";q={USER};w=60, "key";q=20;w=60'
    )
    assert '"key";r=19;t=' in first.headers["RateLimit"]
    assert "key" not in (await clients[1].get("/tools", headers=member.headers)).headers["RateLimit-Policy"]
    await owner.execute("UPDATE request_allowances SET tokens = 0 WHERE id = $1", id_)
    answer = await clients[2].get("/tools", headers=by_key)
    assert "There are 20 requests a minute for this key;" in refused(answer, 429, "rate-limited")["detail"]
    assert f'"key";r=0;t={answer.headers["Retry-After"]}' in answer.headers["RateLimit"]
    assert (await clients[2].get("/tools", headers=member.headers)).status_code == 200


async def test_a_key_that_has_ended_is_told_so_and_has_no_bucket_again(
    clients: list[httpx.AsyncClient], owner: asyncpg.Connection, member: Member
) -> None:
    id_, by_key = await make_key(clients[0], owner, member, 20)
    await opened(owner, member)
    for client in clients[:2]:
        assert (await client.get("/tools", headers=by_key)).status_code == 200
    assert (await clients[0].delete(f"/api-keys/{id_}", headers=member.headers)).status_code == 204
    await owner.execute("DELETE FROM request_allowances WHERE id = $1", id_)
    for client in clients:  # one that has tokens of it, and one that never knew it
        refused(await client.get("/tools", headers=by_key), 401, "invalid-key")
    assert not await owner.fetchval("SELECT count(*) FROM request_allowances WHERE id = $1", id_)


async def test_a_keys_limit_counts_where_nothing_else_is_limited(
    module_database: Databases, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "RUN_WORKER": "false",
    }
    with serving(tmp_path, settings) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
            member = await founded(client, f"{uuid4().hex}@example.com")
            _, by_key = await make_key(client, owner, member, 3)
            _, free = await make_key(client, owner, member, None)
            answers = [await client.get("/tools", headers=by_key) for _ in range(5)]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
            assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
            for headers in (free, member.headers):
                answer = await client.get("/tools", headers=headers)
                assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)


async def test_what_a_process_holds_and_does_not_use_comes_back(
    owner: asyncpg.Connection, clients: list[httpx.AsyncClient], member: Member
) -> None:
    lease = "SELECT granted, remaining FROM tolstoy.lease_requests($1, $3, false, 1000, $2)"
    await owner.execute(
        "INSERT INTO request_allowances (id, org_id, tokens, filled_at)"
        " VALUES ($1, $1, 1000, now() + interval '1000 years')"
        " ON CONFLICT (id) DO UPDATE SET tokens = 1000, filled_at = excluded.filled_at",
        member.org_id,
    )
    assert tuple(await owner.fetchrow(lease, member.org_id, 0, member.user_id)) == (20, 980)
    assert tuple(await owner.fetchrow(lease, member.org_id, 15, member.user_id)) == (20, 975)
    assert tuple(await owner.fetchrow(lease, member.org_id, 10_000, member.user_id)) == (20, 980), (
        "never more than the quota"
    )
    assert tuple(await owner.fetchrow(lease, member.org_id, -10_000, member.user_id)) == (20, 960)
