import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_flow_document import EXAMPLE, JSON, NAMES
from tolstoy.core.errors import Finding
from tolstoy.domain import flow_checks, flow_document
from tolstoy.domain.flow_checks import ActionFacts

ORDER = ActionFacts(
    "/orders/{id}",
    {
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string"},
            "limit": {"$ref": "#/$defs/limit"},
            "filter": {"type": "object", "required": ["by"], "properties": {"by": {"enum": ["a", "b"]}}},
        },
        "$defs": {"limit": {"type": "integer", "minimum": 1}},
    },
)
EITHER = ActionFacts(
    "/x",
    {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"properties": {"n": {"type": "string"}}}},
)
ACTIONS = {"get-order": ORDER, "either": EITHER, "free": ActionFacts("/free/{path}/{path}")}


def found(action: str, inputs: dict[str, Any] | None = None) -> list[tuple[str | None, str]]:
    step: dict[str, Any] = {"key": "a", "action": action}
    if inputs is not None:
        step["inputs"] = inputs
    return [
        ((finding.pointer or "").removeprefix("/steps/0"), finding.code)
        for finding in flow_checks.check({"steps": [step]}, ACTIONS)
    ]


@pytest.mark.parametrize(
    ("action", "inputs", "expected"),
    [
        ("get-order", {"id": "7", "limit": 2, "filter": {"by": "a"}}, []),
        ("get-order", {"id": "{{ inputs.id }}", "limit": "{{ inputs.limit }}"}, []),
        ("get-order", {"id": "x {{ inputs.id }}", "filter": {"by": "{{ inputs.by }}"}}, []),
        ("get-order", None, [("/inputs/id", "missing_input")]),
        ("get-order", {"limit": "{{ inputs.limit }}"}, [("/inputs/id", "missing_input")]),
        ("get-order", {"id": 7}, [("/inputs/id", "invalid_input")]),
        ("get-order", {"id": "7", "limit": 0}, [("/inputs/limit", "invalid_input")]),
        (
            "get-order",
            {"id": "{{ inputs.id }}", "filter": {"by": "c"}},
            [("/inputs/filter/by", "invalid_input")],
        ),
        ("get-order", {"id": "{{ inputs.id }}", "filter": {}}, [("/inputs/filter/by", "missing_input")]),
        ("get-order", {"id": "{{ inputs.id }}", "lmit": 1}, [("/inputs/lmit", "unknown_input")]),
        ("either", {"kind": "a", "n": 1}, [("/inputs/n", "invalid_input")]),
        ("either", {"kind": "{{ inputs.kind }}", "n": 1}, []),
        ("free", {"anything": 1}, [("/inputs/path", "missing_input")]),
        ("free", {"path": "x"}, []),
        ("nope", {"id": 7}, [("/action", "unknown_action")]),
    ],
)
def test_inputs_of_actions(
    action: str, inputs: dict[str, Any] | None, expected: list[tuple[str, str]]
) -> None:
    assert found(action, inputs) == expected


def test_a_schema_that_cannot_be_used_is_passed_over() -> None:
    broken = ActionFacts("/", {"type": "objct"})
    document = {"steps": [{"key": "a", "action": "broken", "inputs": {"a": 1}}]}
    assert list(flow_checks.check(document, {"broken": broken})) == []


def test_what_the_caller_has_to_load() -> None:
    assert flow_checks.action_keys(EXAMPLE) == {"get-order", "create-refund", "charge", "notify"}
    assert flow_checks.flow_ids(EXAMPLE) == {"01978f2a-5c9e-7d3b-8a41-3f6f0c2d9b17"}
    assert flow_checks.action_keys([]) == flow_checks.flow_ids(None) == set()


