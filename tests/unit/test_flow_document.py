import copy
import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.domain import flow_document, flow_step
from tolstoy.domain.flow_document import FlowDocument

Cases = list[tuple[object, list[tuple[str, str]]]]

EXAMPLE: dict[str, Any] = {
    "inputSchema": {
        "type": "object",
        "required": ["orderId"],
        "properties": {"orderId": {"type": "string"}},
    },
    "steps": [
        {"key": "order", "action": "get-order", "inputs": {"id": "{{ inputs.orderId }}"}},
        {
            "key": "refund",
            "action": "create-refund",
            "executeIf": "steps.order.output.body.total > 0",
            "inputs": {"order": "{{ steps.order.output.body.id }}"},
            "timeoutSeconds": 20,
            "retry": {
                "maxAttempts": 5,
                "intervalSeconds": 1,
                "backoffRate": 2,
                "maxDelaySeconds": 60,
                "jitter": "full",
                "on": ["timeout", "http.5xx", "http.429"],
            },
            "onError": "continue",
        },
        {"key": "cool", "wait": {"seconds": 3600}},
        {"key": "approve", "approval": {"approvals": 1, "timeoutSeconds": 86400}},
        {
            "key": "lines",
            "forEach": {
                "items": "{{ steps.order.output.body.lines }}",
                "concurrency": 5,
                "steps": [{"key": "charge", "action": "charge", "inputs": {"line": "{{ item }}"}}],
            },
        },
        {
            "key": "route",
            "switch": {
                "cases": [
                    {"when": "inputs.vip", "steps": [{"key": "greet", "transform": "Dear {{ inputs.name }}"}]}
                ],
                "default": [{"key": "hello", "transform": "Hello"}],
            },
        },
        {
            "key": "both",
            "parallel": {"branches": [[{"key": "left", "transform": 1}], [{"key": "right", "callback": {}}]]},
        },
        {"key": "child", "flow": {"id": "01978f2a-5c9e-7d3b-8a41-3f6f0c2d9b17", "version": 3, "inputs": {}}},
        {
            "key": "raw",
            "http": {"method": "POST", "url": "https://api.example.com/refunds", "headers": {}, "body": {}},
        },
        {"key": "shape", "transform": {"total": "{{ size(steps.lines.output) }}"}},
    ],
    "output": {"refundId": "{{ steps.refund.output.body.id }}"},
    "onFailure": [{"key": "tell", "action": "notify", "inputs": {"text": "{{ error.message }}"}}],
}


def a_step(**fields: Any) -> dict[str, Any]:
    return {"key": "a", **fields}


def with_steps(*steps: Any) -> dict[str, Any]:
    return {"steps": list(steps)}


def nested(levels: int) -> dict[str, Any]:
    step: dict[str, Any] = {"key": "inmost", "transform": 1}
    for level in range(levels):
        step = {"key": f"level{level}", "forEach": {"items": [1], "steps": [step]}}
    return with_steps(step)


ONE = [{"key": "b", "transform": 1}]


def found(document: object) -> list[tuple[str | None, str]]:
    return [(finding.pointer, finding.code) for finding in flow_document.check(document)]


PUBLISHED = jsonschema_rs.Draft202012Validator(flow_document.schema(), offline=True)


def conforms(document: object) -> bool:
    return PUBLISHED.is_valid(document)


def test_the_design_example_passes() -> None:
    assert flow_document.check(EXAMPLE) == []
    assert conforms(EXAMPLE)


def test_a_checked_document_becomes_a_typed_one_and_back() -> None:
    flow = msgspec.convert(EXAMPLE, FlowDocument)
    again = msgspec.to_builtins(flow)
    assert flow_document.check(again) == []
    assert msgspec.convert(again, FlowDocument) == flow


@pytest.mark.parametrize(
    "document",
    [
        {"steps": []},
        {"steps": [], "output": None},
        {"steps": [], "maxDurationSeconds": 0.5},
        with_steps(a_step(transform=None)),
        with_steps(a_step(wait={"seconds": "{{ inputs.pause }}"})),
        with_steps(a_step(wait={"until": "2030-01-31T09:00:00+01:00"})),
        with_steps(a_step(wait={"until": "{{ inputs.due }}"})),
        with_steps(
            a_step(forEach={"items": [1, "{{ inputs.two }}"], "steps": [{"key": "b", "transform": 1}]})
        ),
        with_steps(a_step(switch={"cases": [{"when": "inputs.vip", "steps": []}], "default": []})),
        with_steps(a_step(http={"method": "GET", "url": "{{ inputs.base }}/v1?q={{ inputs.q }}"})),
        with_steps(a_step(transform='{{ {"a": {"b": 1}}.a.b }}')),
        with_steps(a_step(transform="""{{ inputs.text.replace("}}", '{{') + r"\\" }}""")),
        with_steps(*({"key": f"s{n}", "transform": n} for n in range(flow_step.MAX_STEPS))),
        nested(flow_step.MAX_NESTING),
        {"inputSchema": {"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a"}, "steps": []},
    ],
)
def test_passes(document: object) -> None:
    assert flow_document.check(document) == []
    assert conforms(document)
    msgspec.convert(document, FlowDocument)


