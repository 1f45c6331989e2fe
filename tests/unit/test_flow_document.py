import copy
import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolstoy.domain import flow_document, flow_step, flow_template
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
        {
            "inputSchema": {"properties": {"$ref": {}, "enum": {}}, "default": {"$ref": "http://x"}},
            "steps": [],
        },
    ],
)
def test_passes(document: object) -> None:
    assert flow_document.check(document) == []
    assert conforms(document)
    msgspec.convert(document, FlowDocument)


SHAPE: Cases = [
    ([], [("", "wrong_type")]),
    (None, [("", "wrong_type")]),
    ({}, [("/steps", "missing_field")]),
    ({"steps": {}}, [("/steps", "wrong_type")]),
    ({"steps": [], "step": []}, [("/step", "unknown_field")]),
    ({"steps": [], "a/b~c": 1}, [("/a~1b~0c", "unknown_field")]),
    ({"steps": [], "onFailure": None}, [("/onFailure", "wrong_type")]),
    (with_steps(1), [("/steps/0", "wrong_type")]),
    (with_steps({"transform": 1}), [("/steps/0/key", "missing_field")]),
    (with_steps({"key": 1, "transform": 1}), [("/steps/0/key", "wrong_type")]),
    (with_steps({"key": "get-order", "transform": 1}), [("/steps/0/key", "invalid_format")]),
    (with_steps({"key": "in", "transform": 1}), [("/steps/0/key", "invalid_format")]),
    (with_steps({"key": "a\n", "transform": 1}), [("/steps/0/key", "invalid_format")]),
    (with_steps({"key": "a" * 65, "transform": 1}), [("/steps/0/key", "invalid_format")]),
    (with_steps(a_step(transform=1, name="")), [("/steps/0/name", "too_short")]),
    (with_steps(a_step(transform=1, name=None)), [("/steps/0/name", "wrong_type")]),
    (with_steps(a_step(transform=1, onError="ignore")), [("/steps/0/onError", "invalid_value")]),
    (with_steps(a_step(action="Get Order")), [("/steps/0/action", "invalid_format")]),
    (with_steps(a_step(action="get", inputs=[])), [("/steps/0/inputs", "wrong_type")]),
    (with_steps(a_step(action="get", timeoutSeconds=0)), [("/steps/0/timeoutSeconds", "out_of_range")]),
    (with_steps(a_step(action="get", timeoutSeconds=True)), [("/steps/0/timeoutSeconds", "wrong_type")]),
    (
        with_steps(a_step(action="get", retry={"maxAttempts": 21})),
        [("/steps/0/retry/maxAttempts", "out_of_range")],
    ),
    (
        with_steps(a_step(action="get", retry={"maxAttempts": 2.5})),
        [("/steps/0/retry/maxAttempts", "wrong_type")],
    ),
    (
        with_steps(a_step(action="get", retry={"backoffRate": 0.5})),
        [("/steps/0/retry/backoffRate", "out_of_range")],
    ),
    (with_steps(a_step(action="get", retry={"on": []})), [("/steps/0/retry/on", "too_few")]),
    (
        with_steps(a_step(action="get", retry={"on": ["http.600"]})),
        [("/steps/0/retry/on/0", "invalid_format")],
    ),
    (with_steps(a_step(http={"url": "https://x"})), [("/steps/0/http/method", "missing_field")]),
    (
        with_steps(a_step(http={"method": "get", "url": "https://x"})),
        [("/steps/0/http/method", "invalid_value")],
    ),
    (with_steps(a_step(http={"method": "GET", "url": "ftp://x"})), [("/steps/0/http/url", "invalid_format")]),
    (
        with_steps(
            a_step(http={"method": "GET", "url": "https://x", "headers": {"A B": "1", "C": "1\r\nD: 2"}})
        ),
        [("/steps/0/http/headers/A B", "invalid_format"), ("/steps/0/http/headers/C", "invalid_format")],
    ),
    (with_steps(a_step(approval={"approvals": 0})), [("/steps/0/approval/approvals", "out_of_range")]),
    (with_steps(a_step(callback={"timeout": 9})), [("/steps/0/callback/timeout", "unknown_field")]),
    (
        with_steps(a_step(forEach={"items": 3, "steps": []})),
        [("/steps/0/forEach/items", "wrong_type"), ("/steps/0/forEach/steps", "too_few")],
    ),
    (
        with_steps(a_step(forEach={"items": [1] * 10_001, "steps": [{"key": "b", "transform": 1}]})),
        [("/steps/0/forEach/items", "too_many")],
    ),
    (with_steps(a_step(switch={"cases": []})), [("/steps/0/switch/cases", "too_few")]),
    (
        with_steps(a_step(switch={"cases": [{"when": "true", "steps": []}] * 51})),
        [("/steps/0/switch/cases", "too_many")],
    ),
    (with_steps(a_step(parallel={"branches": [[]]})), [("/steps/0/parallel/branches/0", "too_few")]),
    (with_steps(a_step(flow={"id": "refunds"})), [("/steps/0/flow/id", "invalid_format")]),
]

