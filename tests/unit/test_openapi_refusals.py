"""What of OpenAPI documents is refused or left out, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.openapi_documents import document, of_operations, with_body
from tests.unit.openapi_plans import actions, only, refusal, warned
from tolstoy.core.errors import InvalidError
from tolstoy.domain import json_schema
from tolstoy.domain.openapi.breaking import breaking
from tolstoy.domain.openapi.plan import plan


def test_every_mistake_is_told_with_its_place() -> None:
    said = document(
        {
            "/a": {"get": {"parameters": [{"$ref": "#/components/parameters/None"}]}},
            "/b": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "text"}}}}}},
            "/c": {"$ref": "https://elsewhere.example/c.yaml"},
            "/d": {"get": []},
            "/e/{x}": {"get": {"parameters": [{"name": "x", "in": "path", "required": True, "schema": 7}]}},
        },
        components={"schemas": {"A": {"properties": {"b": {"$ref": "other.yaml#/B"}}}}},
    )
    assert sorted(refusal(said), key=lambda found: found[1] or "") == [
        ("remote_reference", "/document/components/schemas/A/properties/b/$ref"),
        ("unknown_reference", "/document/paths/~1a/get/parameters/0/$ref"),
        ("invalid_schema", "/document/paths/~1b/post/requestBody/content/application~1json/schema/type"),
        ("remote_reference", "/document/paths/~1c/$ref"),
        ("invalid_document", "/document/paths/~1d/get"),
        ("invalid_schema", "/document/paths/~1e~1{x}/get/parameters/0/schema"),
    ]


@pytest.mark.parametrize(
    ("said", "code", "at"),
    [
        ({"swagger": "2.0", "paths": {}}, "unsupported_version", "/document/swagger"),
        ({"openapi": "4.0.0", "paths": {}}, "unsupported_version", "/document/openapi"),
        ({"openapi": 3.1, "paths": {}}, "unsupported_version", "/document/openapi"),
        ({}, "unsupported_version", "/document/openapi"),
        (document(jsonSchemaDialect="https://x.example"), "unsupported_dialect", "/document/jsonSchemaDialect"),
        (document({"/a": 7}), "invalid_document", "/document/paths/~1a"),
        ({**document(), "paths": []}, "invalid_document", "/document/paths"),
        ({**document(), "servers": [{}]}, "invalid_document", "/document/servers"),
        (
            with_body({"properties": {"a": {"$id": "x"}}}),
            "unsupported_keyword",
            "/document/paths/~1send/post/requestBody/content/application~1json/schema/properties/a/$id",
        ),
        ("- a", "invalid_document", "/document"),
        ("a: [", "malformed", "/document"),
        ("a: 1\na: 2", "malformed", "/document"),
        ("a: .nan", "unsupported_version", "/document/openapi"),
        ("a: !!binary aGk=", "malformed", "/document"),
        ("a: !!python/object:os.system x", "malformed", "/document"),
        ("a: !!int " + "1:" * 100_000 + "1", "malformed", "/document"),
        ("a: !!set {b}", "malformed", "/document"),
        ("a: 1\n'a': 2", "malformed", "/document"),
        ("a: 1\n---\nb: 2", "malformed", "/document"),
        ("[a]: 1", "malformed", "/document"),
        ('{"a": ', "malformed", "/document"),
        ('{"a": "\\u0000"}', "invalid_text", "/document/a"),
        ("{" * 100, "too_deep", "/document"),
        ("[" * 100, "too_deep", "/document"),
        ("x" * ((1 << 20) + 1), "too_large", "/document"),
        ('{"a": "' + "x" * (4 << 20), "too_large", "/document"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_as_a_whole(said: Any, code: str, at: str) -> None:
    assert refusal(said) == [(code, at)]


def test_swagger_2_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidError) as caught:
        plan({"swagger": "2.0"})
    assert "convert it to OpenAPI 3" in caught.value.findings[0].detail


def test_aliases_are_taken_and_bombs_are_not() -> None:
    shared = (
        "openapi: 3.1.0\ninfo: {title: A}\nx-p: &p [{name: q, in: query, schema: {type: string}}]\n"
        "x-base: &base {operationId: one, parameters: *p}\n"
        "paths: {/a: {get: *base}, /b: {get: {<<: *base, operationId: two}}}"
    )
    assert {key: list(action.input_schema["properties"]) for key, action in actions(shared).items()} == {
        "one": ["q"],
        "two": ["q"],
    }
    laughs = "a0: &a0 [lol, lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    assert refusal(laughs) == [("too_large", "/document")]
    long = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 400)}]"
    assert refusal(long) == [("too_large", "/document")]
    assert refusal("a: &a [*a]") == [("circular_alias", "/document")]
    assert refusal("a: *b") in ([("circular_alias", "/document")], [("malformed", "/document")])
    ladder = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    assert refusal(ladder) == [("too_deep", "/document")]


def test_what_is_merged_may_be_said_anew() -> None:
    said = (
        "openapi: 3.1.0\ninfo: {title: A}\n"
        "x-a: &a {summary: first, operationId: one}\nx-b: {c: {d: {e: {f: &b {<<: *a, summary: second}}}}}\n"
        "paths: {/a: {get: {<<: *b, operationId: two}}, /b: {get: {<<: [*b, *a], summary: !!str third}}}"
    )
    assert {key: action.name for key, action in actions(said).items()} == {"two": "second", "one": "third"}


def test_laughter_by_references_stays_small() -> None:
    """Each schema refers to the next one ten times: written out they would be 10^30."""
    components: dict[str, Any] = {
        f"L{n}": {"allOf": [{"$ref": f"#/components/schemas/L{n + 1}"}] * 10} for n in range(30)
    }
    components["L30"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    action = only(with_body({"$ref": "#/components/schemas/L0"}, **components))
    assert len(action.input_schema["$defs"]) == 31
    assert action.input_schema["properties"]["body"]["in"] == "whole-body"


@pytest.mark.parametrize(
    "components",
    [
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}]}},
    ],
)
def test_references_that_lead_nowhere_end(components: Any) -> None:
    made = plan(with_body({"$ref": "#/components/schemas/A"}, **components))
    assert len(made.actions) + len(made.warnings) == 1


@pytest.mark.parametrize("count", [300, 5_000])
def test_schemas_that_refer_to_each_other_for_long(count: int) -> None:
    def chain(most: int) -> Any:
        components: dict[str, Any] = {
            f"C{n}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/C{n + 1}"}}}
            for n in range(count)
        }
        components[f"C{count}"] = {"type": "string", "maxLength": most}
        return with_body({"anyOf": [{"$ref": "#/components/schemas/C0"}]}, **components)

    if count > 1_000:
        assert [code for code, _ in warned(plan(chain(9)))] == ["too_large"]
        return
    old, new = (only(chain(most)).input_schema for most in (9, 8))
    assert len(new["$defs"]) == count + 1
    assert [finding.code for finding in breaking(old, new, {}, "/op")] == ["bound_narrowed"]


@pytest.mark.parametrize(
    "operation",
    [
        {"parameters": [{"$ref": "#/components/parameters/P"}]},
        {"requestBody": {"$ref": "#/components/requestBodies/B"}},
        {"parameters": [{"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/S"}}]},
    ],
)
def test_what_a_thousand_operations_share_is_not_looked_at_for_ever(operation: Any) -> None:
    said = of_operations(1)
    said["paths"] = {f"/{n}": {"post": {"operationId": f"o{n}", **operation}} for n in range(1_000)}
    said["components"] = {
        "parameters": {"P": {"name": "p", "in": "query", "schema": {"enum": ["a" * 1_000] * 100}}},
        "requestBodies": {"B": {"content": {"application/json": {"schema": {"oneOf": [{}] * 2_000}}}}},
        "schemas": {
            "S": {"allOf": [{"$ref": f"#/components/schemas/S{n}"} for n in range(2_000)]},
            **{f"S{n}": {} for n in range(2_000)},
        },
    }
    assert refusal(said) == [("too_large", "/document")]


def test_names_that_come_out_the_same_are_told_apart() -> None:
    names = [f"S{sign}" for sign in "!?*+"]
    body = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
    made = only(with_body(body, **{name: {"const": name} for name in names}))
    assert sorted(made.input_schema["$defs"]) == ["S_", "S__2", "S__3", "S__4"]


def test_of_patterns_there_are_only_so_many() -> None:
    most = json_schema.MOST_PATTERNS
    body = {"properties": {f"p{n}": {"type": "string", "pattern": f"^{n}$"} for n in range(most + 1)}}
    made = plan(with_body(body))
    assert [code for code, _ in warned(made)] == ["pattern_left_out"]
    (action,) = made.actions
    assert sum("pattern" in schema for schema in action.input_schema["properties"].values()) == most
    assert list(json_schema.check(action.input_schema)) == []


def test_too_many_operations_are_refused() -> None:
    assert refusal(of_operations(1001)) == [("too_many", "/document/paths")]


@pytest.mark.parametrize(
    ("path", "item", "code", "at"),
    [
        ("/a?b=c", {"get": {}}, "unsupported_path", "/get"),
        ("/{a}/{a}", {"get": {}}, "unsupported_path", "/get"),
        ("/a", {"get": {"servers": [{"url": "https://b.example"}]}}, "other_server", "/get/servers"),
        ("/a", {"trace": {}}, "unsupported_method", "/trace"),
        (
            "/a",
            {
                "get": {
                    "parameters": [
                        {"name": "f", "in": "query", "required": True, "schema": {"type": "object"}}
                    ]
                }
            },
            "unsupported_parameter",
            "/get/parameters/0",
        ),
        ("/a", {"get": {"parameters": [{"in": "query"}]}}, "invalid_document", "/get/parameters/0"),
        ("/a", {"post": {"requestBody": {"content": {}}}}, "invalid_document", "/post/requestBody"),
        (
            "/a",
            {"post": {"requestBody": {"content": {"text/plain": {"schema": {"type": "integer"}}}}}},
            "unsupported_body",
            "/post/requestBody/content/text~1plain/schema",
        ),
        (f"/{'a' * 2000}", {"get": {}}, "unsupported_path", "/get"),
    ],
)
def test_an_operation_that_cannot_be_an_action_is_left_out(path: str, item: Any, code: str, at: str) -> None:
    made = plan(document({path: item, "/ok": {"get": {}}}))
    place = "/document/paths/" + path.replace("~", "~0").replace("/", "~1")
    assert warned(made) == [(code, place + at)]
    assert [action.key for action in made.actions] == ["get-ok"]
