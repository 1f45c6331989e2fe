"""Organizations: made, changed and removed by anyone who may reach the platform's routes."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_action, make_flow, make_log, make_tool
from tests.api.problems import pointers, refused
from tests.conftest import Member


async def test_it_is_created_without_tenant_headers(http: httpx.AsyncClient) -> None:
    made = await http.post("/organizations", json={"name": "My Organization"})
    assert made.status_code == 201
    body = made.json()
    assert body["name"] == "My Organization"
    assert "owner" not in body and "counts" not in body
    read = await http.get(made.headers["Location"])
    assert read.json() == body
    assert read.headers["ETag"] == made.headers["ETag"] == '"1"'


async def test_its_owner_is_created_with_it_as_an_admin(http: httpx.AsyncClient) -> None:
    owner = {"email": "Owner@Example.com", "name": "Owner"}
    made = await http.post("/organizations", json={"name": "Acme", "owner": owner})
    assert made.status_code == 201
    member = Member(made.json()["id"], made.json()["owner"]["id"])
    assert owner.items() <= made.json()["owner"].items()
    read = await http.get(f"/users/{member.user_id}", headers=member.headers)
    assert read.json() == made.json()["owner"]
    assert read.json()["role"] == "admin"


@pytest.mark.parametrize(
    ("owner", "at"),
    [
        ({}, "/owner/email"),
        ({"email": "nobody"}, "/owner/email"),
        ({"email": "ß" * 200 + "@example.com"}, "/owner/email"),
        ({"email": "a@b.c", "role": "admin"}, "/owner/role"),
        ([], "/owner"),
    ],
)
async def test_an_owner_that_is_wrong_leaves_no_organization(
    http: httpx.AsyncClient, owner: object, at: str
) -> None:
    name = f"Never {uuid4()}"
    assert pointers(await http.post("/organizations", json={"name": name, "owner": owner})) == [at]
    assert (await http.get("/organizations", params={"name": name})).json()["data"] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_its_name_changes(http: httpx.AsyncClient, alice: Member, method: str) -> None:
    path = f"/organizations/{alice.org_id}"
    before = (await http.get(path)).json()
    changed = await http.request(method, path, json={"name": "Renamed"})
    assert changed.status_code == 200
    after = changed.json()
    assert after["name"] == "Renamed"
    assert (after["revision"], after["createdAt"]) == (before["revision"] + 1, before["createdAt"])
    assert after["updatedAt"] > before["updatedAt"]
    assert (await http.get(path)).json() == after


async def test_its_name_cannot_be_cleared(http: httpx.AsyncClient, alice: Member) -> None:
    path = f"/organizations/{alice.org_id}"
    for sent in ({"name": None}, {"name": ""}, {"name": "x" * 201}):
        assert pointers(await http.put(path, json=sent)) == ["/name"]
    assert (await http.get(path)).json()["revision"] == 1


async def test_its_counts_are_told_when_asked_for(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await make_log(http, alice, flow)
    await make_action(http, alice)
    expected = {
        **{"users": 1, "tools": 1, "actions": 1, "flows": 1, "executionLogs": 1},
        **dict.fromkeys(("executions", "hooks", "schedules", "subscriptions"), 0),
    }
    one = await http.get(f"/organizations/{alice.org_id}", params={"include": "counts"})
    assert one.json()["counts"] == expected
    name = one.json()["name"]
    listed = await http.get("/organizations", params={"include": "counts", "name": name, "limit": 200})
    assert next(each for each in listed.json()["data"] if each["id"] == alice.org_id)["counts"] == expected


async def test_counts_are_never_old_news(http: httpx.AsyncClient, alice: Member) -> None:
    path = f"/organizations/{alice.org_id}"
    first = await http.get(path, params={"include": "counts"})
    await make_tool(http, alice)
    known = {"If-None-Match": first.headers.get("ETag", '"1"')}
    again = await http.get(path, params={"include": "counts"}, headers=known)
    assert again.status_code == 200
    assert again.json()["counts"]["tools"] == 1


async def test_one_that_holds_something_stays(http: httpx.AsyncClient, alice: Member) -> None:
    await make_tool(http, alice)
    await make_tool(http, alice)
    problem = refused(await http.delete(f"/organizations/{alice.org_id}"), 409, "in-use")
    assert "1 user" in problem["detail"] and "2 tools" in problem["detail"]
    assert (await http.get(f"/organizations/{alice.org_id}")).status_code == 200
    assert (await http.get("/tools", headers=alice.headers)).json()["page"]["hasMore"] is False


async def test_an_empty_one_goes_for_good(http: httpx.AsyncClient) -> None:
    made = (await http.post("/organizations", json={"name": "Short-lived"})).json()
    gone = await http.delete(f"/organizations/{made['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await http.get(f"/organizations/{made['id']}"), 404, "not-found")
    refused(await http.put(f"/organizations/{made['id']}", json={"name": "x"}), 404, "not-found")
    refused(await http.delete(f"/organizations/{made['id']}"), 404, "not-found")
    headers = {"X-Org-ID": made["id"], "X-User-ID": str(uuid4())}
    refused(await http.get("/tools", headers=headers), 404, "organization-not-found")


async def test_they_are_listed_newest_first(http: httpx.AsyncClient) -> None:
    name = f"Namesake {uuid4()}"
    ids = [(await http.post("/organizations", json={"name": name})).json()["id"] for _ in range(3)]
    listed = (await http.get("/organizations", params={"name": name})).json()
    assert [each["id"] for each in listed["data"]] == ids[::-1]
    assert listed["page"] == {"nextCursor": None, "hasMore": False, "limit": 50}
