"""A run followed as server-sent events: all of it, in order, once, over any number of connections."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.acting import call, happened, transform, waiting
from tests.api.problems import headers, parameters
from tests.conftest import Databases
from tests.engine.lab import Lab
from tests.processes import Served

OK: dict[str, Any] = {"key": "ok", "approval": {}}
Event = tuple[int, str, dict[str, Any]]


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """As the standard reads a stream: fields, and an empty line at the end of each event."""
    fields: dict[str, str] = {}
    async for line in lines:
        if line and not line.startswith(":"):
            name, _, text = line.partition(": ")
            fields[name] = text
        elif not line and "data" in fields:
            yield int(fields["id"]), fields["event"], httpx.Response(200, text=fields["data"]).json()
            fields = {}


def _following(lab: Lab, run: dict[str, Any], last: int | None = None) -> Any:
    sent = {} if last is None else {"Last-Event-ID": str(last)}
    return lab.http.stream("GET", f"/executions/{run['id']}/events", headers={**lab.member.headers, **sent})


async def _all(lab: Lab, run: dict[str, Any], last: int | None = None) -> list[Event]:
    async with _following(lab, run, last) as answer:
        assert answer.status_code == 200
        return [event async for event in _events(answer.aiter_lines())]


async def _approve(lab: Lab, run: dict[str, Any]) -> None:
    approved = await lab.post(f"/executions/{run['id']}/steps/ok/approve")
    assert approved.status_code == 200, approved.text


async def test_a_run_that_has_ended_is_told_from_its_beginning(lab: Lab) -> None:
    flaky = await lab.action(f"/flaky/{uuid4().hex}/2")
    retry = {"maxAttempts": 3, "intervalSeconds": 0, "jitter": "none"}
    big = transform("big", "{{ inputs.text }}")
    flow = await lab.flow(
        call("a", flaky, retry=retry), transform("s", executeIf="false"), big, output="{{ 1 + 1 }}"
    )
    run = await lab.start(flow, 30, text="x" * 20_000)
    events = await _all(lab, run)
    numbers = [number for number, *_ in events]
    assert numbers == sorted(set(numbers))
    assert [
        (said["path"], said["status"], said["attempt"]) for _, name, said in events if name == "step"
    ] == [
        ("a", "started", 1),
        ("a", "failed", 1),
        ("a", "started", 2),
        ("a", "failed", 2),
        ("a", "started", 3),
        ("a", "completed", 3),
        ("s", "skipped", 1),
        ("big", "completed", 1),
    ]
    assert (events[1][2]["error"]["code"], bool(events[1][2]["retryAt"])) == ("http.500", True)
    assert events[5][2]["output"]["status"] == 200
    assert events[7][2]["output"] == {"truncated": True, "bytes": 20_002}
    assert events[-1][1:] == (
        "execution",
        {"status": "succeeded", "waitingFor": None, "wakeAt": None, "output": 2, "error": None},
    )


async def test_whoever_comes_back_misses_nothing_and_gets_nothing_twice(lab: Lab) -> None:
    """A connection for each event, while the run goes on; `read` is what a client that was cut off has."""
    flaky = await lab.action(f"/flaky/{uuid4().hex}/3")
    retry = {"maxAttempts": 4, "intervalSeconds": 0.05, "jitter": "none"}
    loop = {"items": list(range(20)), "concurrency": 4, "steps": [call("i", await lab.action())]}
    flow = await lab.flow(call("a", flaky, retry=retry), {"key": "l", "forEach": loop}, transform("z"))
    run = await lab.start(flow)
    read: list[Event] = []
    while not read or read[-1][1:2] != ("execution",) or read[-1][2]["status"] != "succeeded":
        async with _following(lab, run, read[-1][0] if read else None) as answer:
            assert answer.status_code == 200
            async for event in _events(answer.aiter_lines()):
                read.append(event)
                break
    steps = [event for event in read if event[1] == "step"]
    assert steps == [event for event in await _all(lab, run) if event[1] == "step"]
    assert len(steps) >= 7 + 20 + 1 and len({number for number, *_ in steps}) == len(steps)


async def test_it_goes_on_telling_until_the_run_ends(lab: Lab) -> None:
    run = await waiting(lab, transform("a"), OK, transform("b"))
    async with _following(lab, run) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-store", "no")
        assert answer.headers["X-Request-ID"]
        events = _events(answer.aiter_lines())
        seen = [await anext(events) for _ in range(3)]
        assert [(name, said.get("path"), said["status"]) for _, name, said in seen] == [
            ("step", "a", "completed"),
            ("step", "ok", "started"),
            ("execution", None, "waiting"),
        ]
        assert (seen[2][2]["waitingFor"], bool(seen[2][2]["wakeAt"])) == ("approval", True)
        await _approve(lab, run)
        rest = [event async for event in events]
    told = [(name, said.get("path"), said["status"]) for _, name, said in rest]
    assert told[-3:] == [
        ("step", "ok", "completed"),
        ("step", "b", "completed"),
        ("execution", None, "succeeded"),
    ]
    assert await _all(lab, run, seen[-1][0]) == rest[-3:]


async def test_more_than_a_page_is_told_whole(lab: Lab) -> None:
    loop = {"items": list(range(500)), "steps": [transform("i")]}
    run = await lab.run({"key": "l", "forEach": loop}, transform("z"))
    events = await _all(lab, run)
    paths = [said["path"] for _, name, said in events if name == "step" and said["path"] != "l"]
    assert paths == [*(f"l[{index}].i" for index in range(500)), "z"]
    assert events[-1][1] == "execution"


async def test_who_has_all_of_it_gets_nothing_more(lab: Lab) -> None:
    """204 is what stops a browser from coming back for ever."""
    run = await lab.run(transform("a"))
    path, last = f"/executions/{run['id']}/events", (await _all(lab, run))[-1][0]
    for number in (last, last + 5):
        told = await lab.http.get(path, headers={**lab.member.headers, "Last-Event-ID": str(number)})
        assert (told.status_code, told.content) == (204, b"")
    by_query = await lab.http.get(path, params={"lastEventId": last}, headers=lab.member.headers)
    assert by_query.status_code == 204
    both = {**lab.member.headers, "Last-Event-ID": str(last - 1)}
    assert (await lab.http.get(path, params={"lastEventId": last}, headers=both)).status_code == 200
    never = {**lab.member.headers, "Last-Event-ID": ""}
    assert (await lab.http.get(path, headers=never)).status_code == 200


@pytest.mark.parametrize("sent", ["x", "-1", "1.5", "9" * 30, "1,2", "0" * 19 + "9" * 30, "0" * 4400])
async def test_a_number_that_is_none_is_refused(lab: Lab, sent: str) -> None:
    run = await lab.run(transform("a"))
    path = f"/executions/{run['id']}/events"
    answer = await lab.http.get(path, headers={**lab.member.headers, "Last-Event-ID": sent})
    assert headers(answer) == ["Last-Event-ID"]
    answer = await lab.http.get(path, params={"lastEventId": sent}, headers=lab.member.headers)
    assert parameters(answer) == ["lastEventId"]


async def test_a_client_that_goes_away_leaves_nothing_behind(lab: Lab, served: Served) -> None:
    """Its request ends then, and is counted then; and one that stays holds no connection to the database."""
    run = await waiting(lab, OK)
    counter = re.compile(r'route="/executions/\{executionId\}/events",status="200"\} (\d+)')

    async def metrics() -> str:
        return (await lab.http.get("/metrics")).text

    async def counted() -> int:
        return int(counter.findall(await metrics())[0])

    before = await counted()
    clients = [httpx.AsyncClient(base_url=served.url, timeout=20) for _ in range(30)]
    path = f"/executions/{run['id']}/events"
    requests = [client.build_request("GET", path, headers=lab.member.headers) for client in clients]
    answers = [await client.send(one, stream=True) for client, one in zip(clients, requests, strict=True)]
    assert {answer.status_code for answer in answers} == {200}
    readers = [
        _events(answer.aiter_lines()) for answer in answers
    ]  # one that is dropped closes its connection
    assert {(await anext(reader))[0] for reader in readers}
    assert await counted() == before
    async with asyncio.timeout(20):
        while "tolstoy_database_pool_busy 0.0" not in await metrics():
            await asyncio.sleep(0.02)
    for client in clients:
        await client.aclose()
    async with asyncio.timeout(20):
        while await counted() < before + len(clients):
            await asyncio.sleep(0.02)
    await happened(lambda: served.log().count(path) == len(clients))
    await _approve(lab, run)


async def test_it_outlives_a_restart_of_the_database(lab: Lab, served_database: Databases) -> None:
    """Every connection of the service is cut, its listener's too."""
    run = await waiting(lab, OK, transform("b"))
    async with _following(lab, run) as answer:
        events = _events(answer.aiter_lines())
        await anext(events)
        owner = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
        try:
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await owner.close()
        async with asyncio.timeout(30):
            while True:
                approved = await lab.post(f"/executions/{run['id']}/steps/ok/approve")
                if approved.status_code != 503:
                    break
                await asyncio.sleep(0.05)
        assert approved.status_code in (200, 409), approved.text
        last = [event async for event in events][-1]
    assert last[2]["status"] == "succeeded"


async def test_the_document_says_what_it_is(lab: Lab) -> None:
    operation = (await lab.http.get("/openapi.json")).json()["paths"]["/executions/{executionId}/events"][
        "get"
    ]
    content = operation["responses"]["200"]["content"]
    assert content == {"text/event-stream": {"schema": {"$ref": "#/components/schemas/ServerSentEvent"}}}
    assert "204" in operation["responses"]


async def test_head_tells_whether_there_is_something_to_follow(lab: Lab) -> None:
    ended = await lab.run(transform("a"))
    asked = await waiting(lab, OK)
    for run in (ended, asked):
        path = f"/executions/{run['id']}/events"
        answer = await lab.http.head(path, headers=lab.member.headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == "text/event-stream"
        (*_, last) = await _all(lab, ended)
        again = {**lab.member.headers, "Last-Event-ID": str(last[0])}
    assert (await lab.http.head(f"/executions/{ended['id']}/events", headers=again)).status_code == 204
    missing = f"/executions/{uuid4()}/events"
    assert (await lab.http.head(missing, headers=lab.member.headers)).status_code == 404
