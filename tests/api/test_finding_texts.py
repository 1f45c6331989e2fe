"""What findings say of every field of every body, and of query parameters: what to write, in words that read on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec import inspect

from tests.api.problems import refused
from tests.api.world import ONCE, Case
from tests.conftest import Member
from tests.engine.lab import Lab
from tolstoy.core import shape
from tolstoy.core.errors import Finding

WRONG: tuple[Any, ...] = (7, 1.5, -(10**12), True, "", "\n", "x" * 6000, [], [7], {"x": 7}, None)


def _structs(kind: inspect.Type) -> Iterator[inspect.StructType]:
    match kind:
        case inspect.Metadata():
            yield from _structs(kind.type)
        case inspect.UnionType():
            for one in kind.types:
                yield from _structs(one)
        case inspect.StructType():
            yield kind
            for field in kind.fields:
                yield from _structs(field.type)
        case inspect.DictType():
            yield from _structs(kind.value_type)
        case inspect.ListType():
            yield from _structs(kind.item_type)


def _findings(case: Case) -> Iterator[Finding]:
    for kind in _structs(inspect.type_info(case.operation.body)):
        yield from shape.check(kind, {}, "", {})
        for field in kind.fields:
            for value in WRONG:
                yield from shape.check(field.type, value, f"/{field.encode_name}", {})


@pytest.mark.parametrize("case", ONCE, ids=str)
def test_a_wrong_value_of_any_field_is_told_in_words_that_read_on(case: Case) -> None:
    for finding in _findings(case):
        if finding.code in ("unknown_field", "not_a_type"):
            continue
        said = finding.detail
        assert "write " in said, finding
        assert not re.search(r"write ([A-Z][a-z]|[^\w{])", said), finding
        assert re.search(r"[\w)}>]$", said), finding
        assert len(said) < 300, finding


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("/executions?status=done", "write one of "),
        ("/executions?limit=0", "write a number at least 1 and at most 200"),
        ("/executions?limit=x", 'this is "x": write an integer'),
        ("/executions?flowId=7", 'this is "7": write a UUID'),
        ("/executions?createdAfter=soon", 'this is "soon": write a time such as 2026-01-31T12:00:00Z'),
        ("/executions?createdAfter=2026-01-01T00:00:00", "write a time such as 2026-01-31T12:00:00Z"),
        ("/executions?version=1.5", 'this is "1.5": write an integer'),
        ("/schedules?paused=maybe", 'this is "maybe": write true or false'),
        ("/flows/{flow}/stats?window=1w", 'this is "1w": write minutes, hours or days, as in 30m, 24h or 7d'),
    ],
)
async def test_a_wrong_parameter_is_told_in_the_same_words(
    http: httpx.AsyncClient, alice: Member, query: str, said: str
) -> None:
    path = query.replace("{flow}", "01999999-0000-7000-8000-000000000005")
    (finding,) = refused(await http.get(path, headers=alice.headers), 400, "malformed")["errors"]
    assert said in finding["detail"]


async def test_a_wait_that_is_too_long_says_how_long_it_may_be(
    http: httpx.AsyncClient, alice: Member
) -> None:
    path = "/flows/01999999-0000-7000-8000-000000000005/executions"
    for wait, said in (("51", "write a number at least 0 and at most 50"), ("x", "write a number")):
        answer = await http.post(path, params={"wait": wait}, json={}, headers=alice.headers)
        (finding,) = refused(answer, 400, "malformed")["errors"]
        assert said in finding["detail"]


async def test_a_time_without_its_zone_is_told_in_a_body_too(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"filter": {"createdAfter": "2026-01-01T00:00:00"}}
    answer = await http.post("/executions/cancel", json=sent, headers=alice.headers)
    (finding,) = refused(answer, 422, "invalid")["errors"]
    assert finding["pointer"] == "/filter/createdAfter"
    assert finding["detail"].endswith("write a time such as 2026-01-31T12:00:00Z")


async def test_a_child_flow_s_inputs_are_told_without_a_word_of_a_body(lab: Lab) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    child = await lab.flow({"key": "a", "transform": 1}, inputSchema=schema)
    run = await lab.run({"key": "sub", "flow": {"id": child, "inputs": {"n": "x"}}})
    assert run["error"]["code"] == "invalid"
    assert run["error"]["message"].startswith("/inputs/n "), run["error"]


async def test_a_run_is_started_and_tried_without_a_body(lab: Lab) -> None:
    flow = await lab.flow({"key": "a", "transform": 1}, output="{{ inputs }}")
    for path in (f"/flows/{flow}/executions?wait=30", f"/flows/{flow}/dry-run"):
        answer = await lab.http.post(path, headers=lab.member.headers)
        assert (answer.status_code, answer.json()["output"]) == (200, {}), answer.text
