"""Execution logs: what happened, found by what it was about."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_flow, make_log
from tests.api.problems import parameters, pointers, refused
from tests.conftest import Member


@pytest.fixture
async def flow(http: httpx.AsyncClient, alice: Member) -> dict[str, Any]:
    return await make_flow(http, alice)


def _sent(flow: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"flowId": flow["id"], "stepKey": "greet", "inputs": {}, "status": "started", **fields}


async def test_a_log_is_created_and_read(http: httpx.AsyncClient, bob: Member, flow: dict[str, Any]) -> None:
    execution = str(uuid4())
    sent = _sent(
        flow,
        executionId=execution,
        stepKey="lines[3].charge",
        inputs={"n": 1, "emoji": "🎉"},
        outputs=[1, "two", None],
        error={"message": "no"},
        status="failed",
    )
    made = await http.post("/execution-logs", json=sent, headers=bob.headers)
    assert made.status_code == 201
    assert sent.items() <= made.json().items()
    assert (made.json()["userId"], made.json()["orgId"]) == (bob.user_id, bob.org_id)
    read = await http.get(made.headers["Location"], headers=bob.headers)
    assert read.json() == made.json()


async def test_its_user_is_who_sent_it(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    sent = _sent(flow, userId=alice.user_id)
    assert pointers(await http.post("/execution-logs", json=sent, headers=alice.headers)) == ["/userId"]


async def test_step_id_is_another_name_of_step_key(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    sent = {name: value for name, value in _sent(flow).items() if name != "stepKey"}
    made = await http.post("/execution-logs", json={**sent, "stepId": "order"}, headers=alice.headers)
    assert made.json()["stepKey"] == "order"
    assert "stepId" not in made.json()
    path = f"/execution-logs/{made.json()['id']}"
    changed = await http.put(path, json={"stepId": "refund"}, headers=alice.headers)
    assert changed.json()["stepKey"] == "refund"
    both = {"stepId": "a", "stepKey": "a"}
    assert pointers(await http.put(path, json=both, headers=alice.headers)) == ["/stepId"]
    assert pointers(await http.post("/execution-logs", json=sent, headers=alice.headers)) == ["/stepKey"]


async def test_put_changes_what_is_sent_and_null_clears(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    log = await make_log(http, alice, flow, executionId=str(uuid4()))
    path = f"/execution-logs/{log['id']}"
    done = (
        await http.put(path, json={"status": "completed", "outputs": {"a": 1}}, headers=alice.headers)
    ).json()
    expected = {"status": "completed", "outputs": {"a": 1}, "revision": 2, "updatedAt": done["updatedAt"]}
    assert done == {**log, **expected}
    cleared = await http.patch(path, json={"outputs": None, "executionId": None}, headers=alice.headers)
    assert (cleared.json()["outputs"], cleared.json()["executionId"]) == (None, None)
    for field in ("stepKey", "inputs", "status"):
        assert pointers(await http.put(path, json={field: None}, headers=alice.headers)) == [f"/{field}"]


@pytest.mark.parametrize("field", ["id", "orgId", "userId", "flowId", "revision", "createdAt", "updatedAt"])
async def test_what_it_was_about_does_not_change(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], field: str
) -> None:
    log = await make_log(http, alice, flow)
    path = f"/execution-logs/{log['id']}"
    assert pointers(await http.put(path, json={field: log[field]}, headers=alice.headers)) == [f"/{field}"]
    assert (await http.get(path, headers=alice.headers)).json() == log


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"flowId": str(uuid4())}, "/flowId"),
        ({"flowId": "7"}, "/flowId"),
        ({"flowId": None}, "/flowId"),
        ({"executionId": "7"}, "/executionId"),
        ({"stepKey": ""}, "/stepKey"),
        ({"stepKey": "x" * 501}, "/stepKey"),
        ({"inputs": []}, "/inputs"),
        ({"inputs": None}, "/inputs"),
        ({"status": "done"}, "/status"),
        ({"status": ""}, "/status"),
        ({"step": "x"}, "/step"),
    ],
)
async def test_what_is_wrong_is_refused(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], wrong: dict[str, Any], at: str
) -> None:
    refusal = await http.post("/execution-logs", json=_sent(flow, **wrong), headers=alice.headers)
    assert pointers(refusal) == [at]
    assert (await http.get("/execution-logs", headers=alice.headers)).json()["data"] == []


async def test_a_foreign_flow_is_not_found(
    http: httpx.AsyncClient, charlie: Member, flow: dict[str, Any]
) -> None:
    answered = await http.post("/execution-logs", json=_sent(flow), headers=charlie.headers)
    assert pointers(answered) == ["/flowId"]


@pytest.mark.parametrize("value", [0, "", False, [], {}, 1e-300, -(2**63), "x" * 100_000])
async def test_outputs_and_errors_are_any_json(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], value: object
) -> None:
    log = await make_log(http, alice, flow, outputs=value, error=value)
    assert log["outputs"] == log["error"] == value
    assert isinstance(log["outputs"], bool) is isinstance(value, bool)


async def test_filters_find_what_it_was_about(
    http: httpx.AsyncClient, alice: Member, bob: Member, flow: dict[str, Any]
) -> None:
    execution = str(uuid4())
    first = await make_log(http, alice, flow, executionId=execution, stepKey="a[0].b")
    second = await make_log(http, bob, status="failed")
    third = await make_log(http, alice, flow, status="failed", stepKey="c")

    async def found(**query: str) -> list[Any]:
        listed = await http.get("/execution-logs", params=query, headers=alice.headers)
        assert listed.status_code == 200, listed.text
        return [each["id"] for each in listed.json()["data"]]

    assert await found() == [third["id"], second["id"], first["id"]]
    assert await found(flowId=flow["id"]) == [third["id"], first["id"]]
    assert await found(executionId=execution) == await found(stepKey="a[0].b") == [first["id"]]
    assert await found(status="failed") == [third["id"], second["id"]]
    assert await found(userId=bob.user_id) == [second["id"]]
    assert await found(status="failed", flowId=flow["id"]) == [third["id"]]
    assert await found(createdAfter=first["createdAt"]) == [third["id"], second["id"]]
    assert await found(createdBefore=third["createdAt"]) == [second["id"], first["id"]]
    between = {"createdAfter": first["createdAt"], "createdBefore": third["createdAt"]}
    assert await found(**between) == [second["id"]]
    elsewhere = first["createdAt"].replace("Z", "+00:00")
    assert await found(createdAfter=elsewhere) == [third["id"], second["id"]]
    assert await found(createdAfter="9999-12-31T23:59:59Z") == []
    assert len(await found(createdAfter="0001-01-01T00:00:00Z")) == 3
    assert await found(flowId=str(uuid4())) == []


@pytest.mark.parametrize(
    "query",
    [
        {"createdAfter": "yesterday"},
        {"createdAfter": "2026-01-01"},
        {"createdAfter": "2026-01-01T00:00:00"},
        {"createdAfter": "2026-02-30T00:00:00Z"},
        {"createdAfter": "1767225600"},
        {"createdAfter": "0001-01-01T00:00:00+14:00"},
        {"createdBefore": "9999-12-31T23:59:59-14:00"},
        {"createdBefore": ""},
        {"status": "done"},
        {"flowId": "7"},
        {"executionId": "null"},
        {"stepId": "greet"},
    ],
)
async def test_a_filter_that_cannot_be_used_is_refused(
    http: httpx.AsyncClient, alice: Member, query: dict[str, str]
) -> None:
    assert parameters(await http.get("/execution-logs", params=query, headers=alice.headers)) == list(query)


async def test_charlie_sees_and_changes_nothing(
    http: httpx.AsyncClient, alice: Member, charlie: Member, flow: dict[str, Any]
) -> None:
    log = await make_log(http, alice, flow)
    path = f"/execution-logs/{log['id']}"
    refused(await http.get(path, headers=charlie.headers), 404, "not-found")
    refused(await http.put(path, json={"status": "failed"}, headers=charlie.headers), 404, "not-found")
    refused(await http.delete(path, headers=charlie.headers), 404, "not-found")
    listed = await http.get("/execution-logs", params={"flowId": flow["id"]}, headers=charlie.headers)
    assert listed.json()["data"] == []
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    refused(await http.delete(path, headers=alice.headers), 404, "not-found")
