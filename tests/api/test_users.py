"""Users: who is in an organization, and what the tenant headers must say."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_flow, make_log, make_user
from tests.api.problems import headers, pointers, refused
from tests.conftest import Member


async def _empty_organization(http: httpx.AsyncClient) -> Member:
    made = await http.post("/organizations", json={"name": "Nobody's yet"})
    return Member(made.json()["id"], str(uuid4()))


async def test_the_first_user_needs_no_membership_and_becomes_admin(http: httpx.AsyncClient) -> None:
    stranger = await _empty_organization(http)
    made = await http.post("/users", json={"email": "user@example.com"}, headers=stranger.headers)
    assert made.status_code == 201
    assert made.json()["role"] == "admin"
    assert made.json()["id"] != stranger.user_id
    founder = Member(stranger.org_id, made.json()["id"])
    assert (await http.get("/users", headers=founder.headers)).json()["data"] == [made.json()]


async def test_the_second_user_needs_a_member_to_create_it(http: httpx.AsyncClient) -> None:
    stranger = await _empty_organization(http)
    await http.post("/users", json={"email": "first@example.com"}, headers=stranger.headers)
    second = await http.post("/users", json={"email": "second@example.com"}, headers=stranger.headers)
    refused(second, 403, "not-a-member")


async def test_an_empty_organization_opens_no_other_route(http: httpx.AsyncClient) -> None:
    stranger = await _empty_organization(http)
    for path in ("/users", "/tools", "/actions", "/flows", "/execution-logs"):
        refused(await http.get(path, headers=stranger.headers), 403, "not-a-member")
    tool = {"name": "x", "baseUrl": "https://x.example"}
    refused(await http.post("/tools", json=tool, headers=stranger.headers), 403, "not-a-member")


async def test_the_first_user_may_choose_a_role(http: httpx.AsyncClient) -> None:
    stranger = await _empty_organization(http)
    sent = {"email": "first@example.com", "role": "viewer"}
    made = await http.post("/users", json=sent, headers=stranger.headers)
    assert made.json()["role"] == "viewer"


async def test_others_are_editors_unless_told(http: httpx.AsyncClient, alice: Member) -> None:
    assert (await make_user(http, alice))["role"] == "editor"
    assert (await make_user(http, alice, role=None))["role"] == "editor"
    for role in ("viewer", "operator", "editor", "approver", "admin", "auditor"):
        assert (await make_user(http, alice, role=role))["role"] == role
    unknown = await http.post("/users", json={"email": "x@y.z", "role": "god"}, headers=alice.headers)
    assert pointers(unknown) == ["/role"]


async def test_a_stranger_is_not_a_member(http: httpx.AsyncClient, alice: Member, charlie: Member) -> None:
    mixed = Member(alice.org_id, charlie.user_id)
    refused(await http.get("/users", headers=mixed.headers), 403, "not-a-member")
    nobody = Member(alice.org_id, str(uuid4()))
    refused(await http.get("/users", headers=nobody.headers), 403, "not-a-member")


async def test_an_unknown_organization_is_not_found(http: httpx.AsyncClient, alice: Member) -> None:
    nowhere = Member(str(uuid4()), alice.user_id)
    for method, sent in (("GET", None), ("POST", {"email": "a@b.c"})):
        answered = await http.request(method, "/users", json=sent, headers=nowhere.headers)
        refused(answered, 404, "organization-not-found")


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, ["X-Org-ID", "X-User-ID"]),
        ({"X-User-ID": "good"}, ["X-Org-ID"]),
        ({"X-Org-ID": "good"}, ["X-User-ID"]),
        ({"X-Org-ID": "good", "X-User-ID": "7"}, ["X-User-ID"]),
        ({"X-Org-ID": "", "X-User-ID": ""}, ["X-Org-ID", "X-User-ID"]),
        ({"X-Org-ID": "x' OR 1=1", "X-User-ID": "{good}"}, ["X-Org-ID", "X-User-ID"]),
    ],
)
async def test_headers_that_say_nothing_are_told_by_name(
    http: httpx.AsyncClient, alice: Member, sent: dict[str, str], wrong: list[str]
) -> None:
    filled = {name: value.replace("good", alice.headers[name]) for name, value in sent.items()}
    answered = await http.get("/users", headers=filled)
    assert headers(answered) == wrong
    assert {"X-Org-ID", "X-User-ID"} <= set(answered.json()["detail"].replace(",", " ").split())


async def test_a_header_sent_twice_is_refused(http: httpx.AsyncClient, alice: Member) -> None:
    twice = [*alice.headers.items(), ("X-Org-ID", alice.org_id)]
    assert headers(await http.get("/users", headers=twice)) == ["X-Org-ID"]


async def test_an_address_is_unique_whatever_its_case(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_user(http, alice, email="Straße@Example.com")
    assert made["email"] == "Straße@Example.com"
    for same in ("Straße@Example.com", "straße@example.COM", "STRASSE@EXAMPLE.COM"):
        again = await http.post("/users", json={"email": same}, headers=alice.headers)
        assert refused(again, 409, "email-taken")["errors"][0]["pointer"] == "/email"
    other = await make_user(http, alice)
    taken = await http.put(
        f"/users/{other['id']}", json={"email": "STRASSE@example.com"}, headers=alice.headers
    )
    refused(taken, 409, "email-taken")
    assert (await http.get(f"/users/{other['id']}", headers=alice.headers)).json() == other


async def test_an_address_may_change_its_own_case(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_user(http, alice, email="me@example.com")
    changed = await http.put(f"/users/{made['id']}", json={"email": "Me@Example.com"}, headers=alice.headers)
    assert changed.json()["email"] == "Me@Example.com"


async def test_an_address_may_be_used_in_each_organization(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    for member in (alice, charlie):
        assert (await make_user(http, member, email="both@example.com"))["orgId"] == member.org_id


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "@example.com",
        "a@",
        "a@b@c",
        "a b@example.com",
        "a@example.com\n",
        "\na@example.com",
        "a@exam\tple.com",
        "a" * 320 + "@x",
        "ß" * 200 + "@example.com",
        7,
        None,
        ["a@example.com"],
    ],
)
async def test_what_is_no_address_is_refused(http: httpx.AsyncClient, alice: Member, email: object) -> None:
    made = await http.post("/users", json={"email": email}, headers=alice.headers)
    assert pointers(made) == ["/email"]
    changed = await http.put(f"/users/{alice.user_id}", json={"email": email}, headers=alice.headers)
    assert pointers(changed) == ["/email"]
    assert len((await http.get("/users", headers=alice.headers)).json()["data"]) == 1


async def test_put_changes_what_is_sent_and_null_clears(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_user(http, alice, name="Dora", role="viewer")
    path = f"/users/{made['id']}"
    promoted = (await http.put(path, json={"role": "admin"}, headers=alice.headers)).json()
    assert (promoted["name"], promoted["email"], promoted["role"]) == ("Dora", made["email"], "admin")
    cleared = (await http.patch(path, json={"name": None}, headers=alice.headers)).json()
    assert (cleared["name"], cleared["role"]) == (None, "admin")
    assert pointers(await http.put(path, json={"role": None}, headers=alice.headers)) == ["/role"]


async def test_filters_find_by_address_and_role(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    async def found(**query: str) -> list[dict[str, Any]]:
        listed = await http.get("/users", params=query, headers=alice.headers)
        data: list[dict[str, Any]] = listed.json()["data"]
        return data

    assert [user["id"] for user in await found(email="BOB@example.com")] == [bob.user_id]
    assert [user["id"] for user in await found(role="admin")] == [alice.user_id]
    assert await found(email="bob@example.com", role="admin") == []
    assert [user["id"] for user in await found()] == [bob.user_id, alice.user_id]


async def test_who_is_named_in_logs_stays(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    flow = await make_flow(http, alice)
    await make_log(http, bob, flow)
    await make_log(http, bob, flow)
    gone = await http.delete(f"/users/{bob.user_id}", headers=alice.headers)
    assert "2 execution logs" in refused(gone, 409, "in-use")["detail"]
    assert (await http.get(f"/users/{bob.user_id}", headers=alice.headers)).status_code == 200


async def test_who_was_removed_is_no_member_any_more(
    http: httpx.AsyncClient, alice: Member, bob: Member
) -> None:
    assert (await http.delete(f"/users/{bob.user_id}", headers=alice.headers)).status_code == 204
    refused(await http.get("/users", headers=bob.headers), 403, "not-a-member")
    refused(await http.get(f"/users/{bob.user_id}", headers=alice.headers), 404, "not-found")


async def test_charlie_sees_and_changes_nothing(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    path = f"/users/{alice.user_id}"
    refused(await http.get(path, headers=charlie.headers), 404, "not-found")
    refused(await http.put(path, json={"role": "viewer"}, headers=charlie.headers), 404, "not-found")
    refused(await http.delete(path, headers=charlie.headers), 404, "not-found")
    assert (await http.get(path, headers=alice.headers)).json()["revision"] == 1