def test_the_design_example_has_but_warnings() -> None:
    actions = {key: ActionFacts("/x") for key in flow_checks.action_keys(EXAMPLE)}
    assert [
        (finding.pointer, finding.code, finding.severity) for finding in flow_checks.check(EXAMPLE, actions)
    ] == [
        ("/steps/5/switch/cases/0/when", "undeclared_input", "warning"),
        ("/steps/5/switch/cases/0/steps/0/transform", "undeclared_input", "warning"),
        ("/output/refundId", "may_be_skipped", "warning"),
    ]


def test_the_shape_comes_first_and_hides_nothing() -> None:
    document = {
        "steps": [{"key": "a", "transfrom": "{{ foo }}"}, {"key": "b", "transform": "{{ foo }}"}],
        "x": 1,
    }
    assert [
        (finding.pointer, finding.code, finding.severity) for finding in flow_checks.check(document, {})
    ] == [
        ("/x", "unknown_field", "error"),
        ("/steps/0/transfrom", "unknown_field", "error"),
        ("/steps/0", "no_kind", "error"),
        ("/steps/1/transform", "unknown_variable", "error"),
    ]


def test_what_the_shape_refuses_is_not_refused_again() -> None:
    document = {
        "steps": [
            {"key": "a", "transform": "{{ a", "executeIf": "{{ a }}"},
            {"key": "b", "transform": "{{ }}", "executeIf": " "},
            {"key": "c", "transform": "{{" + "a" * 2001 + "}}"},
        ]
    }
    found = list(flow_checks.check(document, {}))
    assert not {finding.code for finding in found} & {"invalid_expression", "unknown_variable"}
    assert len(found) == len(flow_document.check(document)) == 5


def test_long_paths() -> None:
    step: dict[str, Any] = {"key": "x" * 64, "transform": 1}
    for level in range(7):
        step = {"key": f"{level}".rjust(64, "_"), "forEach": {"items": [1], "steps": [step]}}
    findings = flow_checks.check({"steps": [step]}, {})
    assert [(finding.pointer, finding.code) for finding in findings] == [
        ("/steps/0" + "/forEach/steps/0" * 7 + "/key", "path_too_long")
    ]


def test_the_list_of_findings_is_bounded() -> None:
    document = {"steps": [{"key": f"s{n}", "transform": "{{ foo }} {{ bar }}"} for n in range(600)]}
    findings = flow_document.bounded(flow_checks.check(document, {}))
    assert len(findings) == flow_document.MAX_FINDINGS + 1
    assert (findings[-1].code, findings[-1].severity) == ("more_findings", "error")


def test_warnings_hide_no_error() -> None:
    doubtful = "{{ inputs.a }} {{ inputs.b }}"
    document: dict[str, Any] = {
        "inputSchema": {"properties": {"n": {}}},
        "steps": [{"key": f"s{n}", "transform": doubtful} for n in range(300)],
    }
    findings = flow_document.bounded(flow_checks.check(document, {}))
    assert len(findings) == flow_document.MAX_FINDINGS + 1
    assert {finding.severity for finding in findings} == {"warning"}
    document["output"] = ["{{ foo }}"] * 3
    findings = flow_document.bounded(flow_checks.check(document, {}))
    assert len(findings) == flow_document.MAX_FINDINGS + 1
    assert [(finding.pointer, finding.severity) for finding in findings[:4]] == [
        ("/output/0", "error"),
        ("/output/1", "error"),
        ("/output/2", "error"),
        ("/steps/0/transform", "warning"),
    ]
    assert (findings[-1].code, findings[-1].severity) == ("more_findings", "error")


def test_findings_that_are_few_keep_their_order() -> None:
    document = {"inputSchema": {"properties": {}}, "steps": [{"key": "a", "transform": "{{ inputs.a }}"}]}
    found = [*flow_checks.check(document, {}), *flow_checks.check({"steps": [1]}, {})]
    assert flow_document.bounded(found) == found
    assert [finding.severity for finding in found] == ["warning", "error"]


