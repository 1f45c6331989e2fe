"""Every route as nobody, by a key that has ended, by another organization's, and as each role.

Generated from the routing table; by keys on two processes that serve with AUTH_MODE=api-key, and by the headers that
development believes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Databases, Member
from tests.processes import serving
from tests.tenancy.connections import connected, scoped
from tests.tenancy.routes import ALL, OPEN, Route
from tests.tenancy.test_strangers import Party, _party
from tolstoy.api.permissions import PLATFORM
from tolstoy.core.api_key_text import hashed, id_in, new_key
from tolstoy.core.permissions import GIVEN, ROLES
from tolstoy.db.tenancy import Door

PLATFORM_KEY = "the-platforms-key-of-these-tests-0123456789"
GUARDED = [
    Route(method, path, operation)
    for method, path, operation in ALL
    if operation is not None and operation.door is not None
]
OF_MEMBERS = [route for route in GUARDED if route.operation.door is not Door.PLATFORM]


@dataclass(frozen=True)
class Served:
    """A client without any key of its own, and what to send as whom."""

    http: httpx.AsyncClient
    party: Party
    roles: Mapping[str, dict[str, str]]

    async def asked(self, route: Route, headers: dict[str, str]) -> tuple[int, str, str, httpx.Headers]:
        """The status, the problem's code and detail, and the headers of the answer; a stream is not read."""
        ids = {"organization_id": self.party.member.org_id, **self.party.ids}
        sent: dict[str, Any] = {"json": route.body(ids), "headers": headers}
        async with self.http.stream(route.method, route.address(ids), **sent) as answer:
            if answer.status_code < 400:
                return answer.status_code, "", "", answer.headers
            await answer.aread()
            problem = answer.json() if answer.content else {"code": "", "detail": ""}
            return answer.status_code, problem["code"], problem["detail"], answer.headers


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def known_to_both(url: str, headers: dict[str, str]) -> None:
    """Lets who asks by these in at both processes, each on a connection of its own, on which it says which it is."""
    reached = set()
    while len(reached) < 2:
        async with httpx.AsyncClient(base_url=url, timeout=20) as one:
            assert (await one.get("/tools", headers=headers)).status_code == 200
            reached.add((await one.get("/status/detailed")).json()["worker"]["pid"])


