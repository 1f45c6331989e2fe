"""What is wrong or doubtful with a flow is told before it runs: by /flows/validate and by every save."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import jsonschema_rs

from tests.api.factories import make_action, make_flow, publish
from tests.conftest import Member
from tolstoy.domain import flow_document


async def _findings(http: httpx.AsyncClient, member: Member, **document: Any) -> tuple[str, list[Any]]:
    answer = await http.post("/flows/validate", json=document, headers=member.headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    found = [(one["pointer"], one["code"], one["severity"]) for one in body["findings"]]
    return body["result"], found


async def test_a_sound_flow_has_no_findings(http: httpx.AsyncClient, alice: Member) -> None:
    action = await make_action(http, alice)
    steps = [
        {"key": "call", "action": action["key"], "inputs": {"n": "{{ inputs.n }}"}},
        {"key": "after", "transform": "{{ steps.call.output.body }}"},
    ]
    assert await _findings(http, alice, steps=steps) == ("OK", [])


async def test_all_findings_are_told_with_pointer_code_and_severity(
    http: httpx.AsyncClient, alice: Member
) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    action = await make_action(http, alice, inputSchema=schema)
    steps = [
        {"key": "a", "transform": "{{ steps.b.output }}"},
        {"key": "b", "action": "no-such-action", "inputs": {}},
        {"key": "c", "action": action["key"], "inputs": {"n": "seven"}},
        {"key": "d", "executeIf": "inputs.x >", "transform": "{{ nobody.knows }}"},
        {"key": "e", "flow": {"id": str(uuid4())}},
        {"key": "f", "action": action["key"], "inputs": {}},
    ]
    result, found = await _findings(http, alice, steps=steps, output="{{ steps.nope.output }}")
    assert result == "FAIL"
    assert {
        ("/steps/0/transform", "step_not_reached_yet", "error"),
        ("/steps/1/action", "unknown_action", "error"),
        ("/steps/2/inputs/n", "invalid_input", "error"),
        ("/steps/3/executeIf", "invalid_expression", "error"),
        ("/steps/3/transform", "unknown_variable", "error"),
        ("/steps/4/flow/id", "unknown_flow", "error"),
        ("/output", "unknown_step", "error"),
    } <= set(found)
    assert any(code == "missing_input" and at.startswith("/steps/5/inputs") for at, code, _ in found)


async def test_a_save_refuses_errors_and_tells_what_is_doubtful(
    http: httpx.AsyncClient, alice: Member
) -> None:
    bad = await http.post(
        "/flows",
        json={"name": "Bad", "steps": [{"key": "a", "transform": "{{ steps.later.output }}"}]},
        headers=alice.headers,
    )
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (422, "unknown_step")
    steps = [
        {"key": "maybe", "executeIf": "inputs.x > 1", "transform": {"y": 1}},
        {"key": "uses", "transform": "{{ steps.maybe.output.y }}"},
    ]
    made = await make_flow(http, alice, steps=steps)
    assert [one["code"] for one in made["findings"]] == ["may_be_skipped"]
    assert [one["severity"] for one in (await publish(http, alice, made))["findings"]] == ["warning"]
    read = await http.get(f"/flows/{made['id']}", headers=alice.headers)
    assert "findings" not in read.json()


async def test_an_error_behind_many_warnings_is_told_and_stops_the_save(
    http: httpx.AsyncClient, alice: Member
) -> None:
    steps: list[dict[str, Any]] = [
        {"key": f"s{n}", "transform": "{{ inputs.a }} {{ inputs.b }}"} for n in range(300)
    ]
    doubtful = {"inputSchema": {"properties": {"n": {}}}, "steps": steps}
    result, found = await _findings(http, alice, **doubtful)
    assert (result, len(found), found[-1][1:]) == ("OK", 501, ("more_findings", "warning"))
    steps.append({"key": "call", "action": "no-such-action"})
    steps.append({"key": "run", "flow": {"id": str(uuid4())}})
    result, found = await _findings(http, alice, **doubtful)
    assert (result, len(found), found[-1][1:]) == ("FAIL", 501, ("more_findings", "error"))
    assert [code for _, code, _ in found[:2]] == ["unknown_action", "unknown_flow"]
    refused = await http.post("/flows", json={"name": "Bad", **doubtful}, headers=alice.headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_action")


async def test_an_id_of_a_flow_that_is_no_text_is_told(http: httpx.AsyncClient, alice: Member) -> None:
    for id_ in ([], {}, 5, None):
        steps = [{"key": "a", "flow": {"id": str(uuid4())}}, {"key": "b", "flow": {"id": id_}}]
        result, found = await _findings(http, alice, steps=steps)
        assert (result, [(at, code) for at, code, _ in found]) == (
            "FAIL",
            [("/steps/1/flow/id", "wrong_type"), ("/steps/0/flow/id", "unknown_flow")],
        )
        refused = await http.post("/flows", json={"name": "Bad", "steps": steps}, headers=alice.headers)
        assert refused.status_code == 422


async def test_what_has_gone_since_stops_the_publication(http: httpx.AsyncClient, alice: Member) -> None:
    action = await make_action(http, alice)
    flow = await make_flow(http, alice, steps=[{"key": "call", "action": action["key"]}])
    await http.delete(f"/actions/{action['id']}", headers=alice.headers)
    refused = await http.post(f"/flows/{flow['id']}/publish", headers=alice.headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_action")


async def test_others_actions_and_flows_are_unknown(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    action, flow = await make_action(http, alice), await make_flow(http, alice)
    steps = [
        {"key": "call", "action": action["key"], "inputs": {}},
        {"key": "run", "flow": {"id": flow["id"]}},
    ]
    assert (await _findings(http, alice, steps=steps))[0] == "OK"
    _, found = await _findings(http, charlie, steps=steps)
    assert [code for _, code, _ in found] == ["unknown_action", "unknown_flow"]


async def test_the_schema_is_published_and_agrees(http: httpx.AsyncClient) -> None:
    answer = await http.get("/schemas/flow.json")
    assert answer.headers["Content-Type"].startswith("application/schema+json")
    schema = answer.json()
    assert schema["$id"] == "/schemas/flow.json"
    assert schema == flow_document.schema()
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"steps": [{"key": "a", "transform": 1}]})
    assert not validator.is_valid({"steps": [{"key": "a", "transform": 1, "wait": {"seconds": 1}}]})


async def test_an_actions_expressions_are_checked_when_it_is_saved(
    http: httpx.AsyncClient, alice: Member
) -> None:
    action = await make_action(http, alice)
    path = f"/actions/{action['id']}"
    for change, pointer in (
        ({"executeIf": "steps.a.output"}, "/executeIf"),
        ({"executeIf": "inputs.x >"}, "/executeIf"),
        ({"headers": {"X-A": "{{ execution.id }}"}}, "/headers/X-A"),
        ({"headers": {"X-A": "{{ inputs. }}"}}, "/headers/X-A"),
    ):
        refused = await http.patch(path, json=change, headers=alice.headers)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), change
    fine = await http.patch(path, json={"executeIf": "inputs.amount > 0"}, headers=alice.headers)
    assert fine.status_code == 200
