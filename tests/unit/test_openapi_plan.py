"""What an OpenAPI document becomes: actions with inputs that make the requests it describes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.unit.openapi_documents import PETSTORE_30, PETSTORE_31, document, of_operations, with_body
from tests.unit.openapi_plans import actions, only, warned
from tolstoy.domain import json_schema
from tolstoy.domain.action_request import Request, build, validate
from tolstoy.domain.openapi.operations import Planned, slug
from tolstoy.domain.openapi.plan import plan


def request(action: Planned, inputs: dict[str, Any]) -> Request:
    """What is sent for these inputs, which the schema takes."""
    assert validate(json_schema.validator(action.input_schema), inputs) == []
    headers = (
        {"Content-Type": action.content_type} if action.content_type not in (None, "application/json") else {}
    )
    return build(action, SimpleNamespace(base_url="https://pets.example.com/v1"), inputs, headers)


def refuses(action: Planned, inputs: dict[str, Any]) -> list[str]:
    return [finding.code for finding in validate(json_schema.validator(action.input_schema), inputs)]


def test_the_petstore_becomes_a_tool_and_its_actions() -> None:
    made = plan(PETSTORE_30)
    assert (made.service.name, made.service.description) == ("Swagger Petstore", "A sample.")
    assert made.service.base_url == "https://eu.pets.example.com/v1"
    assert (made.service.auth_type, made.service.auth_config) == (
        "apiKey",
        {"location": "header", "name": "X-API-Key"},
    )
    assert [(action.key, action.name, action.method, action.endpoint) for action in made.actions] == [
        ("list-pets", "List all pets", "GET", "/pets"),
        ("create-pet", "createPet", "POST", "/pets"),
        ("update-pet", "update_pet", "PUT", "/pets/{pet_id}"),
        ("delete-pets-pet-id", "DELETE /pets/{pet-id}", "DELETE", "/pets/{pet_id}"),
    ]
    assert warned(made) == [
        ("unsupported_parameter", "/document/paths/~1pets/get/parameters/2"),
        ("unsupported_body", "/document/paths/~1pets~1{pet-id}~1photo/put/requestBody/content"),
    ]


def test_what_its_actions_send() -> None:
    made = actions(PETSTORE_30)
    assert request(made["list-pets"], {"limit": 5, "tags": ["a", "b"]}).target == (
        "https://pets.example.com/v1/pets?limit=5&tags=a&tags=b"
    )
    sent = request(
        made["update-pet"],
        {"pet_id": 7, "session": "s1", "name": "old", "name_body": "Rex", "tag": None, "owner": {"pets": []}},
    )
    assert sent.target == "https://pets.example.com/v1/pets/7?name=old"
    assert sent.headers == {"Cookie": "session=s1", "Content-Type": "application/json"}
    assert msgspec.json.decode(sent.body or b"") == {"name": "Rex", "tag": None, "owner": {"pets": []}}
    assert request(made["delete-pets-pet-id"], {"pet_id": 1}).target == "https://pets.example.com/v1/pets/1"


@pytest.mark.parametrize(
    ("key", "inputs", "codes"),
    [
        ("list-pets", {"limit": 0}, ["exclusive_minimum"]),
        ("list-pets", {"limit": 101}, ["maximum"]),
        ("list-pets", {"limt": 1}, ["additional_properties"]),
        ("list-pets", {"tags": "a"}, ["type"]),
        ("create-pet", {}, ["required"]),
        ("create-pet", {"name": None}, ["type"]),
        ("create-pet", {"name": "Rex", "tag": False}, ["type", "enum"]),
        ("create-pet", {"name": "Rex", "owner": {"name": 1}}, ["any_of"]),
        ("update-pet", {"pet_id": 1}, ["required"]),
    ],
)
def test_its_rules_hold(key: str, inputs: dict[str, Any], codes: list[str]) -> None:
    assert sorted(refuses(actions(PETSTORE_30)[key], inputs)) == sorted(codes)


@pytest.mark.parametrize("tag", ["no", "yes", "2026-01-01", None])
def test_yaml_is_read_as_the_json_it_stands_for(tag: str | None) -> None:
    assert refuses(actions(PETSTORE_30)["create-pet"], {"name": "Rex", "tag": tag}) == []


def test_cycles_stay_references() -> None:
    made = actions(PETSTORE_31)
    schema = made["add-nodes"].input_schema
    assert schema["$defs"].keys() == {"Node", "Tree"}
    assert schema["properties"]["body"]["in"] == "whole-body"
    deep: Any = None
    for _ in range(20):
        deep = {"value": 1, "next": deep, "tree": {"of": [None], "more": {"of": []}}}
    sent = request(made["add-nodes"], {"body": [deep]})
    assert msgspec.json.decode(sent.body or b"") == [deep]
    assert refuses(made["add-nodes"], {"body": [{"next": {"next": {"value": 0}}}]}) == ["exclusive_minimum"]
    assert refuses(made["add-nodes"], {}) == ["required"]


def test_a_body_has_the_type_that_the_document_says() -> None:
    made = actions(PETSTORE_31)
    patched = request(made["change-tree"], {"of": [], "extra": {"of": [None]}})
    assert patched.headers == {"Content-Type": "application/merge-patch+json"}
    assert msgspec.json.decode(patched.body or b"") == {"of": [], "extra": {"of": [None]}}
    assert refuses(made["change-tree"], {"extra": {"of": 1}}) == ["type"]
    form = request(made["log-in"], {"user": "ada", "password": "a b"})
    assert (form.body, form.headers) == (
        b"password=a+b&user=ada",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )


def test_a_body_that_may_be_left_out_is_whole_if_it_is_sent() -> None:
    log_in = actions(PETSTORE_31)["log-in"]
    assert request(log_in, {}).body is None
    assert refuses(log_in, {"password": "x"}) == ["required"]
    assert refuses(log_in, {"user": "x", "colour": "red"}) == ["additional_properties"]


@pytest.mark.parametrize(
    ("schema", "inputs", "body"),
    [
        ({"type": "string"}, {"body": "a"}, b'"a"'),
        ({"type": "integer"}, {"body": 1}, b"1"),
        ({"oneOf": [{"type": "null"}, {"type": "boolean"}]}, {"body": None}, b"null"),
        ({"type": "object"}, {"body": {"a": 1}}, b'{"a":1}'),
        ({"type": "object", "properties": {"a": {}}, "minProperties": 1}, {"body": {"a": 1}}, b'{"a":1}'),
        ({"allOf": [{"properties": {"a": {}}}, {"properties": {"a": {}}}]}, {"body": {"a": 1}}, b'{"a":1}'),
        (
            {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
            {"a": 1, "b": 2},
            b'{"a":1,"b":2}',
        ),
        ({"$ref": "#/components/schemas/Text"}, {"body": "a"}, b'"a"'),
        ({"properties": {"x": {"$ref": "#/components/schemas/Text"}}}, {"x": "a"}, b'{"x":"a"}'),
    ],
)
def test_an_object_is_sent_by_its_properties_and_all_else_as_a_whole(
    schema: Any, inputs: dict[str, Any], body: bytes
) -> None:
    sent = request(only(with_body(schema, Text={"type": "string"})), inputs)
    assert (sent.body, sent.headers["Content-Type"]) == (body, "application/json")


def test_keys_are_slugs_that_do_not_depend_on_the_order() -> None:
    assert [slug(text) for text in ("getPetById", "get_pet.by_id", "HTTPServer2Go", "é")] == [
        "get-pet-by-id",
        "get-pet-by-id",
        "http-server2-go",
        "",
    ]
    same = {"/a": {"get": {"operationId": "doIt"}}, "/b": {"get": {"operationId": "do_it"}}}
    one, two = plan(document(same)).actions
    turned = plan(document(dict(reversed(same.items())))).actions
    assert {(one.key, one.endpoint), (two.key, two.endpoint)} == {(a.key, a.endpoint) for a in turned}
    assert one.key != two.key
    long = only(document({"/a": {"get": {"operationId": "x" * 200}}}))
    assert len(long.key) == 64
    assert actions(PETSTORE_30, key_prefix="pets-").keys() >= {"pets-list-pets"}


def test_five_hundred_operations() -> None:
    made = plan(of_operations(500))
    assert len(made.actions) == 500
    assert len({action.key for action in made.actions}) == 500
    assert len(made.actions[0].input_schema["$defs"]) == 50
    assert refuses(made.actions[499], {"id": "x", "name": "n", "next": {"name": "m", "kind": "d"}}) == [
        "enum"
    ]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "basic"}, ("basic", None)),
        ({"type": "oauth2", "flows": {}}, ("oauth2", None)),
        ({"type": "openIdConnect"}, ("oauth2", None)),
        ({"type": "apiKey", "in": "query", "name": "key"}, ("apiKey", {"location": "query", "name": "key"})),
        ({"type": "apiKey", "in": "cookie", "name": "key"}, ("none", None)),
        ({"type": "http", "scheme": "digest"}, ("none", None)),
        ({"type": "mutualTLS"}, ("none", None)),
    ],
)
def test_the_security_scheme_becomes_the_tools(scheme: Any, expected: Any) -> None:
    said = document({"/a": {"get": {"security": [{"s": []}]}}}, components={"securitySchemes": {"s": scheme}})
    service = plan(said).service
    assert (service.auth_type, service.auth_config) == expected


def test_where_the_service_is() -> None:
    relative = document(servers=[{"url": "/v2"}])
    assert plan(relative).service.base_url is None
    assert (
        plan(relative, fetched_from="https://a.example/docs/openapi.json").service.base_url
        == "https://a.example/v2"
    )
    assert plan(document(servers=[])).service.base_url is None
