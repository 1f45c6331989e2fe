"""The OpenAPI document is complete and true, and its page needs no other host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from sanic import Sanic

from tests.conftest import Member
from tolstoy.api import openapi
from tolstoy.api.app import create_app
from tolstoy.core.settings import load

# People's pages: they have no contract for programs.
WITHOUT_CONTRACT = {"/docs", "/docs/{name}", "/oauth/start/{ticket}", "/oauth/callback"}
# They open for whoever has the token in them.
BY_TOKEN = {"/hooks/{token}", "/callbacks/{token}"}


@pytest.fixture(scope="module")
async def document(http: httpx.AsyncClient) -> dict[str, Any]:
    made: dict[str, Any] = (await http.get("/openapi.json")).json()
    return made


@pytest.fixture
def app() -> Iterator[Sanic[Any, Any]]:
    environment = {"AUTH_MODE": "gateway", "GATEWAY_SECRET": "s" * 32}
    made = create_app(load(environment, dotenv=None), name=f"tolstoy_{uuid4().hex}")
    made.finalize()
    yield made
    Sanic.unregister_app(made)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _places(value: Any, at: str = "#") -> Iterator[tuple[str, Any]]:
    yield at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in items:
        yield from _places(member, f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}")


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]}, validate_formats=True)


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_route_is_in_it(app: Sanic[Any, Any]) -> None:
    made = openapi.document(app)
    validate(made)
    for route in app.router.routes:
        path = openapi.template(route.path)
        if path not in WITHOUT_CONTRACT:
            assert {method.lower() for method in route.methods} <= made["paths"][path].keys(), path


def test_every_operation_has_an_id_of_its_own_and_a_tag_that_is_explained(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for *_, operation in _operations(document)]
    assert len(set(ids)) == len(ids)
    explained = {tag["name"] for tag in document["tags"]}
    assert {tag for *_, operation in _operations(document) for tag in operation["tags"]} == explained


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    places = dict(_places(document))
    wanted = {value["$ref"] for value in places.values() if isinstance(value, dict) and "$ref" in value}
    assert wanted
    assert wanted <= places.keys()


def test_every_component_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for kind in ("schemas", "parameters", "headers", "responses"):
        for name in document["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


def test_every_example_is_what_its_schema_says(document: dict[str, Any]) -> None:
    checked = 0
    for at, value in _places(document):
        if not isinstance(value, dict) or "/examples/" in at:
            continue
        if isinstance(value.get("examples"), list):
            cases = [(value, example) for example in value["examples"]]
        elif isinstance(value.get("examples"), dict) and "schema" in value:
            cases = [(value["schema"], example["value"]) for example in value["examples"].values()]
        else:
            continue
        for schema, example in cases:
            found = [error.message for error in _validator(document, schema).iter_errors(example)]
            assert not found, (at, found)
            checked += 1
    assert checked > 50


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        bodies = [operation.get("requestBody", {}).get("content", {}).get("application/json")]
        bodies += [
            answer.get("content", {}).get("application/json") for answer in operation["responses"].values()
        ]
        for body in filter(None, bodies):
            name = body["schema"].get("$ref", "").rpartition("/")[2]
            if operation["tags"] != ["Service"] and body["schema"]:
                assert "examples" in document["components"]["schemas"][name], (path, method, name)


def test_tenant_headers_are_asked_for_where_they_are_needed(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        required = [
            parameter["$ref"].rpartition("/")[2]
            for parameter in operation["parameters"]
            if parameter.get("$ref", "").endswith(("/OrgId", "/UserId"))
        ]
        outside = operation["tags"] == ["Service"] or path.startswith("/organizations")
        open_ = outside or path in BY_TOKEN
        assert required == ([] if open_ else ["OrgId", "UserId"]), (method, path)


def test_only_behind_a_gateway_its_secret_is_asked_for(
    document: dict[str, Any], app: Sanic[Any, Any]
) -> None:
    assert "securitySchemes" not in document["components"]
    assert not any("security" in operation for *_, operation in _operations(document))
    behind = openapi.document(app)
    assert behind["components"]["securitySchemes"]["gateway"]["name"] == "X-Gateway-Secret"
    for path, _, operation in _operations_of_tenants(behind):
        assert operation["security"] == [{"gateway": []}], path
        assert "401" in operation["responses"], path
    assert behind["paths"]["/health"]["get"]["security"] == []


def _operations_of_tenants(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    return (
        found
        for found in _operations(document)
        if found[2]["tags"] != ["Service"] and found[0] not in BY_TOKEN
    )


@pytest.mark.parametrize(
    ("schema", "sent", "valid"),
    [
        ("ActionCreate", {"inputSchema": {}}, True),
        ("ActionCreate", {"schema": {}}, True),
        ("ActionCreate", {"schema": {}, "inputSchema": {}}, False),
        ("ExecutionLogCreate", {"stepKey": "a"}, True),
        ("ExecutionLogCreate", {"stepId": "a"}, True),
        ("ExecutionLogCreate", {"stepId": "a", "stepKey": "a"}, False),
        ("ExecutionLogCreate", {}, False),
    ],
)
def test_either_name_of_a_field_is_admitted(
    document: dict[str, Any], schema: str, sent: dict[str, Any], valid: bool
) -> None:
    (example,) = document["components"]["schemas"][schema]["examples"]
    others = {name: value for name, value in example.items() if name not in ("inputSchema", "stepKey")}
    validator = _validator(document, {"$ref": f"#/components/schemas/{schema}"})
    assert validator.is_valid({**others, **sent}) is valid


def test_a_step_has_one_kind(document: dict[str, Any]) -> None:
    steps = _validator(document, {"$ref": "#/components/schemas/Steps"})
    assert steps.is_valid([{"key": "a", "wait": {"seconds": 1}}])
    assert not steps.is_valid([{"key": "a"}])
    assert not steps.is_valid([{"key": "a", "wait": {"seconds": 1}, "action": "x"}])


async def test_it_is_compressed_and_not_sent_again(http: httpx.AsyncClient) -> None:
    first = await http.get("/openapi.json")
    assert first.headers["Content-Encoding"] == "gzip"
    again = await http.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await http.get("/openapi.json", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == first.json()


async def test_the_page_loads_everything_from_here(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assets = [address for address in loaded if address.startswith("/docs/")]
    assert len(assets) == 4
    assert set(loaded) == {*assets, "/openapi.json", "data:,"}
    for address in assets:
        asset = await http.get(address)
        assert asset.status_code == 200
        assert "immutable" in asset.headers["Cache-Control"]
        assert "sourceMappingURL" not in asset.text
        again = await http.get(address, headers={"If-None-Match": asset.headers["ETag"]})
        assert again.status_code == 304
    assert (await http.get("/docs/conventions.md")).status_code == 404


async def test_every_problem_is_explained_where_its_type_points(
    http: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    answers = document["components"]["responses"].values()
    examples = [
        one["value"]
        for answer in answers
        for one in answer["content"]["application/problem+json"]["examples"].values()
    ]
    listed = {one["code"]: one for one in (await http.get("/problems")).json()["data"]}
    assert {"email-taken", "key-taken", "internal-error"} <= listed.keys()
    for example in examples:
        explained = await http.get(example["type"])
        assert explained.json() == listed[example["code"]]
        assert explained.json()["status"] == example["status"]
    assert all(one["meaning"].endswith((".", "`")) for one in listed.values())
    assert (await http.get("/problems/none-such")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tools/123", 404),
        ("/flows/01999999-0000-7000-8000-000000000001/versions/01999999-0000-7000-8000-000000000001", 404),
        ("/tools?name=null", 200),
        ("/tools?name=", 400),
        ("/execution-logs?createdAfter=0.5", 400),
        ("/execution-logs?createdAfter=0001-01-01T00:00:00%2B14:00", 400),
        ("/execution-logs?createdBefore=9999-12-31T23:59:59-14:00", 400),
        ("/tools?limit=1e1", 200),
        ("/tools?limit=10.5", 400),
    ],
)
async def test_what_parameters_may_be(http: httpx.AsyncClient, alice: Member, path: str, status: int) -> None:
    answer = await http.get(path, headers=alice.headers)
    assert answer.status_code == status, answer.text


def test_the_headers_of_what_starts_runs_are_told(document: dict[str, Any]) -> None:
    for path in ("/flows/{flowId}/executions", "/actions/{actionId}/execute", "/hooks/{token}"):
        answers = document["paths"][path]["post"]["responses"]
        assert {"Location", "Idempotency-Replayed"} <= answers["200"]["headers"].keys(), path
        assert "Location" in answers["202"]["headers"], path


def test_what_is_shown_once_is_no_part_of_every_answer(document: dict[str, Any]) -> None:
    for name, secret in (("HookWithPath", "path"), ("SubscriptionWithSecret", "secret")):
        schema = document["components"]["schemas"][name]
        assert secret in schema["properties"] and secret not in schema["required"]


def test_descriptions_name_fields_as_they_are_sent(document: dict[str, Any]) -> None:
    """And nothing of the code: no constants, no snake_case."""
    for at, value in _places(document["components"]["schemas"]):
        if isinstance(value, dict) and isinstance(value.get("description"), str):
            named = re.search(r"\b[a-z]+_[a-z]+(_[a-z]+)*\b|\bKINDS\b", value["description"])
            assert not named or named[0] == "event_id", (at, named)  # Slack's
