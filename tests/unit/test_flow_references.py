from typing import Any

import pytest

from tolstoy.domain import flow_checks, flow_document

ONE = {"key": "one", "transform": 1}
MAYBE = {"key": "maybe", "transform": 1, "executeIf": "inputs.vip"}
TRIED = {"key": "tried", "http": {"method": "GET", "url": "https://x.example"}, "onError": "continue"}
LOOP = {"key": "loop", "forEach": {"items": [1], "steps": [{"key": "inner", "transform": 1}]}}
CHOICE = {
    "key": "choice",
    "switch": {
        "cases": [{"when": "true", "steps": [{"key": "left", "transform": 1}]}],
        "default": [{"key": "right", "transform": 1}],
    },
}
BOTH = {
    "key": "both",
    "parallel": {"branches": [[{"key": "up", "transform": 1}], [{"key": "down", "transform": 1}]]},
}
HOOK = {"key": "hook", "callback": {}}
BEFORE = [ONE, MAYBE, TRIED, LOOP, CHOICE, BOTH, HOOK]


def found(document: dict[str, Any]) -> list[tuple[str | None, str, str | None]]:
    assert flow_document.check(document) == []
    return [(finding.pointer, finding.code, finding.severity) for finding in flow_checks.check(document, {})]


def reading(source: str, **fields: Any) -> dict[str, Any]:
    return {"key": "reader", "transform": f"{{{{ {source} }}}}", **fields}


