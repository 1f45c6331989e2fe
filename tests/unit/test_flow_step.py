from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tolstoy.domain import flow_document, flow_step

Cases = list[tuple[dict[str, Any], list[tuple[str, str]]]]

PUBLISHED = jsonschema_rs.Draft202012Validator(flow_document.schema(), offline=True)
ONE = [{"key": "b", "transform": 1}]


def flow_of(fields: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [{"key": "a", **fields}]}


# The fields of the first step besides its key, and what is found below it.
FIELDS: Cases = [
    ({"key": 1, "transform": 1}, [("/key", "wrong_type")]),
    ({"key": "get-order", "transform": 1}, [("/key", "invalid_format")]),
    ({"key": "in", "transform": 1}, [("/key", "invalid_format")]),
    ({"key": "a\n", "transform": 1}, [("/key", "invalid_format")]),
    ({"key": "a" * 65, "transform": 1}, [("/key", "invalid_format")]),
    ({"transform": 1, "name": ""}, [("/name", "too_short")]),
    ({"transform": 1, "name": None}, [("/name", "wrong_type")]),
    ({"transform": 1, "onError": "ignore"}, [("/onError", "invalid_value")]),
    ({"transform": 1, "executeIf": ""}, [("/executeIf", "too_short")]),
    ({"transform": 1, "executeIf": "a" * 2001}, [("/executeIf", "too_long")]),
    ({"action": "Get Order"}, [("/action", "invalid_format")]),
    ({"action": "get", "inputs": []}, [("/inputs", "wrong_type")]),
    ({"action": "get", "timeoutSeconds": 0}, [("/timeoutSeconds", "out_of_range")]),
    ({"action": "get", "timeoutSeconds": True}, [("/timeoutSeconds", "wrong_type")]),
    ({"action": "get", "retry": {"maxAttempts": 21}}, [("/retry/maxAttempts", "out_of_range")]),
    ({"action": "get", "retry": {"maxAttempts": 2.5}}, [("/retry/maxAttempts", "wrong_type")]),
    ({"action": "get", "retry": {"backoffRate": 0.5}}, [("/retry/backoffRate", "out_of_range")]),
    ({"action": "get", "retry": {"on": []}}, [("/retry/on", "too_few")]),
    ({"action": "get", "retry": {"on": ["http.600"]}}, [("/retry/on/0", "invalid_format")]),
    ({"http": {"url": "https://x"}}, [("/http/method", "missing_field")]),
    ({"http": {"method": "get", "url": "https://x"}}, [("/http/method", "invalid_value")]),
    ({"http": {"method": "GET", "url": "ftp://x"}}, [("/http/url", "invalid_format")]),
    (
        {"http": {"method": "GET", "url": "https://x", "headers": {"A B": "1", "C": "1\r\nD: 2"}}},
        [("/http/headers/A B", "invalid_format"), ("/http/headers/C", "invalid_format")],
    ),
    ({"approval": {"approvals": 0}}, [("/approval/approvals", "out_of_range")]),
    ({"callback": {"timeout": 9}}, [("/callback/timeout", "unknown_field")]),
    ({"wait": {"seconds": -1}}, [("/wait/seconds", "out_of_range")]),
    (
        {"forEach": {"items": 3, "steps": []}},
        [("/forEach/items", "wrong_type"), ("/forEach/steps", "too_few")],
    ),
    ({"forEach": {"items": [1] * 10_001, "steps": ONE}}, [("/forEach/items", "too_many")]),
    ({"forEach": {"items": [], "steps": ONE, "concurrency": 0}}, [("/forEach/concurrency", "out_of_range")]),
    ({"switch": {"cases": []}}, [("/switch/cases", "too_few")]),
    ({"switch": {"cases": [{"when": "true", "steps": []}] * 51}}, [("/switch/cases", "too_many")]),
    ({"parallel": {"branches": [[]]}}, [("/parallel/branches/0", "too_few")]),
    ({"flow": {"id": "refunds"}}, [("/flow/id", "invalid_format")]),
    ({}, [("", "no_kind")]),
    ({"foreach": {}}, [("/foreach", "unknown_field"), ("", "no_kind")]),
    ({"transform": 1, "callback": {}}, [("", "several_kinds")]),
    ({"wait": {}}, [("/wait", "no_wait")]),
    ({"wait": {"seconds": 1, "until": "{{ now }}"}}, [("/wait", "several_waits")]),
    ({"transform": 1, "inputs": {}}, [("/inputs", "misplaced_field")]),
    ({"wait": {"seconds": 1}, "retry": {}}, [("/retry", "misplaced_field")]),
]

# What the published schema cannot say, below the first step again.
TEXTS: Cases = [
    ({"transform": {"x": ["{{ a"]}}, [("/transform/x/0", "unbalanced_braces")]),
    ({"transform": "a }} b"}, [("/transform", "unbalanced_braces")]),
    ({"transform": "{{ 'a }}"}, [("/transform", "unbalanced_braces")]),
    ({"transform": "{{ }}"}, [("/transform", "empty_expression")]),
    ({"transform": "{{" + "a" * 2001 + "}}"}, [("/transform", "too_long")]),
    ({"transform": 1, "executeIf": " "}, [("/executeIf", "empty_expression")]),
    ({"transform": 1, "executeIf": "{{ a }}"}, [("/executeIf", "braces_in_condition")]),
    ({"forEach": {"items": "every {{ a }}", "steps": ONE}}, [("/forEach/items", "not_an_expression")]),
    ({"wait": {"seconds": "5"}}, [("/wait/seconds", "not_an_expression")]),
    ({"wait": {"until": "tomorrow"}}, [("/wait/until", "invalid_time")]),
    ({"wait": {"until": "2030-01-31T09:00:00"}}, [("/wait/until", "invalid_time")]),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS + TEXTS)
def test_findings(fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    findings = flow_document.check(flow_of(fields))
    assert [(finding.pointer, finding.code) for finding in findings] == [
        (f"/steps/0{at}", code) for at, code in expected
    ]


@pytest.mark.parametrize("fields", [fields for fields, _ in FIELDS])
def test_the_published_schema_refuses_the_same(fields: dict[str, Any]) -> None:
    assert not PUBLISHED.is_valid(flow_of(fields))


def test_the_kinds_are_fields_of_a_step() -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(flow_step.Step)}
    assert fields.issuperset(flow_step.KINDS)
    assert fields.issuperset(flow_step.ONLY_WITH)
    assert {kind for kinds in flow_step.ONLY_WITH.values() for kind in kinds}.issubset(flow_step.KINDS)
