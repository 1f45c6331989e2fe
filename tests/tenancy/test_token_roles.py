"""Every route by access tokens: as nobody, of another organization, of a user who left, and as each role.

As `test_roles` has it of keys, generated from the routing table, on two processes that serve with AUTH_MODE=oidc.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import Databases, Member
from tests.oidc.issuer import Issuer, issuing, settings
from tests.processes import serving
from tests.tenancy.routes import Route
from tests.tenancy.test_roles import (
    GUARDED,
    OF_MEMBERS,
    PLATFORM_KEY,
    Served,
    _roles_hold,
    bearer,
    known_to_both,
)
from tests.tenancy.test_strangers import _party
from tolstoy.api.permissions import PLATFORM
from tolstoy.core.permissions import ROLES


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
async def url(
    module_database: Databases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    told = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "PLATFORM_KEY": PLATFORM_KEY,
        "WORKERS": "2",
        "EGRESS_ALLOW": "127.0.0.1/32",
    }
    with serving(tmp_path_factory.mktemp("tokens"), settings(issuer, **told)) as process:
        yield process.url
    assert "request_failed" not in process.log(), process.log()[-5000:]


async def founded(url: str, issuer: Issuer, name: str) -> tuple[Member, dict[str, str]]:
    """An organization without any API key, and its admin's token."""
    owner = {"email": f"{name}@example.com", "externalId": name}
    async with httpx.AsyncClient(base_url=url, headers=bearer(PLATFORM_KEY), timeout=20) as platform:
        sent = {"name": name, "externalId": f"of {name}", "owner": owner}
        made = (await platform.post("/organizations", json=sent)).json()
    return Member(made["id"], made["owner"]["id"]), bearer(issuer.token(sub=name, org_id=f"of {name}"))


@pytest.fixture(scope="module")
async def by_token(url: str, issuer: Issuer) -> AsyncIterator[Served]:
    member, admin = await founded(url, issuer, "alice")
    async with httpx.AsyncClient(base_url=url, headers=admin, timeout=20) as http:
        party = await _party(http, "alice", member)
        for role in (*ROLES, "left"):
            sent = {"email": f"{role}@example.com", "externalId": role, "role": role.replace("left", "admin")}
            made = await http.post("/users", json=sent)
            assert made.status_code == 201, made.text
    roles = {role: bearer(issuer.token(sub=role, org_id="of alice")) for role in (*ROLES, "left")}
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        await known_to_both(url, roles["left"])
        assert (await http.delete(f"/users/{made.json()['id']}", headers=admin)).status_code == 204
        yield Served(http, party, roles)


@pytest.fixture(scope="module")
async def others_token(url: str, issuer: Issuer) -> dict[str, str]:
    return (await founded(url, issuer, "charlie"))[1]


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_nobody_gets_in(by_token: Served, issuer: Issuer, route: Route) -> None:
    """By no token, one cut off, another issuer's, and one of whom nobody has heard."""
    good = by_token.roles["admin"]["Authorization"].removeprefix("Bearer ")
    head, claims, _ = good.split(".")
    for headers, expected in (
        ({}, (401, "unauthenticated")),
        (by_token.party.member.headers, (401, "unauthenticated")),
        (bearer(good[:-2]), (401, "invalid-token")),
        (bearer(f"{head}.{claims}.AAAA"), (401, "invalid-token")),
        (
            bearer(issuer.token(sub="admin", org_id="of alice", iss="https://evil.example")),
            (401, "invalid-token"),
        ),
        (bearer(issuer.token(sub="eve", org_id="of alice")), (403, "unknown-identity")),
        (bearer(issuer.token(sub="admin", org_id="of eve")), (403, "unknown-identity")),
    ):
        status, told, _, answered = await by_token.asked(route, headers)
        assert (status, told) == expected, headers
        assert status == 403 or answered["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", OF_MEMBERS, ids=str)
async def test_who_left_gets_in_no_more(by_token: Served, route: Route) -> None:
    status, told, *_ = await by_token.asked(route, by_token.roles["left"])
    assert (status, told) == (403, "unknown-identity")


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_a_token_of_another_organization_opens_nothing(
    by_token: Served, others_token: dict[str, str], route: Route
) -> None:
    """404 for ids of Alice's, and 403 where it says that it is hers."""
    status, told, *_ = await by_token.asked(route, {**by_token.party.member.headers, **others_token})
    assert (status, told) == (403, "forbidden")
    if route.operation.path:
        status, *_ = await by_token.asked(route, others_token)
        assert status == 404 or (route.operation.requires == PLATFORM and status == 403)


@pytest.mark.parametrize("route", GUARDED, ids=str)
async def test_a_token_may_do_what_its_users_role_gives(by_token: Served, route: Route) -> None:
    if route.operation.name != "delete_organization":  # the others still need it
        await _roles_hold(by_token, route)