def in_flow(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flow with the step behind others of every kind."""
    return {"steps": [*BEFORE, step, {"key": "later", "transform": 1}], **more}


def codes(source: str, **fields: Any) -> list[tuple[str, str | None]]:
    return [(code, severity) for _, code, severity in found(in_flow(reading(source, **fields)))]


@pytest.mark.parametrize(
    "source",
    [
        "steps.one.output.a.b",
        "steps.one.status + string(steps.one.error)",
        "steps['one']['output']",
        "steps[inputs.which].output",
        "steps.loop.output[0].x",
        "steps.both.output",
        "steps.up.output.a + steps.down.output.a",
        "steps.maybe.output",
        "steps.maybe.status == 'completed' ? steps.maybe.output.a : 1",
        "steps.maybe.output == null ? 1 : steps.maybe.output.a",
        "has(steps.maybe.output.a) ? steps.maybe.output.a : 1",
        "steps.maybe.?output.?a.orValue(1)",
        "steps.maybe.output.?a.orValue(1)",
        "steps.left.output",
        "steps.choice.output.a",
        "callbacks.hook",
        "execution.id",
        "inputs.anything",
        "inputs.list.map(item, item + 1)",
    ],
)
def test_passes(source: str) -> None:
    assert codes(source) == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("steps.nope.output", "unknown_step"),
        ("steps.later.output", "step_not_reached_yet"),
        ("steps.reader.output", "step_not_reached_yet"),
        ("steps.inner.output", "step_not_reached_yet"),
        ("steps.one.body", "unknown_field"),
        ("steps.one['outputs'].x", "unknown_field"),
        ("has(steps.one.result)", "unknown_field"),
        ("callbacks.one", "unknown_step"),
        ("item", "unknown_variable"),
        ("index + 1", "unknown_variable"),
        ("loops.loop.item", "unknown_variable"),
        ("error.message", "unknown_variable"),
        ("secrets.token", "unknown_variable"),
        ("now", "unknown_variable"),
        ("inputs.a +", "invalid_expression"),
        ("1 + 'a'", "invalid_expression"),
        ("inputs.?a", "wrong_type"),
        ("b'abc'", "wrong_type"),
    ],
)
def test_errors(source: str, code: str) -> None:
    assert codes(source) == [(code, "error")]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("steps.maybe.output.a", "may_be_skipped"),
        ("steps.left.output.a", "may_be_skipped"),
        ("has(steps.maybe.output) ? steps.maybe.output.a : 1", "may_be_skipped"),
        ("steps.tried.output.body", "may_have_failed"),
    ],
)
def test_warnings(source: str, code: str) -> None:
    assert codes(source) == [(code, "warning")]
    assert (
        codes(
            source,
            executeIf="steps.maybe.output != null && steps.left.output != null && has(steps.tried.output.body)",
        )
        == []
    )


def test_the_same_condition_skips_both() -> None:
    assert codes("steps.maybe.output.a", executeIf="inputs.vip") == []


def test_a_case_counts_on_its_condition() -> None:
    step = {
        "key": "again",
        "switch": {
            "cases": [
                {"when": "steps.maybe.status == 'completed'", "steps": [reading("steps.maybe.output.a")]},
                {"when": "inputs.x", "steps": [{**reading("steps.maybe.output.a"), "key": "other"}]},
            ]
        },
    }
    assert found(in_flow(step)) == [
        ("/steps/7/switch/cases/1/steps/0/transform", "may_be_skipped", "warning"),
    ]


def test_inside_a_loop() -> None:
    steps = [
        {"key": "a", "transform": "{{ item.x + index + loops.outer.index }}"},
        {"key": "b", "transform": "{{ steps.a.output.x }}"},
        {"key": "hook", "callback": {}},
        {
            "key": "deep",
            "forEach": {
                "items": "{{ item.lines }}",
                "steps": [
                    {
                        "key": "c",
                        "transform": "{{ loops.outer.item + loops.deep.item + steps.a.output + callbacks.hook }}",
                    }
                ],
            },
        },
        {"key": "d", "transform": "{{ steps.outer.output + loops.deep.item }}"},
    ]
    flow = {
        "steps": [
            {"key": "outer", "forEach": {"items": "{{ inputs.list }}", "steps": steps}},
            {"key": "e", "transform": "{{ [steps.a.output, callbacks.hook] }}"},
        ]
    }
    assert found(flow) == [
        ("/steps/0/forEach/steps/4/transform", "step_not_reached_yet", "error"),
        ("/steps/0/forEach/steps/4/transform", "unknown_variable", "error"),
        ("/steps/1/transform", "step_not_reached_yet", "error"),
        ("/steps/1/transform", "step_not_reached_yet", "error"),
    ]


@pytest.mark.parametrize(
    "step",
    [
        {"key": "p", "parallel": {"branches": [[{"key": "x", "transform": 1}], [reading("steps.x.output")]]}},
        {"key": "p", "parallel": {"branches": [[reading("steps.x.output")], [{"key": "x", "transform": 1}]]}},
        {"key": "p", "parallel": {"branches": [[reading("steps.p.output")]]}},
        {
            "key": "s",
            "switch": {
                "cases": [{"when": "true", "steps": [{"key": "x", "transform": 1}]}],
                "default": [reading("steps.x.output")],
            },
        },
        {
            "key": "s",
            "switch": {"cases": [{"when": "steps.x.output", "steps": [{"key": "x", "transform": 1}]}]},
        },
        {"key": "l", "forEach": {"items": "{{ steps.x.output }}", "steps": [{"key": "x", "transform": 1}]}},
        {**reading("1"), "executeIf": "steps.reader.status == 'completed'"},
    ],
)
def test_what_is_beside_around_or_inside_is_not_done(step: dict[str, Any]) -> None:
    assert [finding[1:] for finding in found(in_flow(step))] == [("step_not_reached_yet", "error")]


def test_the_end_and_the_failure() -> None:
    flow = {
        "steps": [ONE, LOOP],
        "onFailure": [
            {"key": "tell", "transform": "{{ error.message }} {{ steps.one.output }}"},
            {"key": "ask", "transform": "{{ has(steps.one) ? steps.one.output.a : steps.tell.output.b }}"},
            {"key": "inner_too", "transform": "{{ steps.inner.output }}"},
            {"key": "if", "executeIf": "has(steps.one)", "transform": "{{ steps.one.output }}"},
        ],
        "output": {
            "a": "{{ steps.one.output.a }}",
            "b": "{{ steps.tell.output }}",
            "c": "{{ error.message }}",
        },
    }
    assert found(flow) == [
        ("/onFailure/0/transform", "may_not_have_run", "warning"),
        ("/onFailure/2/transform", "step_not_reached_yet", "error"),
        ("/output/b", "step_not_reached_yet", "error"),
        ("/output/c", "unknown_variable", "error"),
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"known": {}}, "additionalProperties": False}, [("undeclared_input", "error")]),
        ({"properties": {"known": {}}}, [("undeclared_input", "warning")]),
        ({"properties": {"known": {}}, "allOf": [{}]}, []),
        ({"type": "object"}, []),
    ],
)
def test_inputs_are_declared(schema: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    flow = {"inputSchema": schema, "steps": [reading("inputs.known + inputs.knwon + inputs.knwon")]}
    assert [finding[1:] for finding in found(flow)] == expected


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"executeIf": "inputs.a + 1", "transform": 1}, "/executeIf"),
        ({"forEach": {"items": "{{ 'abc' }}", "steps": [ONE]}}, "/forEach/items"),
        ({"wait": {"seconds": "{{ 'abc' }}"}}, "/wait/seconds"),
        ({"wait": {"until": "{{ 5 }}"}}, "/wait/until"),
        ({"switch": {"cases": [{"when": "size(inputs.a)", "steps": [ONE]}]}}, "/switch/cases/0/when"),
    ],
)
def test_what_is_wanted_is_another_type(fields: dict[str, Any], at: str) -> None:
    assert found({"steps": [{"key": "a", **fields}]}) == [(f"/steps/0{at}", "wrong_type", "error")]


def test_every_place_of_a_step_is_looked_into() -> None:
    bad = "{{ foo }}"
    flow = {
        "steps": [
            {"key": "a", "action": "x", "inputs": {"p": [bad]}, "executeIf": "foo"},
            {
                "key": "b",
                "http": {
                    "method": "GET",
                    "url": bad,
                    "headers": {"h": bad},
                    "query": {"q": bad},
                    "body": {"b": bad},
                },
            },
            {"key": "c", "flow": {"id": "01978f2a-5c9e-7d3b-8a41-3f6f0c2d9b17", "inputs": {"i": bad}}},
            {"key": "d", "forEach": {"items": [bad], "steps": [{"key": "e", "transform": bad}]}},
        ],
        "output": [bad],
    }
    assert [at for at, code, _ in found(flow) if code == "unknown_variable"] == [
        "/steps/0/executeIf",
        "/steps/0/inputs/p/0",
        "/steps/1/http/url",
        "/steps/1/http/headers/h",
        "/steps/1/http/query/q",
        "/steps/1/http/body/b",
        "/steps/2/flow/inputs/i",
        "/steps/3/forEach/items/0",
        "/steps/3/forEach/steps/0/transform",
        "/output/0",
    ]


def test_what_to_write_instead() -> None:
    sources = "steps.onee.output", "steps.inner.output", "steps.maybe.output.a", "steps.one.body", "inpts.a"
    details = [
        finding.detail for source in sources for finding in flow_checks.check(in_flow(reading(source)), {})
    ]
    assert details == [
        "steps.onee is no step: did you mean one?",
        "steps.inner cannot be read here: it runs once for each item: write steps.loop.output, the list of what"
        " each gave",
        "maybe may be skipped, then steps.maybe.output is null: ask has(steps.maybe.output.a) before, or write .?"
        " and .orValue(…)",
        "steps.one has status, output and error: write steps.one.output.body",
        "there is no variable inpts: did you mean inputs?",
    ]
