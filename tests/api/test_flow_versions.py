"""Versions of a flow: published once, never changed, read, compared and restored."""

from __future__ import annotations

from typing import Any

import httpx
import jsonpatch
import pytest

from tests.api.factories import DOCUMENT, make_flow, publish
from tests.api.problems import parameters, pointers, refused
from tests.conftest import Member

PARTS = ("inputSchema", "steps", "output", "onFailure")
OTHER: dict[str, Any] = {"steps": [{"key": "ask", "approval": {}}], "output": {"asked": True}}


async def _put(http: httpx.AsyncClient, member: Member, flow: dict[str, Any], **sent: Any) -> dict[str, Any]:
    changed = await http.put(f"/flows/{flow['id']}", json=sent, headers=member.headers)
    assert changed.status_code == 200, changed.text
    body: dict[str, Any] = changed.json()
    return body


async def _version(
    http: httpx.AsyncClient, member: Member, flow: dict[str, Any], number: int
) -> dict[str, Any]:
    read = await http.get(f"/flows/{flow['id']}/versions/{number}", headers=member.headers)
    assert read.status_code == 200, read.text
    body: dict[str, Any] = read.json()
    return body


async def test_publishing_freezes_the_draft(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    flow = await make_flow(http, alice)
    published = await publish(http, bob, flow)
    assert (published["version"], published["status"], published["publishedVersion"]) == (1, "published", 1)
    assert published["revision"] == flow["revision"] + 1
    version = await _version(http, alice, flow, 1)
    assert (version["status"], version["publishedBy"]) == ("published", bob.user_id)
    assert version["publishedAt"] is not None


async def test_publishing_again_changes_nothing(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    flow = await make_flow(http, alice)
    first = await publish(http, alice, flow)
    version = await _version(http, alice, flow, 1)
    assert await publish(http, bob, flow) == first
    assert await _version(http, alice, flow, 1) == version


async def test_a_change_after_publishing_is_a_new_draft(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    first = await _version(http, alice, flow, 1)
    draft = await _put(http, alice, flow, **OTHER)
    assert (draft["version"], draft["status"], draft["publishedVersion"]) == (2, "draft", 1)
    assert draft["steps"] == OTHER["steps"]
    assert await _version(http, alice, flow, 1) == first
    assert first["steps"] == DOCUMENT["steps"]
    again = await _put(http, alice, flow, output={"asked": False})
    assert (again["version"], again["revision"]) == (2, draft["revision"] + 1)


async def test_a_new_name_is_no_new_version(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    renamed = await _put(http, alice, flow, name="Renamed", description="Now with one")
    assert (renamed["version"], renamed["status"]) == (1, "published")


async def test_the_same_document_is_no_new_version(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, output={"b": 1, "a": [1.5, None]})
    published = await publish(http, alice, flow)
    same = await _put(http, alice, flow, **DOCUMENT, output={"a": [1.5, None], "b": 1}, onFailure=None)
    assert same == published


async def test_a_refused_change_leaves_no_version(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    published = await publish(http, alice, flow)
    path = f"/flows/{flow['id']}"
    assert pointers(await http.put(path, json={"steps": [{"key": "a"}]}, headers=alice.headers)) == [
        "/steps/0"
    ]
    assert (await http.get(path, headers=alice.headers)).json() == published
    versions = await http.get(f"{path}/versions", headers=alice.headers)
    assert [each["version"] for each in versions.json()["data"]] == [1]


async def test_restoring_makes_an_old_document_the_draft(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    await _put(http, alice, flow, **OTHER)
    await publish(http, alice, flow)
    restored = await http.post(f"/flows/{flow['id']}/versions/1/restore", headers=alice.headers)
    assert restored.status_code == 200
    body = restored.json()
    assert (body["version"], body["status"], body["publishedVersion"]) == (3, "draft", 2)
    assert {part: body[part] for part in PARTS} == {part: flow[part] for part in PARTS}
    assert (await _version(http, alice, flow, 2))["output"] == OTHER["output"]
    again = await http.post(f"/flows/{flow['id']}/versions/1/restore", headers=alice.headers)
    assert again.json() == body


async def test_restoring_into_a_draft_overwrites_it(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    draft = await _put(http, alice, flow, **OTHER)
    restored = await http.post(f"/flows/{flow['id']}/versions/1/restore", headers=alice.headers)
    assert (restored.json()["version"], restored.json()["steps"]) == (2, DOCUMENT["steps"])
    assert restored.json()["revision"] == draft["revision"] + 1
    assert restored.headers["ETag"] == f'"{restored.json()["revision"]}"'


async def test_versions_are_listed_newest_first(http: httpx.AsyncClient, alice: Member) -> None:
    flow, other = await make_flow(http, alice), await make_flow(http, alice)
    await publish(http, alice, other)
    for number in range(4):
        await publish(http, alice, flow)
        await _put(http, alice, flow, output=number)
    path = f"/flows/{flow['id']}/versions"
    listed = (await http.get(path, headers=alice.headers)).json()["data"]
    assert [each["version"] for each in listed] == [5, 4, 3, 2, 1]
    assert [each["status"] for each in listed] == ["draft"] + ["published"] * 4
    assert listed == [await _version(http, alice, flow, number) for number in (5, 4, 3, 2, 1)]
    drafts = await http.get(path, params={"status": "draft"}, headers=alice.headers)
    assert [each["version"] for each in drafts.json()["data"]] == [5]
    seen: list[int] = []
    query: dict[str, Any] | None = {"limit": 2}
    while query:
        page = (await http.get(path, params=query, headers=alice.headers)).json()
        seen += [each["version"] for each in page["data"]]
        query = {"limit": 2, "cursor": page["page"]["nextCursor"]} if page["page"]["hasMore"] else None
    assert seen == [5, 4, 3, 2, 1]


async def test_a_filter_that_finds_nothing_is_an_empty_page(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}/versions"
    none = await http.get(path, params={"status": "published"}, headers=alice.headers)
    assert (none.status_code, none.json()["data"]) == (200, [])


@pytest.mark.parametrize("number", ["0", "2", "-1", "01x", "x", "1.0", "99999999999", "999999999", "%31%00"])
async def test_a_version_that_is_not_there(http: httpx.AsyncClient, alice: Member, number: str) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}/versions/{number}"
    refused(await http.get(path, headers=alice.headers), 404, "not-found")
    refused(await http.post(f"{path}/restore", headers=alice.headers), 404, "not-found")
    assert (await http.get(f"/flows/{flow['id']}", headers=alice.headers)).json() == flow


async def test_a_diff_makes_one_document_of_the_other(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, output={"x/y": [1, True, None]})
    await publish(http, alice, flow)
    changed = await _put(http, alice, flow, steps=OTHER["steps"], output={"x/y": [True, 1]}, onFailure=[])
    answered = await http.get(f"/flows/{flow['id']}/diff", headers=alice.headers)
    body = answered.json()
    assert (body["from"], body["to"]) == (1, 2)
    old, new = (
        {part: one[part] for part in PARTS if one[part] is not None}
        for one in (await _version(http, alice, flow, 1), changed)
    )
    assert repr(jsonpatch.apply_patch(old, body["changes"])["output"]) == repr(new["output"])
    assert jsonpatch.apply_patch(old, body["changes"]) == new


async def test_what_a_diff_compares_may_be_said(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, output=1)
    for output in (2, 3):
        await publish(http, alice, flow)
        await _put(http, alice, flow, output=output)

    async def compared(**query: int) -> tuple[int, int, list[dict[str, Any]]]:
        answered = await http.get(f"/flows/{flow['id']}/diff", params=query, headers=alice.headers)
        assert answered.status_code == 200, answered.text
        return answered.json()["from"], answered.json()["to"], answered.json()["changes"]

    def to(value: int) -> list[dict[str, Any]]:
        return [{"op": "replace", "path": "/output", "value": value}]

    assert await compared() == (2, 3, to(3))
    assert await compared(**{"from": 1}) == (1, 3, to(3))
    assert await compared(**{"from": 1, "to": 2}) == (1, 2, to(2))
    assert await compared(**{"from": 3, "to": 1}) == (3, 1, to(1))
    assert await compared(**{"from": 2, "to": 2}) == (2, 2, [])
    await publish(http, alice, flow)
    assert await compared() == (2, 3, to(3))


async def test_a_diff_with_what_is_not_there(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}/diff"
    refused(await http.get(path, params={"from": 7}, headers=alice.headers), 404, "not-found")
    for wrong in ("0", "x", "-1", "", "2147483648", "99999999999999999999"):
        assert parameters(await http.get(path, params={"to": wrong}, headers=alice.headers)) == ["to"]
