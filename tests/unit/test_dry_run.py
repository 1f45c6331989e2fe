"""Dry runs: the engine's own steps against given answers, with no outside."""

from __future__ import annotations

import socket
from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest

from tolstoy.core.ids import PLATFORM
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain.dry_runs import DryRunCreate, Recorded, Rehearsed
from tolstoy.engine import dry_run, rehearsal
from tolstoy.engine.outbound import Outbound

NO_DELAY = {"maxAttempts": 3, "intervalSeconds": 3600, "jitter": "none"}


@pytest.fixture(autouse=True)
def no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a dry run has no outside")

    monkeypatch.setattr(Outbound, "__init__", never)
    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)


def _http(key: str = "call", **fields: Any) -> dict[str, Any]:
    call = {"method": "POST", "url": "https://api.example.com/orders", "body": {"n": "{{ inputs.n }}"}}
    return {"key": key, "http": call, **fields}


async def _tried(
    *steps: dict[str, Any],
    actions: list[dict[str, Any]] | None = None,
    recorded: list[Recorded] | None = None,
    document: dict[str, Any] | None = None,
    **given: Any,
) -> dict[str, Any]:
    sent = msgspec.convert({"inputs": {"n": 1}, **given}, DryRunCreate)
    subject = Rehearsed(
        Scope(cast("Database", None), Door.MEMBER, PLATFORM, uuid4()),
        uuid4(),
        1,
        {"steps": list(steps), **(document or {})},
        cast("Any", actions or []),
        recorded or [],
        sent,
        [],
    )
    report: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(await dry_run.run(subject, max_payload_bytes=1_000_000))
    )
    return report


def _statuses(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["path"], step["status"]) for step in report["steps"]]


async def test_each_request_that_would_be_sent_is_told() -> None:
    action = {
        "id": uuid4(), "key": "post", "revision": 1, "tool_revision": 1, "method": "POST", "endpoint": "/x/{id}",
        "headers": '{"X-Text": "{{ inputs.text }}"}', "input_schema": None, "execute_if": None, "on_unknown": "retry",
        "base_url": "https://tool.example.com", "credential_id": None,
    }  # fmt: skip
    step = {"key": "post", "action": "post", "inputs": {"id": 7, "text": "hi"}}
    report = await _tried(_http(), step, actions=[action], document={"output": "{{ steps.call.output }}"})
    assert (report["status"], report["output"]) == ("succeeded", {"status": 200, "headers": {}, "body": None})
    first, second = report["requests"]
    assert (first["path"], first["method"], first["url"], first["body"], first["assumed"]) == (
        "call", "POST", "https://api.example.com/orders", {"n": 1}, True
    )  # fmt: skip
    assert (second["url"], second["headers"]["X-Text"], second["body"]) == (
        "https://tool.example.com/x/7", "hi", {"text": "hi"}
    )  # fmt: skip
    assert first["idempotencyKey"] == first["headers"]["Idempotency-Key"] != second["idempotencyKey"]
    assert report["steps"][1]["inputs"] == {"id": 7, "text": "hi"}


async def test_attempts_get_the_answers_in_their_order() -> None:
    answers = [{"status": 503}, {"error": {"kind": "timeout"}}, {"body": {"id": 9}}]
    report = await _tried(_http(retry=NO_DELAY), responses={"call": answers})
    assert report["status"] == "succeeded"
    assert [request["attempt"] for request in report["requests"]] == [1, 2, 3]
    assert len({request["idempotencyKey"] for request in report["requests"]}) == 1
    (step,) = report["steps"]
    assert (step["attempts"], step["output"]["body"]) == (3, {"id": 9})
    assert [wait["for"] for wait in report["waits"]] == ["retry", "retry"]
    assert report["waits"][0]["until"] < report["waits"][1]["until"]
    refused = await _tried(_http(retry=NO_DELAY), responses={"call": {"status": 400, "body": "no"}})
    assert (refused["status"], refused["error"]["step"], refused["error"]["body"]) == ("failed", "call", "no")
    assert len(refused["requests"]) == 1


async def test_an_answer_is_named_by_path_or_key() -> None:
    loop = {"key": "l", "forEach": {"items": [1, 2], "steps": [_http("c")]}}
    report = await _tried(loop, responses={"c": {"body": "each"}, "l[1].c": {"body": "second"}, "x": {}})
    bodies = {step["path"]: step["output"]["body"] for step in report["steps"] if step["kind"] == "http"}
    assert bodies == {"l[0].c": "each", "l[1].c": "second"}
    assert [(one["code"], one["pointer"]) for one in report["warnings"]] == [("unused", "/responses/x")]


async def test_waits_pass_at_once_and_are_told() -> None:
    steps = (
        {"key": "cool", "wait": {"seconds": 3600}},
        {"key": "then", "wait": {"seconds": 60}},
        {"key": "ok", "approval": {"approvals": 2}},
        {"key": "back", "callback": {}},
        {"key": "child", "flow": {"id": str(uuid4())}},
    )
    report = await _tried(*steps)
    assert (report["status"], report["error"]) == ("succeeded", None)
    assert [(wait["path"], wait["for"], wait["assumed"]) for wait in report["waits"]] == [
        ("cool", "time", False),
        ("then", "time", False),
        ("ok", "approval", True),
        ("back", "callback", True),
        ("child", "flow", True),
    ]
    assert report["waits"][0]["until"] < report["waits"][1]["until"]
    assert [one["code"] for one in report["warnings"]] == ["flow_not_run"]
    output = {step["path"]: step["output"] for step in report["steps"]}
    assert [decision["approved"] for decision in output["ok"]["decisions"]] == [True, True]
    assert (output["back"]["body"], output["child"]) == (None, None)