BETWEEN: Cases = [
    (with_steps(a_step()), [("/steps/0", "no_kind")]),
    (with_steps(a_step(foreach={})), [("/steps/0/foreach", "unknown_field"), ("/steps/0", "no_kind")]),
    (with_steps(a_step(transform=1, callback={})), [("/steps/0", "several_kinds")]),
    (with_steps(a_step(wait={})), [("/steps/0/wait", "no_wait")]),
    (with_steps(a_step(wait={"seconds": 1, "until": "{{ now }}"})), [("/steps/0/wait", "several_waits")]),
    (with_steps(a_step(transform=1, inputs={})), [("/steps/0/inputs", "misplaced_field")]),
    (with_steps(a_step(wait={"seconds": 1}, retry={})), [("/steps/0/retry", "misplaced_field")]),
    (with_steps(a_step(transform=1), a_step(transform=2)), [("/steps/1/key", "duplicate_key")]),
    (
        {**with_steps(a_step(transform=1)), "onFailure": [a_step(transform=2)]},
        [("/onFailure/0/key", "duplicate_key")],
    ),
    (
        with_steps(
            {"key": "b", "forEach": {"items": [1], "steps": [a_step(transform=1)]}},
            {"key": "c", "switch": {"cases": [{"when": "true", "steps": [a_step(transform=1)]}]}},
            {"key": "d", "parallel": {"branches": [[a_step(transform=1)], [a_step(transform=1)]]}},
        ),
        [
            ("/steps/1/switch/cases/0/steps/0/key", "duplicate_key"),
            ("/steps/2/parallel/branches/0/0/key", "duplicate_key"),
            ("/steps/2/parallel/branches/1/0/key", "duplicate_key"),
        ],
    ),
    (nested(9), [("/steps/0" + "/forEach/steps/0" * 8 + "/forEach/steps", "nested_too_deep")]),
    (with_steps(*({"key": f"s{n}", "transform": n} for n in range(1001))), [("", "too_many_steps")]),
]

TEXTS: Cases = [
    (with_steps(a_step(transform={"x": ["{{ a"]})), [("/steps/0/transform/x/0", "unbalanced_braces")]),
    (with_steps(a_step(transform="a }} b")), [("/steps/0/transform", "unbalanced_braces")]),
    (with_steps(a_step(transform="{{ 'a }}")), [("/steps/0/transform", "unbalanced_braces")]),
    (with_steps(a_step(transform="{{ }}")), [("/steps/0/transform", "empty_expression")]),
    (with_steps(a_step(transform="{{" + "a" * 2001 + "}}")), [("/steps/0/transform", "too_long")]),
    ({"steps": [], "output": {"a": "{{"}}, [("/output/a", "unbalanced_braces")]),
    (with_steps(a_step(transform=1, executeIf="")), [("/steps/0/executeIf", "too_short")]),
    (with_steps(a_step(transform=1, executeIf=" ")), [("/steps/0/executeIf", "empty_expression")]),
    (with_steps(a_step(transform=1, executeIf="a" * 2001)), [("/steps/0/executeIf", "too_long")]),
    (with_steps(a_step(transform=1, executeIf="{{ a }}")), [("/steps/0/executeIf", "braces_in_condition")]),
    (
        with_steps(a_step(forEach={"items": "every {{ a }}", "steps": [{"key": "b", "transform": 1}]})),
        [("/steps/0/forEach/items", "not_an_expression")],
    ),
    (with_steps(a_step(wait={"seconds": -1})), [("/steps/0/wait/seconds", "out_of_range")]),
    (with_steps(a_step(wait={"seconds": "5"})), [("/steps/0/wait/seconds", "not_an_expression")]),
    (with_steps(a_step(wait={"until": "tomorrow"})), [("/steps/0/wait/until", "invalid_time")]),
    (with_steps(a_step(wait={"until": "2030-01-31T09:00:00"})), [("/steps/0/wait/until", "invalid_time")]),
]

