"""A flow tried out: what it would send, with nothing sent and nothing stored."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.api.acting import call, transform
from tests.api.factories import make_flow
from tests.api.problems import pointers, refused
from tests.conftest import Databases, Member
from tests.engine.lab import Lab

INPUTS = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


async def _tried(lab: Lab, flow: str, **given: Any) -> dict[str, Any]:
    answer = await lab.post(f"/flows/{flow}/dry-run", given)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def test_a_draft_is_tried_without_any_effect(lab: Lab, served_database: Databases) -> None:
    path = f"/echo/{uuid4().hex}"
    key = await lab.action(path, headers={"X-N": "{{ inputs.n }}"})
    steps = [call("a", key, inputs={"n": "{{ inputs.n }}"}), transform("b", "{{ steps.a.output.body.id }}")]
    draft = await make_flow(
        lab.http, lab.member, steps=steps, inputSchema=INPUTS, output="{{ steps.b.output }}"
    )
    owner = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

        async def written() -> list[Any]:
            counts = [f"(SELECT count(*) FROM {name} WHERE org_id = $1)" for (name,) in tables
                      if name not in ("organizations", "aerich")]  # fmt: skip
            return list(await owner.fetchrow(f"SELECT {', '.join(counts)}", lab.member.org_id))

        before = await written()
        report = await _tried(lab, draft["id"], inputs={"n": 4}, responses={"a": {"body": {"id": "x"}}})
        assert await written() == before
    finally:
        await owner.close()
    assert (report["status"], report["version"], report["output"]) == ("succeeded", 1, "x")
    (request,) = report["requests"]
    assert (request["url"], request["body"], request["headers"]["X-N"]) == (
        f"{lab.echo.url}{path}", {"n": 4}, "4"
    )  # fmt: skip
    assert not lab.keys(path)


async def test_another_version_can_be_tried(lab: Lab) -> None:
    flow = await lab.flow(transform("a", 1), output="{{ steps.a.output }}")
    changed = await lab.http.put(f"/flows/{flow}", json={"output": "draft"}, headers=lab.member.headers)
    assert changed.status_code == 200
    assert (await _tried(lab, flow))["output"] == "draft"
    assert (await _tried(lab, flow, version=1))["output"] == 1
    refused(await lab.post(f"/flows/{flow}/dry-run", {"version": 3}), 404, "not-found")


async def test_what_is_wrong_with_what_is_given_is_told(lab: Lab) -> None:
    flow = await lab.flow(transform("a"), inputSchema=INPUTS)
    path = f"/flows/{flow}/dry-run"
    assert pointers(await lab.post(path, {"inputs": {"n": "x"}})) == ["/inputs/n"]
    good = {"inputs": {"n": 1}}
    wrong: dict[str, Any] = {
        "responses": {"a": {"status": 1000}, "b": [{"error": {"kind": "sulking"}}], "c": 5},
        "approvals": {"x": "yes"},
    }
    found = pointers(await lab.post(path, {**good, **wrong}))
    assert found == ["/responses/a/status", "/responses/b/0/error/kind", "/responses/c", "/approvals/x"]
    nothing = await lab.post(path, {**good, "recordedFrom": str(uuid4())})
    assert pointers(nothing) == ["/recordedFrom"]


async def test_an_execution_is_gone_through_again(lab: Lab) -> None:
    """With the answers it got, whose tools are not asked again."""
    path = f"/flaky/{uuid4().hex}/1"
    key = await lab.action(path)
    retry = {"maxAttempts": 2, "intervalSeconds": 0, "jitter": "none"}
    steps = (call("a", key, retry=retry), transform("b", "{{ steps.a.output.body.path }}"))
    flow = await lab.flow(*steps, output="{{ steps.b.output }}")
    run = await lab.start(flow, 30)
    assert run["output"] == path
    asked = lab.keys(path)
    report = await _tried(lab, flow, recordedFrom=run["id"])
    assert (report["status"], report["output"], report["warnings"]) == ("succeeded", path, [])
    assert [(one["attempt"], one["assumed"]) for one in report["requests"]] == [(1, False), (2, False)]
    assert lab.keys(path) == asked
    other = await lab.flow(*steps)
    warned = await _tried(lab, other, recordedFrom=run["id"])
    assert [one["code"] for one in warned["warnings"]] == ["recorded_elsewhere"]


async def test_answers_beyond_a_bound_are_not_taken_and_that_is_told(
    lab: Lab, served_database: Databases
) -> None:
    key = await lab.action(f"/echo/{uuid4().hex}")
    flow = await lab.flow(call("a", key), call("b", key), call("c", key))
    run = await lab.start(flow, 30)
    connection = await asyncpg.connect(served_database.direct_url)
    try:
        grown = "UPDATE execution_logs SET outputs = jsonb_set(outputs, '{body}', to_jsonb(repeat('a', 17000000)))"
        await connection.execute(f"{grown} WHERE execution_id = $1 AND step_key = 'b'", UUID(run["id"]))
    finally:
        await connection.close()
    report = await _tried(lab, flow, recordedFrom=run["id"])
    assert [one["code"] for one in report["warnings"]] == ["recorded_in_part"]
    assert [one["assumed"] for one in report["requests"]] == [False, True, True]


async def test_others_are_served_meanwhile(lab: Lab) -> None:
    """However much a dry run has to do: it has a thread of its own."""
    body = "{{ inputs.items.map(x, inputs.items.filter(y, y > x).size()) }}"
    loop = {"items": "{{ inputs.items }}", "steps": [transform("t", body)]}
    flow = await lab.flow({"key": "l", "forEach": loop})
    work = asyncio.create_task(lab.post(f"/flows/{flow}/dry-run", {"inputs": {"items": list(range(100))}}))
    answers: list[httpx.Response] = []
    while not work.done():
        answers.append(await lab.http.get("/health"))
    assert (await work).status_code == 200
    assert len(answers) > 3 and {answer.status_code for answer in answers} == {200}


async def test_charlie_tries_nothing(lab: Lab, charlie: Member) -> None:
    flow = await lab.flow(transform("a"))
    run = await lab.start(flow, 30)
    answer = await lab.http.post(f"/flows/{flow}/dry-run", json={}, headers=charlie.headers)
    refused(answer, 404, "not-found")
    own = await make_flow(lab.http, charlie)
    answer = await lab.http.post(
        f"/flows/{own['id']}/dry-run", json={"recordedFrom": run["id"]}, headers=charlie.headers
    )
    assert pointers(answer) == ["/recordedFrom"]