DOCUMENTS: Cases = [
    ([], [("", "wrong_type")]),
    (None, [("", "wrong_type")]),
    ({}, [("/steps", "missing_field")]),
    ({"steps": {}}, [("/steps", "wrong_type")]),
    ({"steps": [1]}, [("/steps/0", "wrong_type")]),
    ({"steps": [{"transform": 1}]}, [("/steps/0/key", "missing_field")]),
    ({"steps": [], "step": []}, [("/step", "unknown_field")]),
    ({"steps": [], "a/b~c": 1}, [("/a~1b~0c", "unknown_field")]),
    ({"steps": [], "onFailure": None}, [("/onFailure", "wrong_type")]),
    ({"steps": [], "inputSchema": True}, [("/inputSchema", "wrong_type")]),
    ({"steps": [], "maxDurationSeconds": 0}, [("/maxDurationSeconds", "out_of_range")]),
    ({"steps": [], "maxDurationSeconds": 366 * 24 * 3600 + 1}, [("/maxDurationSeconds", "out_of_range")]),
]

BETWEEN_STEPS: Cases = [
    (with_steps(a_step(transform=1), a_step(transform=2)), [("/steps/1/key", "duplicate_key")]),
    ({"steps": ONE, "onFailure": ONE}, [("/onFailure/0/key", "duplicate_key")]),
    (
        with_steps(
            {"key": "c", "forEach": {"items": [1], "steps": ONE}},
            {"key": "d", "switch": {"cases": [{"when": "true", "steps": ONE}], "default": ONE}},
            {"key": "e", "parallel": {"branches": [ONE, ONE]}},
        ),
        [
            ("/steps/1/switch/cases/0/steps/0/key", "duplicate_key"),
            ("/steps/1/switch/default/0/key", "duplicate_key"),
            ("/steps/2/parallel/branches/0/0/key", "duplicate_key"),
            ("/steps/2/parallel/branches/1/0/key", "duplicate_key"),
        ],
    ),
    (nested(9), [("/steps/0" + "/forEach/steps/0" * 8 + "/forEach/steps", "nested_too_deep")]),
    (with_steps(*({"key": f"s{n}", "transform": n} for n in range(1001))), [("", "too_many_steps")]),
]


@pytest.mark.parametrize(("document", "expected"), DOCUMENTS + BETWEEN_STEPS)
def test_findings(document: object, expected: list[tuple[str, str]]) -> None:
    assert found(document) == expected


def test_findings_in_the_input_schema_and_the_output() -> None:
    assert found({"inputSchema": {"type": "objct"}, "steps": [], "output": {"a": "{{"}}) == [
        ("/inputSchema/type", "invalid_schema"),
        ("/output/a", "unbalanced_braces"),
    ]


@pytest.mark.parametrize("document", [document for document, _ in DOCUMENTS])
def test_the_published_schema_refuses_the_same_shapes(document: object) -> None:
    assert not conforms(document)


def test_all_findings_come_at_once_and_say_what_to_write() -> None:
    document = copy.deepcopy(EXAMPLE)
    document["outputs"] = document.pop("output")
    document["steps"][1]["retry"]["maxAttempts"] = 0
    document["steps"][4]["forEach"]["steps"][0]["key"] = "order"
    document["steps"][8]["transfrom"] = document["steps"][8].pop("http")
    assert [(finding.pointer, finding.detail) for finding in flow_document.check(document)] == [
        ("/outputs", 'no field "outputs" here: did you mean output?'),
        ("/steps/1/retry/maxAttempts", "write a number at least 1 and at most 20"),
        ("/steps/8/transfrom", 'no field "transfrom" here: did you mean transform?'),
        ("/steps/8", f"write one of {', '.join(flow_step.KINDS)}"),
        ("/steps/4/forEach/steps/0/key", 'write another key: "order" is that of /steps/0'),
    ]


def test_a_document_too_large_is_not_looked_into() -> None:
    document = {"steps": [], "output": "é" * (flow_step.MAX_DOCUMENT_BYTES // 2), "unknown": 1}
    assert found(document) == [("", "document_too_large")]


def test_a_document_too_deep_is_not_looked_into() -> None:
    output: Any = 1
    for _ in range(100_000):
        output = [output]
    assert found({"steps": [], "output": output}) == [("", "too_deep")]


def test_the_list_of_findings_is_bounded() -> None:
    findings = found({"steps": [1] * 100_000})
    assert len(findings) == flow_document.MAX_FINDINGS + 1
    assert findings[-1] == ("", "more_findings")


def test_the_published_schema_is_one() -> None:
    jsonschema_rs.meta.validate(flow_document.schema())
    assert flow_document.schema()["$id"] == "/schemas/flow.json"
    json.dumps(flow_document.schema())


NAMES = st.sampled_from(
    [
        *FlowDocument.__struct_encode_fields__,
        *flow_step.Step.__struct_encode_fields__,
        *(
            "cases",
            "branches",
            "items",
            "when",
            "default",
            "seconds",
            "until",
            "$ref",
            "$schema",
            "properties",
        ),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS | st.sampled_from(["{{ a }}", "{{", "}}"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.dictionaries(NAMES, inner),
)


@settings(deadline=None)
@given(JSON | st.dictionaries(NAMES, JSON))
def test_check_never_raises_and_what_it_passes_is_a_flow(document: object) -> None:
    if not flow_document.check(document):
        msgspec.convert(document, FlowDocument)
        assert conforms(document)