async def test_decisions_and_callbacks_can_be_given() -> None:
    steps = ({"key": "back", "callback": {}}, {"key": "ok", "approval": {}})
    report = await _tried(*steps, approvals={"ok": {"payload": {"by": "me"}}}, callbacks={"back": [1]})
    back, ok = (step["output"] for step in report["steps"])
    assert (back["body"], ok["decisions"][0]["payload"]) == ([1], {"by": "me"})
    assert not any(wait["assumed"] for wait in report["waits"])
    refused = await _tried(*steps, approvals={"ok": False})
    assert (refused["status"], refused["error"]["code"], refused["error"]["step"]) == (
        "failed",
        "rejected",
        "ok",
    )


async def test_a_flow_step_is_answered() -> None:
    child = {"key": "child", "flow": {"id": str(uuid4()), "inputs": {"n": "{{ inputs.n }}"}}}
    report = await _tried(child, responses={"child": {"body": {"total": 3}}})
    (step,) = report["steps"]
    assert (step["inputs"], step["output"]) == ({"n": 1}, {"total": 3})
    failed = await _tried(child, responses={"child": {"error": {"kind": "timeout"}}})
    assert failed["error"]["code"] == "flow_failed"


async def test_what_an_execution_got_is_got_again() -> None:
    """Its failed attempts too; what is given goes before."""
    done = '{"status": 201, "headers": {"x-a": "b"}, "body": {"id": 1}}'
    recorded = [
        Recorded(
            "call", "http", False, None, '{"code": "http.503", "message": "", "status": 503, "headers": {}}'
        ),
        Recorded("call", "http", False, None, '{"code": "timeout", "message": ""}'),
        Recorded("call", "http", True, done, None),
        Recorded("ok", "approval", False, None, '{"code": "rejected", "message": "", "decisions": []}'),
    ]
    steps = (_http(retry=NO_DELAY), {"key": "ok", "approval": {}, "onError": "continue"})
    report = await _tried(*steps, recorded=recorded)
    call, ok = report["steps"]
    assert (call["attempts"], call["output"]["status"], call["output"]["body"]) == (3, 201, {"id": 1})
    assert (ok["status"], ok["error"]["code"], report["status"]) == ("failed", "rejected", "succeeded")
    other = await _tried(*steps, recorded=recorded, responses={"call": {"body": 5}}, approvals={"ok": True})
    assert [step["status"] for step in other["steps"]] == ["completed", "completed"]
    assert other["requests"][0]["assumed"] is False


async def test_it_fails_as_a_run_would() -> None:
    tell = {"key": "tell", "http": {"method": "GET", "url": "https://example.com/{{ error.code }}"}}
    report = await _tried({"key": "t", "transform": "{{ inputs.none }}"}, document={"onFailure": [tell]})
    assert (report["status"], report["error"]["step"]) == ("failed", "t")
    assert _statuses(report) == [("t", "failed"), ("tell", "completed")]
    assert report["requests"][0]["url"].startswith("https://example.com/expression.")
    late = await _tried(document={"output": "{{ inputs.none }}"})
    assert (late["status"], late["steps"]) == ("failed", [])


async def test_side_by_side_it_is_the_same() -> None:
    branches = [[{"key": "w", "wait": {"seconds": 9}}, _http("a")], [{"key": "v", "wait": {"seconds": 5}}]]
    loop = {"items": [1, 2, 3], "concurrency": 3, "steps": [_http("c", retry=NO_DELAY)]}
    steps = ({"key": "p", "parallel": {"branches": branches}}, {"key": "l", "forEach": loop})
    report = await _tried(*steps, responses={"c": [{"status": 500}, {"status": 200}]})
    assert report["status"] == "succeeded"
    assert len(report["requests"]) == 1 + 3 * 2


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ([_http("c")], rehearsal.MOST_REQUESTS),
        ([{"key": f"t{n}", "transform": n} for n in range(9)], rehearsal.MOST_ATTEMPTS),
        ([{"key": "big", "transform": "{{ inputs.text }}"}], rehearsal.MOST_BYTES),
    ],
)
async def test_it_is_bounded(steps: list[dict[str, Any]], most: int) -> None:
    loop = {"key": "l", "forEach": {"items": list(range(2000)), "steps": steps}}
    report = await _tried(loop, inputs={"n": 1, "text": "x" * 50_000})
    assert (report["status"], report["error"]["code"]) == ("incomplete", "dry_run_limit")
    assert str(most) in report["error"]["message"]
    assert len(report["requests"]) <= rehearsal.MOST_REQUESTS
    assert len(report["steps"]) <= rehearsal.MOST_ATTEMPTS


async def test_it_takes_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "CPU_SECONDS", -1.0)
    report = await _tried(_http())
    assert (report["status"], report["requests"]) == ("incomplete", [])


async def test_a_document_that_cannot_run_is_told() -> None:
    report = await _tried({"key": "t", "transform": "{{ 1 + }}"})
    assert (report["status"], report["error"]["code"]) == ("failed", "invalid_flow")