async def _key(http: httpx.AsyncClient, headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    made = await http.post("/api-keys", json={"name": "Key", **fields}, headers=headers)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def _colleagues(http: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, str]:
    """The id of a user of each role."""
    ids = {}
    for role in ROLES:
        sent = {"email": f"{role}@example.com", "role": role}
        made = await http.post("/users", json=sent, headers=headers)
        assert made.status_code == 201, made.text
        ids[role] = made.json()["id"]
    return ids


@pytest.fixture(scope="module")
async def url(module_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "AUTH_MODE": "api-key",
        "PLATFORM_KEY": PLATFORM_KEY,
        "WORKERS": "2",
        "EGRESS_ALLOW": "127.0.0.1/32",
    }
    with serving(tmp_path_factory.mktemp("keyed"), settings) as process:
        yield process.url
    assert "request_failed" not in process.log(), process.log()[-5000:]


async def _party_by_key(url: str, email: str) -> tuple[Party, str]:
    """An organization with one of everything, made by its admin's first key."""
    async with httpx.AsyncClient(base_url=url, headers=bearer(PLATFORM_KEY), timeout=20) as platform:
        owner = {"name": f"Of {email}", "owner": {"email": email}}
        made = (await platform.post("/organizations", json=owner)).json()
        first = {"name": "First", "userId": made["owner"]["id"]}
        key = (await platform.post(f"/organizations/{made['id']}/api-keys", json=first)).json()["key"]
    async with httpx.AsyncClient(base_url=url, headers=bearer(key), timeout=20) as http:
        return await _party(http, email, Member(made["id"], made["owner"]["id"])), key


@pytest.fixture(scope="module")
async def by_key(url: str) -> AsyncIterator[Served]:
    party, key = await _party_by_key(url, "alice@example.com")
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        colleagues = await _colleagues(http, bearer(key))
        keys = {
            role: bearer((await _key(http, bearer(key), userId=user_id))["key"])
            for role, user_id in colleagues.items()
        }
        yield Served(http, party, keys)


@pytest.fixture(scope="module")
async def by_headers(http: httpx.AsyncClient) -> Served:
    party = await _party(http, "alice@example.com")
    colleagues = await _colleagues(http, party.member.headers)
    of = {role: Member(party.member.org_id, user_id).headers for role, user_id in colleagues.items()}
    return Served(http, party, of)


@pytest.fixture(scope="module")
async def others_key(url: str) -> str:
    return (await _party_by_key(url, "charlie@example.com"))[1]


def test_everything_but_the_known_asks_who_one_is() -> None:
    names = {operation.name for *_, operation in ALL if operation is not None}
    assert {route.operation.name for route in GUARDED} == names - OPEN
    assert len(GUARDED) >= 70, "the routing table was read"


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_nobody_gets_in(by_key: Served, route: Route) -> None:
    """Without a key, by something else, by one that nobody made, and by headers alone."""
    stranger = new_key(uuid4()).text
    for headers, code in (
        ({}, "unauthenticated"),
        (by_key.party.member.headers, "unauthenticated"),
        ({"Authorization": "Basic YTpi"}, "unauthenticated"),
        (bearer("tol_"), "invalid-key"),
        (bearer("x" * 40), "invalid-key"),
        (bearer(stranger), "invalid-key"),
        ({**by_key.party.member.headers, **bearer(stranger)}, "invalid-key"),
    ):
        status, told, _, answered = await by_key.asked(route, headers)
        assert (status, told) == (401, code), headers
        assert answered["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_a_key_of_another_organization_opens_nothing(
    by_key: Served, others_key: str, route: Route
) -> None:
    """404 for ids of Alice's, and 403 where it says that it is hers."""
    claimed = {**by_key.party.member.headers, **bearer(others_key)}
    status, told, _, _ = await by_key.asked(route, claimed)
    assert (status, told) == (403, "forbidden")
    if route.operation.path:
        status, *_ = await by_key.asked(route, bearer(others_key))
        assert status == 404 or (route.operation.requires == PLATFORM and status == 403)


@pytest.mark.parametrize("route", OF_MEMBERS, ids=str)
async def test_a_key_that_has_ended_opens_nothing(
    by_key: Served, module_database: Databases, ended: Mapping[str, str], route: Route
) -> None:
    for how, key in ended.items():
        status, told, detail, _ = await by_key.asked(route, bearer(key))
        assert (status, told, detail) == (401, "invalid-key", f"This API key {how}.")


@pytest.fixture(scope="module")
async def ended(url: str, by_key: Served, module_database: Databases) -> dict[str, str]:
    """Keys that were used before they ended, so that both processes have known them."""
    keys = {}
    for how in ("has expired", "was revoked"):
        made = await _key(by_key.http, by_key.roles["admin"])
        await known_to_both(url, bearer(made["key"]))
        keys[how] = made
    revoked = f"/api-keys/{keys['was revoked']['id']}"
    assert (await by_key.http.delete(revoked, headers=by_key.roles["admin"])).status_code == 204
    async with connected(module_database.direct) as owner:
        over = "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1"
        await owner.execute(over, UUID(keys["has expired"]["id"]))
    return {how: made["key"] for how, made in keys.items()}


async def _roles_hold(served: Served, route: Route) -> None:
    """Those that lack the permission first: nothing is gone then."""
    requires = route.operation.requires
    for role in sorted(ROLES, key=lambda role: requires in GIVEN[role]):
        status, code, detail, _ = await served.asked(route, served.roles[role])
        assert status < 500, (role, status, code)
        if requires == PLATFORM:
            assert (status, code) == (403, "forbidden"), role
        elif requires in GIVEN[role]:
            assert code != "permission-denied" and status != 401, (role, detail)
        else:
            assert (status, code) == (403, "permission-denied"), (role, status)
            assert detail == f"This takes the permission {requires}, which the role {role} does not give."


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_a_key_may_do_what_its_users_role_gives(by_key: Served, route: Route) -> None:
    if route.operation.name != "delete_organization":  # the others still need it
        await _roles_hold(by_key, route)


@pytest.mark.parametrize("route", OF_MEMBERS, ids=str)
async def test_a_user_may_do_what_the_role_gives(by_headers: Served, route: Route) -> None:
    await _roles_hold(by_headers, route)


@pytest.mark.parametrize("route", OF_MEMBERS, ids=str)
async def test_a_key_with_scopes_may_do_no_more_than_they(by_key: Served, route: Route) -> None:
    """An admin's key with all permissions but the one that this takes."""
    requires = route.operation.requires
    rest = sorted(GIVEN["admin"] - {requires})
    limited = await _key(by_key.http, by_key.roles["admin"], scopes=rest)
    status, code, detail, _ = await by_key.asked(route, bearer(limited["key"]))
    assert (status, code) == (403, "permission-denied")
    assert detail == f"This takes the permission {requires}, which the scopes of this API key do not give."


async def test_the_platforms_key_opens_organizations_and_no_more(by_key: Served) -> None:
    for route in GUARDED:
        if route.operation.door is not Door.PLATFORM:
            status, code, _, _ = await by_key.asked(route, bearer(PLATFORM_KEY))
            assert (status, code) == (403, "forbidden"), route
    listed = await by_key.http.get("/organizations", headers=bearer(PLATFORM_KEY))
    assert listed.status_code == 200 and len(listed.json()["data"]) >= 1


async def test_no_sql_of_the_service_finds_a_key_without_its_text(
    service: asyncpg.Connection, by_key: Served, others_key: str
) -> None:
    """Neither by its id, nor in another's scope, nor by a hash that is not the whole text's."""
    id_ = id_in(others_key)
    find = "SELECT count(*) FROM tolstoy.find_key($1, $2)"
    assert await service.fetchval(find, id_, hashed(others_key)) == 1
    for hash_ in (b"", hashed(others_key)[:31], hashed(others_key[:-1]), hashed(new_key(uuid4()).text), None):
        assert await service.fetchval(find, id_, hash_) == 0
    assert await service.fetchval("SELECT count(*) FROM api_keys") == 0
    async with scoped(service, UUID(by_key.party.member.org_id)):
        assert await service.fetchval("SELECT count(*) FROM api_keys") > 0
        assert await service.fetchval("SELECT count(*) FROM api_keys WHERE id = $1", id_) == 0
