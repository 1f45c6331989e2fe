"""Flows: their documents, checked where they are saved, and their drafts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.factories import DOCUMENT, make_flow, make_log, publish
from tests.api.problems import pointers, refused
from tests.conftest import Member

FULL: dict[str, Any] = {
    "inputSchema": {"type": "object", "required": ["orderId"], "properties": {"orderId": {"type": "string"}}},
    "steps": [
        {"key": "order", "http": {"method": "GET", "url": "https://example.com/{{ inputs.orderId }}"}},
        {"key": "cool", "wait": {"seconds": 3600}},
        {
            "key": "lines",
            "forEach": {"items": "{{ steps.order.output.lines }}", "steps": [{"key": "ask", "approval": {}}]},
        },
    ],
    "output": {"id": "{{ steps.order.output.id }}", "emoji": "🎉"},
    "onFailure": [{"key": "tell", "http": {"method": "POST", "url": "https://example.com"}}],
}


async def test_a_flow_is_created_and_read(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"name": "Refund", "description": "Money back", **FULL}
    made = await http.post("/flows", json=sent, headers=alice.headers)
    assert made.status_code == 201
    flow = made.json()
    assert sent.items() <= flow.items()
    assert (flow["version"], flow["status"], flow["publishedVersion"]) == (1, "draft", None)
    assert flow["revision"] == 1
    read = await http.get(made.headers["Location"], headers=alice.headers)
    assert read.json() == flow
    assert read.headers["ETag"] == made.headers["ETag"]


async def test_only_a_name_and_steps_are_needed(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, steps=[])
    assert [flow[name] for name in ("description", "inputSchema", "output", "onFailure")] == [None] * 4
    assert pointers(await http.post("/flows", json={}, headers=alice.headers)) == ["/name", "/steps"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_it_changes_only_what_is_sent(http: httpx.AsyncClient, alice: Member, method: str) -> None:
    flow = await make_flow(http, alice, description="Money back", **FULL)
    path = f"/flows/{flow['id']}"
    changed = await http.request(method, path, json={"name": "Renamed"}, headers=alice.headers)
    after = changed.json()
    expected = {**flow, "name": "Renamed", "revision": 2, "updatedAt": after["updatedAt"]}
    assert (changed.status_code, after) == (200, expected)
    shorter = await http.request(method, path, json={"steps": FULL["steps"][:1]}, headers=alice.headers)
    assert shorter.json()["steps"] == FULL["steps"][:1]
    assert shorter.json()["onFailure"] == FULL["onFailure"]
    assert (shorter.json()["revision"], shorter.json()["version"]) == (3, 1)
    assert shorter.headers["ETag"] == '"3"'


async def test_null_clears_what_may_be_empty(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, description="Money back", **FULL)
    path = f"/flows/{flow['id']}"
    sent = dict.fromkeys(("description", "inputSchema", "output", "onFailure"))
    cleared = await http.put(path, json=sent, headers=alice.headers)
    assert sent.items() <= cleared.json().items()
    for field in ("name", "steps"):
        assert pointers(await http.put(path, json={field: None}, headers=alice.headers)) == [f"/{field}"]


async def test_sending_what_is_there_changes_nothing(http: httpx.AsyncClient, alice: Member) -> None:
    numbers = {"large": 1e300, "huge": 2**63 - 1, "third": 1 / 3, "tiny": 5e-324, "round": 1e16, "zero": -0.0}
    flow = await make_flow(http, alice, **FULL | {"output": numbers})
    path = f"/flows/{flow['id']}"
    await publish(http, alice, flow)
    before = (await http.get(path, headers=alice.headers)).json()
    for sent in ({}, {"name": flow["name"]}, {**FULL, "output": numbers}, {"steps": FULL["steps"]}):
        same = await http.put(path, json=sent, headers=alice.headers)
        assert (same.status_code, same.json()) == (200, before)


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), ([1], [True]), ("1", 1)])
async def test_what_only_looks_the_same_is_a_change(
    http: httpx.AsyncClient, alice: Member, before: object, after: object
) -> None:
    flow = await make_flow(http, alice, output=before)
    changed = await http.put(f"/flows/{flow['id']}", json={"output": after}, headers=alice.headers)
    assert repr(changed.json()["output"]) == repr(after)
    assert changed.json()["revision"] == 2


@pytest.mark.parametrize(
    "field", ["id", "orgId", "version", "status", "publishedVersion", "revision", "createdAt", "updatedAt"]
)
async def test_fields_that_are_not_the_clients_are_refused(
    http: httpx.AsyncClient, alice: Member, field: str
) -> None:
    flow = await make_flow(http, alice)
    sent = {"name": "x", **DOCUMENT, field: flow[field]}
    assert pointers(await http.post("/flows", json=sent, headers=alice.headers)) == [f"/{field}"]
    path = f"/flows/{flow['id']}"
    assert pointers(await http.put(path, json=sent, headers=alice.headers)) == [f"/{field}"]
    assert (await http.get(path, headers=alice.headers)).json() == flow


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({"steps": [{"key": "a"}]}, ["/steps/0"]),
        ({"steps": [{"key": "a", "wait": {"seconds": 1}, "approval": {}}]}, ["/steps/0"]),
        ({"steps": [{"key": "a-b", "approval": {}}]}, ["/steps/0/key"]),
        ({"steps": [{"key": "a\n", "approval": {}}]}, ["/steps/0/key"]),
        ({"steps": [{"key": "a", "approval": {}}] * 2}, ["/steps/1/key"]),
        ({"steps": [{"key": "a", "approval": {}}], "onFailure": [{"key": "a", "approval": {}}]}, None),
        ({"steps": [{"key": "a", "approval": {"approvals": 0}}]}, ["/steps/0/approval/approvals"]),
        ({"steps": [{"key": "a", "transform": "{{ x"}]}, ["/steps/0/transform"]),
        ({"steps": [{"key": "a", "transform": {"a/b": {"~": "{{}}"}}}]}, ["/steps/0/transform/a~1b/~0"]),
        ({"steps": [{"key": "a", "delay": 1}]}, ["/steps/0", "/steps/0/delay"]),
        ({"steps": [], "inputSchema": {"type": "x"}}, ["/inputSchema/type"]),
        ({"steps": [], "output": "}}"}, ["/output"]),
        ({"steps": {}}, ["/steps"]),
        ({"steps": "x"}, ["/steps"]),
        ({"steps": [7]}, ["/steps/0"]),
        ({"steps": [], "onFailure": {}}, ["/onFailure"]),
        ({"steps": [], "inputSchema": []}, ["/inputSchema"]),
    ],
)
async def test_each_mistake_in_a_document_is_told_at_its_place(
    http: httpx.AsyncClient, alice: Member, document: dict[str, Any], at: list[str] | None
) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    created = await http.post("/flows", json={"name": "x", **document}, headers=alice.headers)
    changed = await http.put(path, json=document, headers=alice.headers)
    assert pointers(created) == pointers(changed)
    assert at is None or set(pointers(created)) == set(at)
    assert (await http.get(path, headers=alice.headers)).json() == flow
    assert len((await http.get("/flows", headers=alice.headers)).json()["data"]) == 1


async def test_a_document_too_large_is_refused(http: httpx.AsyncClient, alice: Member) -> None:
    large = {"name": "x", "steps": [{"key": "a", "transform": "x" * 300_000}]}
    problem = refused(await http.post("/flows", json=large, headers=alice.headers), 422, "invalid")
    assert problem["errors"][0]["code"] == "document_too_large"


async def test_a_document_wrong_all_over_is_answered_briefly(http: httpx.AsyncClient, alice: Member) -> None:
    many = {"name": "x", "steps": [{"key": "a", "delay": 1}] * 8000}
    answered = await http.post("/flows", json=many, headers=alice.headers)
    refused(answered, 422, "invalid")
    assert len(answered.content) < 200_000


async def test_one_named_in_logs_stays(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    log = await make_log(http, alice, flow)
    path = f"/flows/{flow['id']}"
    gone = await http.delete(path, headers=alice.headers)
    assert "1 execution log" in refused(gone, 409, "in-use")["detail"]
    assert (await http.get(path, headers=alice.headers)).json() == flow
    await http.delete(f"/execution-logs/{log['id']}", headers=alice.headers)
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    refused(await http.get(path, headers=alice.headers), 404, "not-found")


async def test_it_goes_with_its_published_versions(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    path = f"/flows/{flow['id']}"
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    for rest in ("", "/versions", "/versions/1", "/diff"):
        refused(await http.get(path + rest, headers=alice.headers), 404, "not-found")


async def test_filters_find_by_name_and_status(http: httpx.AsyncClient, alice: Member) -> None:
    draft, other = await make_flow(http, alice), await make_flow(http, alice, name="Other")
    await publish(http, alice, other)

    async def found(**query: str) -> list[Any]:
        listed = await http.get("/flows", params=query, headers=alice.headers)
        return [each["id"] for each in listed.json()["data"]]

    assert await found() == [other["id"], draft["id"]]
    assert await found(name="Greet") == await found(status="draft") == [draft["id"]]
    assert await found(status="published") == [other["id"]]
    await http.put(f"/flows/{other['id']}", json={"output": 1}, headers=alice.headers)
    assert await found(status="published") == []


async def test_a_listed_flow_is_the_flow(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, **FULL)
    assert (await http.get("/flows", headers=alice.headers)).json()["data"] == [flow]


async def test_charlie_sees_and_changes_nothing(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    for method, rest in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/versions"),
        ("GET", "/versions/1"),
        ("GET", "/diff"),
        ("POST", "/publish"),
        ("POST", "/versions/1/restore"),
    ):
        refused(await http.request(method, path + rest, headers=charlie.headers), 404, "not-found")
    refused(await http.put(path, json={"name": "mine"}, headers=charlie.headers), 404, "not-found")
    assert (await http.get("/flows", headers=charlie.headers)).json()["data"] == []
    assert (await http.get(path, headers=alice.headers)).json() == flow