def test_nobody_looks_for_more_errors_than_are_listed() -> None:
    looked_at: list[int] = []

    def errors() -> Iterator[Finding]:
        for number in range(10_000):
            looked_at.append(number)
            yield Finding("wrong", "", severity="error")

    assert len(flow_document.bounded(errors())) == flow_document.MAX_FINDINGS + 1
    assert len(looked_at) == flow_document.MAX_FINDINGS + 1


def test_what_is_too_deep_is_not_looked_into() -> None:
    output: Any = "{{ foo }}"
    for _ in range(100_000):
        output = [output]
    findings = flow_checks.check({"steps": [], "output": output}, {})
    assert [(finding.code, finding.severity) for finding in findings] == [("too_deep", "error")]


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("inputs.total > 0", []),
        ("inputs.total", []),
        ("inputs.total + 1", ["wrong_type"]),
        ("steps.a.output", ["unknown_variable"]),
        ("item == 1", ["unknown_variable"]),
        ("foo", ["unknown_variable"]),
        ("inputs.", ["invalid_expression"]),
    ],
)
def test_the_condition_of_an_action(source: str, codes: list[str]) -> None:
    findings = flow_checks.check_action_condition(source)
    assert [finding.code for finding in findings] == codes
    assert all(finding.pointer == "/executeIf" and finding.severity is None for finding in findings)


EXPRESSIONS = st.sampled_from(
    ["{{ steps.a.output }}", "{{ item }}", "{{ inputs.a + 1 }}", "{{ 1 + }}", "steps.b.status"]
)
KEYS = st.sampled_from(["a", "b", "c", 1, None])
STEPS = st.recursive(
    st.fixed_dictionaries(
        {"key": KEYS}, optional={"transform": EXPRESSIONS | JSON, "executeIf": EXPRESSIONS | JSON}
    ),
    lambda inner: st.fixed_dictionaries(
        {"key": KEYS},
        optional={
            "forEach": st.fixed_dictionaries(
                {"items": EXPRESSIONS | JSON, "steps": st.lists(inner | JSON, max_size=3)}
            )
            | JSON,
            "switch": st.fixed_dictionaries(
                {
                    "cases": st.lists(
                        st.fixed_dictionaries(
                            {"when": EXPRESSIONS | JSON, "steps": st.lists(inner, max_size=2) | JSON}
                        ),
                        max_size=2,
                    )
                }
            )
            | JSON,
            "parallel": st.fixed_dictionaries(
                {"branches": st.lists(st.lists(inner, max_size=2) | JSON, max_size=2)}
            )
            | JSON,
            "action": st.sampled_from(["get-order", "nope"]) | JSON,
            "inputs": st.dictionaries(st.text(), EXPRESSIONS | JSON, max_size=2) | JSON,
        },
    ),
    max_leaves=6,
)
DOCUMENTS = st.fixed_dictionaries(
    {"steps": st.lists(STEPS | JSON, max_size=3)},
    optional={"onFailure": st.lists(STEPS, max_size=2), "output": EXPRESSIONS | JSON, "inputSchema": JSON},
)


@settings(deadline=None, max_examples=100)
@given(DOCUMENTS | JSON | st.dictionaries(NAMES, JSON))
def test_check_never_raises(document: Any) -> None:
    before = copy.deepcopy(document)
    findings = list(flow_checks.check(document, ACTIONS))
    assert all(finding.severity in ("error", "warning") for finding in findings)
    assert repr(document) == repr(before)


@pytest.mark.parametrize(("number", "remedy"), [(50, "did you mean name_7?"), (51, "there are 51 others")])
def test_what_is_like_it_is_looked_for_among_few(number: int, remedy: str) -> None:
    document = {
        "inputSchema": {"properties": {f"name_{index}": {} for index in range(number)}},
        "steps": [{"key": "a", "transform": "{{ inputs.nam_7 }}"}],
    }
    (told,) = flow_checks.check(document, {})
    assert told.detail == f"inputs.nam_7 is not in the inputSchema: {remedy}"
