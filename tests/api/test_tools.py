"""Tools: what their API promises."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.factories import make_action, make_tool
from tests.api.problems import pointers, refused
from tests.conftest import Member

KEY_IN_HEADER = {"location": "header", "name": "X-API-Key"}


async def test_a_tool_is_created_and_read(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"name": "Slack API", "baseUrl": "https://api.slack.com", "authType": "bearer"}
    made = await http.post("/tools", json=sent, headers=alice.headers)
    assert made.status_code == 201
    assert sent.items() <= made.json().items()
    read = await http.get(made.headers["Location"], headers=alice.headers)
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]


async def test_what_is_left_out_has_defaults(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_tool(http, alice)
    assert (made["authType"], made["authConfig"], made["description"]) == ("none", None, None)
    assert (made["orgId"], made["revision"], made["createdAt"]) == (alice.org_id, 1, made["updatedAt"])
    assert "actions" not in made


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_it_changes_only_what_is_sent(http: httpx.AsyncClient, alice: Member, method: str) -> None:
    made = await make_tool(http, alice, description="Messages")
    path = f"/tools/{made['id']}"
    changed = await http.request(method, path, json={"name": "Teams"}, headers=alice.headers)
    assert changed.status_code == 200
    after = changed.json()
    expected = {**made, "name": "Teams", "revision": 2, "updatedAt": after["updatedAt"]}
    assert after == expected
    assert after["updatedAt"] > made["updatedAt"]
    assert changed.headers["ETag"] == '"2"'
    assert (await http.get(path, headers=alice.headers)).json() == after


async def test_null_clears_what_may_be_empty(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_tool(http, alice, description="Messages")
    path = f"/tools/{made['id']}"
    cleared = await http.put(path, json={"description": None}, headers=alice.headers)
    assert cleared.json()["description"] is None
    for field in ("name", "baseUrl", "authType"):
        assert pointers(await http.put(path, json={field: None}, headers=alice.headers)) == [f"/{field}"]


async def test_sending_what_is_there_changes_nothing(http: httpx.AsyncClient, alice: Member) -> None:
    made = await make_tool(http, alice, description="Messages")
    path = f"/tools/{made['id']}"
    for sent in ({}, {"name": made["name"], "description": "Messages"}):
        same = await http.put(path, json=sent, headers=alice.headers)
        assert (same.status_code, same.json()) == (200, made)


@pytest.mark.parametrize("field", ["id", "orgId", "createdAt", "updatedAt", "revision", "actions", "colour"])
async def test_fields_that_are_not_the_clients_are_refused(
    http: httpx.AsyncClient, alice: Member, field: str
) -> None:
    made = await make_tool(http, alice)
    sent = {"name": "x", "baseUrl": "https://x.example", field: made.get(field, "red")}
    assert pointers(await http.post("/tools", json=sent, headers=alice.headers)) == [f"/{field}"]
    path = f"/tools/{made['id']}"
    for method in ("PUT", "PATCH"):
        assert pointers(await http.request(method, path, json=sent, headers=alice.headers)) == [f"/{field}"]
    assert (await http.get(path, headers=alice.headers)).json() == made


async def test_every_mistake_is_told_at_once(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"name": 7, "baseUrl": "ftp://x", "authType": "magic", "description": ["x"], "colour": "red"}
    answered = await http.post("/tools", json=sent, headers=alice.headers)
    assert set(pointers(answered)) == {"/name", "/baseUrl", "/authType", "/description", "/colour"}
    assert pointers(await http.post("/tools", json={}, headers=alice.headers)) == ["/name", "/baseUrl"]


@pytest.mark.parametrize(
    "url",
    [
        "https://slack.com",
        "http://localhost:8080/api/v1",
        "https://[2001:db8::1]:8443/x/",
        "https://bücher.example/ä",
        "HTTPS://example.com",
    ],
)
async def test_a_base_url_is_http_or_https(http: httpx.AsyncClient, alice: Member, url: str) -> None:
    answered = await http.post("/tools", json={"name": "x", "baseUrl": url}, headers=alice.headers)
    if url.startswith("http"):
        assert answered.json()["baseUrl"] == url
    else:
        assert pointers(answered) == ["/baseUrl"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "slack.com",
        "//slack.com",
        "ftp://slack.com",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://:80",
        "https://user@slack.com",
        "https://user:password@slack.com",
        "https://@slack.com",
        "https://slack.com?x=1",
        "https://slack.com/#top",
        "https://slack.com:99999",
        "https://slack.com:port",
        "https://[::1",
        "https://slack.com/a b",
        "https://slack.com\n",
        "https://slack.com/\nx",
        " https://slack.com",
        "https://slack.com/" + "a" * 2000,
        7,
        None,
    ],
)
async def test_what_is_no_base_url_is_refused(http: httpx.AsyncClient, alice: Member, url: object) -> None:
    sent = {"name": "x", "baseUrl": url}
    assert pointers(await http.post("/tools", json=sent, headers=alice.headers)) == ["/baseUrl"]
    assert (await http.get("/tools", headers=alice.headers)).json()["data"] == []


@pytest.mark.parametrize("auth_type", ["none", "bearer", "basic", "oauth2"])
async def test_only_an_api_key_has_a_place(http: httpx.AsyncClient, alice: Member, auth_type: str) -> None:
    assert (await make_tool(http, alice, authType=auth_type))["authConfig"] is None
    sent = {"name": "x", "baseUrl": "https://x.example", "authType": auth_type, "authConfig": KEY_IN_HEADER}
    assert pointers(await http.post("/tools", json=sent, headers=alice.headers)) == ["/authConfig"]


async def test_an_api_key_needs_a_place(http: httpx.AsyncClient, alice: Member) -> None:
    for location in ("header", "query"):
        place = {"location": location, "name": "key"}
        assert (await make_tool(http, alice, authType="apiKey", authConfig=place))["authConfig"] == place
    sent = {"name": "x", "baseUrl": "https://x.example", "authType": "apiKey"}
    assert pointers(await http.post("/tools", json=sent, headers=alice.headers)) == ["/authConfig"]


@pytest.mark.parametrize(
    ("place", "at"),
    [
        ({}, ["/authConfig/location", "/authConfig/name"]),
        ({"location": "cookie", "name": "k"}, ["/authConfig/location"]),
        ({"location": "header", "name": "X Key"}, ["/authConfig/name"]),
        ({"location": "header", "name": "X-Key\n"}, ["/authConfig/name"]),
        ({"location": "header", "name": "k" * 101}, ["/authConfig/name"]),
        ({"location": "header", "name": "k", "value": "secret"}, ["/authConfig/value"]),
        ("header", ["/authConfig"]),
    ],
)
async def test_a_place_that_is_wrong_is_refused(
    http: httpx.AsyncClient, alice: Member, place: object, at: list[str]
) -> None:
    sent = {"name": "x", "baseUrl": "https://x.example", "authType": "apiKey", "authConfig": place}
    assert pointers(await http.post("/tools", json=sent, headers=alice.headers)) == at


async def test_the_kind_of_auth_and_its_place_stay_consistent_across_changes(
    http: httpx.AsyncClient, alice: Member
) -> None:
    made = await make_tool(http, alice, authType="apiKey", authConfig=KEY_IN_HEADER)
    path = f"/tools/{made['id']}"

    async def put(**sent: Any) -> httpx.Response:
        return await http.put(path, json=sent, headers=alice.headers)

    assert pointers(await put(authType="bearer")) == ["/authConfig"]
    assert pointers(await put(authConfig=None)) == ["/authConfig"]
    assert (await http.get(path, headers=alice.headers)).json() == made
    moved = await put(authConfig={"location": "query", "name": "key"})
    assert moved.json()["authConfig"] == {"location": "query", "name": "key"}
    both = await put(authType="bearer", authConfig=None)
    assert (both.json()["authType"], both.json()["authConfig"]) == ("bearer", None)
    assert pointers(await put(authType="apiKey")) == ["/authConfig"]
    assert pointers(await put(authConfig=KEY_IN_HEADER)) == ["/authConfig"]


async def test_its_actions_are_included_when_asked_for(http: httpx.AsyncClient, alice: Member) -> None:
    tool, other = await make_tool(http, alice), await make_tool(http, alice, name="Empty")
    actions = [
        await make_action(http, alice, tool, headers={"X-A": "ä"}, inputSchema={"type": "object"}),
        await make_action(http, alice, tool, executeIf="true"),
    ]
    one = await http.get(f"/tools/{tool['id']}", params={"include": "actions"}, headers=alice.headers)
    assert one.json()["actions"] == actions
    listed = await http.get("/tools", params={"include": "actions"}, headers=alice.headers)
    assert [each["actions"] for each in listed.json()["data"]] == [[], actions]
    assert [each["id"] for each in listed.json()["data"]] == [other["id"], tool["id"]]
    without = await http.get(f"/tools/{tool['id']}", headers=alice.headers)
    assert "actions" not in without.json()


async def test_included_actions_are_never_old_news(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    path = f"/tools/{tool['id']}?include=actions"
    first = await http.get(path, headers=alice.headers)
    action = await make_action(http, alice, tool)
    known = {"If-None-Match": first.headers.get("ETag", '"1"')}
    again = await http.get(path, headers={**alice.headers, **known})
    assert again.status_code == 200
    assert again.json()["actions"] == [action]


async def test_one_with_actions_stays(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    for _ in range(2):
        await make_action(http, alice, tool)
    path = f"/tools/{tool['id']}"
    assert "2 actions" in refused(await http.delete(path, headers=alice.headers), 409, "in-use")["detail"]
    assert (await http.get(path, headers=alice.headers)).json() == tool
    for action in (await http.get("/actions", headers=alice.headers)).json()["data"]:
        assert (await http.delete(f"/actions/{action['id']}", headers=alice.headers)).status_code == 204
    gone = await http.delete(path, headers=alice.headers)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await http.get(path, headers=alice.headers), 404, "not-found")


async def test_filters_find_by_name_and_kind(http: httpx.AsyncClient, alice: Member) -> None:
    slack, teams = await make_tool(http, alice), await make_tool(http, alice, name="Teams", authType="basic")

    async def found(**query: str) -> list[Any]:
        listed = await http.get("/tools", params=query, headers=alice.headers)
        return [each["id"] for each in listed.json()["data"]]

    assert await found(name="Slack") == [slack["id"]]
    assert await found(authType="basic") == [teams["id"]]
    assert await found(name="Slack", authType="basic") == []
    assert await found(name="slack") == []


async def test_bob_shares_and_charlie_sees_nothing(
    http: httpx.AsyncClient, alice: Member, bob: Member, charlie: Member
) -> None:
    tool = await make_tool(http, alice)
    path = f"/tools/{tool['id']}"
    assert (await http.get(path, headers=bob.headers)).json() == tool
    refused(await http.get(path, headers=charlie.headers), 404, "not-found")
    refused(await http.put(path, json={"name": "mine"}, headers=charlie.headers), 404, "not-found")
    refused(await http.delete(path, headers=charlie.headers), 404, "not-found")
    assert (await http.get("/tools", headers=charlie.headers)).json()["data"] == []
    assert (await http.get(path, headers=alice.headers)).json() == tool
