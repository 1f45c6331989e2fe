import jsonschema_rs
import pytest

from tolstoy.domain import json_schema

BROKEN: list[tuple[dict[str, object], list[tuple[str, str]]]] = [
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


@pytest.mark.parametrize(("schema", "expected"), BROKEN)
def test_findings(schema: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert [(finding.pointer, finding.code) for finding in json_schema.check(schema)] == expected


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": json_schema.DIALECT, "type": "object"},
        {"$ref": "#"},
        {"$defs": {"a": {"$anchor": "there"}}, "$ref": "#there"},
        {"properties": {"$ref": {}, "enum": {}}, "default": {"$ref": "https://example.com/a"}},
    ],
)
def test_passes(schema: dict[str, object]) -> None:
    assert list(json_schema.check(schema)) == []
    json_schema.validator(schema)


def test_a_validator_checks_formats() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        json_schema.validator({"format": "uuid"}).validate("no uuid")


def test_pointers_start_where_the_schema_is() -> None:
    assert [finding.pointer for finding in json_schema.check({"type": 1}, "/inputSchema")] == [
        "/inputSchema/type"
    ]
