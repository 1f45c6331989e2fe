"""A worker that takes a run over finds what the one before it had, in the same order."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.engine.home import Home, published
from tolstoy.domain import actions, executions, tools
from tolstoy.domain.action_request import Request
from tolstoy.engine.answer import Response
from tolstoy.engine.runner import Runner


class Tool:
    """Answers by path; one that is `stuck` never does."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.stuck: set[str] = set()
        self.reached = asyncio.Event()
        self.seen: list[tuple[str, str]] = []

    def hear(self, org_id: UUID, allowed: str | None) -> None:
        """Any call comes here."""

    async def send(self, org_id: UUID, request: Request, *, timeout_seconds: float) -> Response:
        path = "/" + request.target.split("/", 3)[3]
        self.seen.append((path, request.headers["Idempotency-Key"]))
        if path in self.stuck:
            self.reached.set()
            await asyncio.Event().wait()
        given = self.answers.get(path, {})
        status, body = given if isinstance(given, tuple) else (200, given)
        return Response(
            status=status,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(body) if not isinstance(body, bytes) else body,
            elapsed_seconds=0,
            url=request.target,
        )


def http_step(key: str, path: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "http": {"method": "POST", "url": "http://tool.example" + path}, **more}


class Bench:
    def __init__(self, home: Home, tool: Tool) -> None:
        self.home, self.tool = home, tool

    def runner(self) -> Runner:
        return Runner(self.home.database, self.tool, max_payload_bytes=2**20, public_url="http://t")  # type: ignore[arg-type]

    async def start(self, *steps: dict[str, Any], **more: Any) -> UUID:
        flow = await published(self.home.scope, steps=list(steps), **more)
        run = await executions.start(self.home.scope, flow, {})
        assert run is not None
        return run.id

    async def work(self, run: UUID) -> None:
        job = await self.home.owner.fetchval("SELECT job_id FROM executions WHERE id = $1", run)
        await self.runner().work(self.home.scope.org_id, run, job)

    async def work_and_die(self, run: UUID) -> None:
        """In the midst of the call that is stuck."""
        task = asyncio.create_task(self.work(run))
        await self.tool.reached.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self.tool.stuck.clear()

    async def row(self, run: UUID) -> Any:
        return await self.home.owner.fetchrow("SELECT * FROM executions WHERE id = $1", run)


async def test_names_are_gone_through_in_the_same_order(home: Home) -> None:
    """forEach over the names of an object: what was done for one item is not taken for another's."""
    tool = Tool({"/list": {"zebra": 1, "ab": 2}})
    bench = Bench(home, tool)
    tool.stuck.add("/do/ab")
    run = await bench.start(
        http_step("list", "/list"),
        {
            "key": "each",
            "forEach": {
                "items": "{{ steps.list.output.body.map(name, name) }}",
                "steps": [http_step("do", "/do/{{ item }}")],
            },
        },
    )
    await bench.work_and_die(run)
    await bench.work(run)
    done = [path for path, _ in tool.seen if path.startswith("/do")]
    assert set(done) == {"/do/zebra", "/do/ab"} and done.count("/do/zebra") == 1, done


async def test_large_numbers_keep_their_type(home: Home) -> None:
    tool = Tool({"/get": b'{"n": 1e17}'})
    bench = Bench(home, tool)
    tool.stuck.add("/later")
    run = await bench.start(
        http_step("get", "/get"),
        http_step("later", "/later"),
        {"key": "half", "transform": "{{ steps.get.output.body.n / 3.0 }}"},
    )
    await bench.work_and_die(run)
    await bench.work(run)
    row = await bench.row(run)
    assert row["status"] == "succeeded", row["error"]


async def test_steps_inside_a_parallel_that_failed_are_the_same_live_and_recovered(home: Home) -> None:
    tool = Tool({"/bad": (400, {})})
    bench = Bench(home, tool)
    steps = (
        {
            "key": "both",
            "onError": "continue",
            "parallel": {"branches": [[{"key": "fine", "transform": 1}], [http_step("bad", "/bad")]]},
        },
        http_step("mid", "/mid"),
        {"key": "read", "transform": "{{ steps.fine.output }}"},
    )
    live = await bench.start(*steps)
    await bench.work(live)
    recovered = await bench.start(*steps)
    tool.stuck.add("/mid")
    await bench.work_and_die(recovered)
    await bench.work(recovered)
    one, other = await bench.row(live), await bench.row(recovered)
    assert (one["status"], one["error"]) == (other["status"], other["error"])


async def test_a_time_beyond_the_calendar_is_the_steps_error(home: Home) -> None:
    bench = Bench(home, Tool({}))
    run = await bench.start(
        {"key": "w", "wait": {"until": "{{ '9999-12-31T23:59:59-14:00' }}"}, "onError": "continue"},
        {"key": "t", "transform": 1},
    )
    await bench.work(run)
    row = await bench.row(run)
    assert row["status"] == "succeeded", row["error"]