SCHEMAS: Cases = [
    (True, [("", "wrong_type")]),
    ({"type": "objct"}, [("/type", "invalid_schema")]),
    (
        {"properties": {"a": {"minLength": -1}, "b": 3}},
        [("/properties/a/minLength", "invalid_schema"), ("/properties/b", "invalid_schema")],
    ),
    ({"properties": {"a": {"pattern": "("}}}, [("/properties/a/pattern", "invalid_schema")]),
    ({"properties": {"a": {"pattern": "(?=a)b"}}}, [("/properties/a/pattern", "invalid_schema")]),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, [("/$schema", "unsupported_dialect")]),
    ({"$schema": 7}, [("/$schema", "unsupported_dialect")]),
    (
        {"items": {"$ref": "https://example.com/a"}, "not": {"$ref": "file:///etc/passwd"}},
        [("/items/$ref", "remote_reference"), ("/not/$ref", "remote_reference")],
    ),
    ({"properties": {"a/b": {"$ref": "#/$defs/b"}}}, [("/properties/a~1b/$ref", "invalid_schema")]),
    ({"properties": {"default": {"$ref": "https://example.com/a"}}}, [("", "invalid_schema")]),
]


@pytest.mark.parametrize(("document", "expected"), SHAPE + BETWEEN + TEXTS)
def test_findings(document: object, expected: list[tuple[str, str]]) -> None:
    assert found(document) == expected


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS)
def test_findings_in_the_input_schema(schema: object, expected: list[tuple[str, str]]) -> None:
    assert found({"inputSchema": schema, "steps": []}) == [
        (f"/inputSchema{at}", code) for at, code in expected
    ]


@pytest.mark.parametrize("document", [document for document, _ in SHAPE])
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


def test_the_kinds_are_fields_of_a_step() -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(flow_step.Step)}
    assert fields.issuperset(flow_step.KINDS)
    assert fields.issuperset(flow_step.ONLY_WITH)
    assert {kind for kinds in flow_step.ONLY_WITH.values() for kind in kinds}.issubset(flow_step.KINDS)


def test_the_published_schema_is_one() -> None:
    jsonschema_rs.meta.validate(flow_document.schema())
    json.dumps(flow_document.schema())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("a", ["a"]),
        ("{{a}}", ["a"]),
        ("a {{ b }} c{{d}}", ["a ", "b", " c", "d"]),
        ('{{ {"a": {"b":1}}}}', ['{"a": {"b":1}}']),
        ("""{{ "}}" + 'it\\'s }}' + r'\\' }}!""", ["""\"}}" + 'it\\'s }}' + r'\\'""", "!"]),
        ('{{ """a "}} b""" }}', ['"""a "}} b"""']),
    ],
)
def test_a_text_is_split_where_its_expressions_end(text: str, parts: list[str]) -> None:
    assert list(flow_template.split(text)) == parts


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["{{ a }}", "{{", "}}"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
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
LIKE_A_FLOW = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=30
)


@given(JSON | LIKE_A_FLOW | st.dictionaries(NAMES, LIKE_A_FLOW))
def test_check_never_raises_and_what_it_passes_is_a_flow(document: object) -> None:
    if not flow_document.check(document):
        msgspec.convert(document, FlowDocument)
        assert conforms(document)


@given(st.text(alphabet="{}'\"\\r ab"))
def test_split_loses_nothing_of_a_text(text: str) -> None:
    try:
        parts = list(flow_template.split(text))
    except flow_template.UnbalancedError:
        return
    rest = text
    for part in parts:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
    assert not rest.strip("{} ")