async def test_an_open_call_whose_action_is_gone_is_closed(home: Home) -> None:
    bench = Bench(home, Tool({}))
    bench.tool.stuck.add("/a")
    run = await bench.start({"key": "a", "action": await _action(home, "/a")})
    await bench.work_and_die(run)
    await home.owner.execute("DELETE FROM actions")
    await bench.work(run)
    rows = await home.owner.fetch("SELECT attempt, status, error FROM execution_logs ORDER BY id")
    assert (await bench.row(run))["status"] == "failed"
    assert all(row["status"] != "started" for row in rows), rows


@pytest.mark.parametrize(
    ("method", "on_unknown", "attempts", "calls"),
    [
        ("POST", "fail", [("failed", "unknown_outcome")], 1),
        ("POST", "retry", [("failed", "interrupted"), ("completed", None)], 2),
        ("PUT", "fail", [("failed", "interrupted"), ("completed", None)], 2),
    ],
)
async def test_a_call_that_its_worker_died_in_is_the_actions_to_judge(
    home: Home, method: str, on_unknown: str, attempts: list[tuple[str, str | None]], calls: int
) -> None:
    """What is sent again has the same key, also where nothing is to be tried again."""
    bench = Bench(home, Tool({}))
    bench.tool.stuck.add("/a")
    key = await _action(home, "/a", method=method, onUnknown=on_unknown)
    run = await bench.start({"key": "a", "action": key, "retry": {"maxAttempts": 1}})
    await bench.work_and_die(run)
    await bench.work(run)
    rows = await home.owner.fetch(
        "SELECT status, error ->> 'code' AS code, details ->> 'idempotencyKey' AS key FROM execution_logs"
        " ORDER BY attempt"
    )
    assert [(row["status"], row["code"]) for row in rows] == attempts
    assert bench.tool.seen == [("/a", rows[0]["key"])] * calls
    ended = await bench.row(run)
    assert ended["status"] == ("failed" if calls == 1 else "succeeded")
    assert ended["error"] is None or msgspec.json.decode(ended["error"])["code"] == "unknown_outcome"


async def test_an_interrupted_call_is_none_of_the_tries_that_it_may_have(home: Home) -> None:
    bench = Bench(home, Tool({"/a": (503, {})}))
    bench.tool.stuck.add("/a")
    twice = {"maxAttempts": 2, "intervalSeconds": 0.1, "backoffRate": 1, "jitter": "none"}
    run = await bench.start(http_step("a", "/a", retry=twice))
    await bench.work_and_die(run)
    await bench.work(run)
    rows = await home.owner.fetch("SELECT error ->> 'code' AS code FROM execution_logs ORDER BY attempt")
    assert [row["code"] for row in rows] == ["interrupted", "http.503", "http.503"]


async def _action(home: Home, endpoint: str, **fields: Any) -> str:
    """The key of a new action."""
    tool = {"name": "T", "baseUrl": "http://tool.example"}
    made = await tools.create(home.scope, msgspec.convert(tool, tools.ToolCreate))
    action = {"toolId": str(made.id), "name": "Do it", "method": "POST", "endpoint": endpoint, **fields}
    return (await actions.create(home.scope, msgspec.convert(action, actions.ActionCreate))).key


async def test_nothing_new_begins_beside_a_failure_after_a_recovery_either(home: Home) -> None:
    tool = Tool({"/bad": (400, {})})
    bench = Bench(home, tool)
    tool.stuck.add("/slow")
    failed, answer = asyncio.Event(), tool.send

    async def send(org_id: UUID, request: Request, *, timeout_seconds: float) -> Response:
        if request.target.endswith("/first"):
            await failed.wait()
        return await answer(org_id, request, timeout_seconds=timeout_seconds)

    tool.send = send  # type: ignore[method-assign]
    branches = [[http_step("first", "/first"), http_step("second", "/second")], [http_step("bad", "/bad")]]
    run = await bench.start(
        {"key": "all", "parallel": {"branches": [*branches, [http_step("slow", "/slow")]]}},
    )
    task = asyncio.create_task(bench.work(run))
    await tool.reached.wait()
    statuses = "SELECT step_key FROM execution_logs WHERE status = $1 AND recorded"
    while "bad" not in {row["step_key"] for row in await home.owner.fetch(statuses, "failed")}:
        await asyncio.sleep(0.01)
    failed.set()
    while "first" not in {row["step_key"] for row in await home.owner.fetch(statuses, "completed")}:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    tool.stuck.clear()
    assert "/second" not in [path for path, _ in tool.seen], "its sibling has failed"
    await bench.work(run)
    assert "/second" not in [path for path, _ in tool.seen], "begun only because a worker died"
