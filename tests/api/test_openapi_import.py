"""Importing OpenAPI documents: the difference first, then all of it or nothing."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import httpx
import pytest

from tests.api.factories import make_action, make_flow, make_tool, publish
from tests.api.openapi_sending import ORDERS, imported, sent, state
from tests.api.problems import pointers, refused
from tests.conftest import Member
from tests.engine.lab import Lab
from tests.unit.openapi_documents import PETSTORE_30, PETSTORE_31, of_operations


def changed(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change["change"], change["key"]) for change in result["operations"]]


def without_get(document: dict[str, Any]) -> dict[str, Any]:
    edited = copy.deepcopy(document)
    del edited["paths"]["/orders/{id}"]["get"]
    return edited


async def test_a_dry_run_says_what_there_would_be_and_makes_nothing(
    http: httpx.AsyncClient, alice: Member
) -> None:
    result = await imported(http, alice, PETSTORE_30, dry_run=True)
    assert result["tool"] == {
        "id": None,
        "created": True,
        "name": "Swagger Petstore",
        "baseUrl": "https://eu.pets.example.com/v1",
        "authType": "apiKey",
        "authConfig": {"location": "header", "name": "X-API-Key"},
    }
    assert result["counts"] == {"add": 4, "change": 0, "remove": 0, "same": 0, "breaking": 0}
    assert {change["change"] for change in result["operations"]} == {"add"}
    assert [finding["pointer"] for finding in result["findings"]] == [
        "/document/paths/~1pets/get/parameters/2",
        "/document/paths/~1pets~1{pet-id}~1photo/put/requestBody/content",
    ]
    assert await state(http, alice) == []


@pytest.mark.parametrize("document", [PETSTORE_30, PETSTORE_31, json.dumps(PETSTORE_31)])
async def test_the_same_document_again_changes_nothing(
    http: httpx.AsyncClient, alice: Member, document: Any
) -> None:
    first = await imported(http, alice, document)
    assert first["tool"]["created"] and not first["dryRun"]
    there = await state(http, alice)
    assert [tool["id"] for tool in there] == [first["tool"]["id"]]
    assert {action["id"] for action in there[0]["actions"]} == {
        change["actionId"] for change in first["operations"]
    }
    for more in ({}, {"toolId": first["tool"]["id"]}, {"removeMissing": True}):
        for dry_run in (True, False):
            again = await imported(http, alice, document, dry_run=dry_run, **more)
            assert (again["operations"], again["tool"]["created"]) == ([], False)
            assert again["counts"]["same"] == first["counts"]["add"]
    assert await state(http, alice) == there


async def test_an_imported_action_runs(lab: Lab) -> None:
    document = {**PETSTORE_31, "servers": [{"url": f"{lab.echo.url}/echo"}], "info": {"title": "Echo"}}
    result = await imported(lab.http, lab.member, document, keyPrefix="echo-")
    action = next(change for change in result["operations"] if change["key"] == "echo-add-nodes")
    body = {"inputs": {"body": [{"value": 2, "next": None}]}}
    path = f"/actions/{action['actionId']}/execute"
    ran = await lab.http.post(path, json=body, headers=lab.member.headers)
    assert ran.status_code == 200, ran.text
    echoed = ran.json()["output"]["body"]
    assert (echoed["method"], echoed["path"]) == ("POST", "/echo/nodes")
    assert json.loads(echoed["body"]) == body["inputs"]["body"]


async def test_what_changes_is_told_and_then_done(http: httpx.AsyncClient, alice: Member) -> None:
    first = await imported(http, alice, ORDERS)
    edited = without_get(ORDERS)
    limit = edited["paths"]["/orders"]["get"]["parameters"][0]
    limit["schema"] = {"type": "integer", "maximum": 10}
    limit["required"] = True
    edited["paths"]["/orders"]["post"] = {"operationId": "makeOrder"}
    # another operationId and another name of the parameter: still the same operation
    item = edited["paths"].pop("/orders/{id}")
    item["parameters"][0]["name"] = "orderId"
    item["delete"]["operationId"] = "removeOrder"
    edited["paths"]["/orders/{orderId}"] = item

    before = await state(http, alice)
    told = await imported(http, alice, edited, dry_run=True)
    assert await state(http, alice) == before
    assert sorted(changed(told)) == [
        ("add", "make-order"),
        ("change", "delete-order"),
        ("change", "list-orders"),
        ("remove", "get-order"),
    ]
    by_key = {change["key"]: change for change in told["operations"]}
    place = "/document/paths/~1orders/get/parameters/0/schema"
    listed = by_key["list-orders"]
    assert listed["fields"] == ["inputSchema"]
    assert sorted((finding["code"], finding["pointer"]) for finding in listed["breaking"]) == [
        ("bound_narrowed", place),
        ("input_required", place),
    ]
    assert by_key["delete-order"]["fields"] == ["name", "endpoint", "inputSchema"]
    assert {finding["code"] for finding in by_key["delete-order"]["breaking"]} == {
        "input_removed",
        "input_required",
    }
    assert by_key["get-order"]["kept"]
    assert told["counts"] == {"add": 1, "change": 2, "remove": 1, "same": 0, "breaking": 3}

    done = await imported(http, alice, edited)
    assert changed(done) == changed(told)
    (tool,) = await state(http, alice)
    assert {action["key"]: action["endpoint"] for action in tool["actions"]} == {
        "get-order": "/orders/{id}",
        "delete-order": "/orders/{orderId}",
        "list-orders": "/orders",
        "make-order": "/orders",
    }
    kept = {change["key"]: change["actionId"] for change in first["operations"]}
    assert kept.items() <= {action["key"]: action["id"] for action in tool["actions"]}.items()


async def test_what_is_missing_is_deleted_only_where_that_is_asked_for_and_no_flow_names_it(
    http: httpx.AsyncClient, alice: Member
) -> None:
    await imported(http, alice, ORDERS)
    nested = {
        "key": "each",
        "forEach": {"items": [1], "steps": [{"key": "a", "action": "delete-order", "inputs": {"id": "1"}}]},
    }
    flow = await make_flow(http, alice, name="Deletes", steps=[nested])
    await publish(http, alice, flow)
    # a draft without the step: what is published still has it
    await http.put(f"/flows/{flow['id']}", json={"steps": []}, headers=alice.headers)
    only_list = copy.deepcopy(ORDERS)
    del only_list["paths"]["/orders/{id}"]

    result = await imported(http, alice, only_list)
    assert [(change["key"], change["kept"]) for change in result["operations"]] == [
        ("get-order", True),
        ("delete-order", True),
    ]
    result = await imported(http, alice, only_list, removeMissing=True)
    by_key = {change["key"]: change for change in result["operations"]}
    assert (by_key["get-order"]["kept"], by_key["get-order"]["usedBy"]) == (False, [])
    assert by_key["delete-order"]["kept"]
    assert by_key["delete-order"]["usedBy"] == [{"id": flow["id"], "name": "Deletes"}]
    (tool,) = await state(http, alice)
    assert {action["key"] for action in tool["actions"]} == {"list-orders", "delete-order"}


async def test_what_people_add_to_an_action_stays(http: httpx.AsyncClient, alice: Member) -> None:
    result = await imported(http, alice, ORDERS)
    action = result["operations"][0]["actionId"]
    mine = {"headers": {"X-Mine": "1"}, "executeIf": "inputs.id != ''", "onUnknown": "fail"}
    put = await http.put(f"/actions/{action}", json=mine, headers=alice.headers)
    assert put.status_code == 200
    again = await imported(http, alice, ORDERS)
    assert again["operations"] == []
    await http.put(f"/actions/{action}", json={"name": "Mine"}, headers=alice.headers)
    again = await imported(http, alice, ORDERS)
    assert [change["fields"] for change in again["operations"]] == [["name"]]
    after = (await http.get(f"/actions/{action}", headers=alice.headers)).json()
    assert (after["name"], after["headers"], after["onUnknown"]) == ("getOrder", {"X-Mine": "1"}, "fail")


async def test_the_tool_itself_stays_as_it_is(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice, name="Mine", baseUrl="https://proxy.example.com", authType="basic")
    result = await imported(http, alice, ORDERS, toolId=tool["id"])
    assert [(finding["code"], finding["pointer"]) for finding in result["findings"]] == [
        ("tool_differs", "/document/servers"),
        ("tool_differs", "/document/components/securitySchemes"),
    ]
    (there,) = await state(http, alice)
    assert (there["baseUrl"], there["authType"], there["revision"]) == (
        "https://proxy.example.com",
        "basic",
        1,
    )
    assert len(there["actions"]) == 3


async def test_a_key_of_another_tool_is_not_taken_over(http: httpx.AsyncClient, alice: Member) -> None:
    await make_action(http, alice, key="get-order")
    before = await state(http, alice)
    for dry_run in (True, False):
        answer = await sent(http, alice, {"document": ORDERS}, dry_run=dry_run)
        problem = refused(answer, 409, "key-taken")
        assert [error["pointer"] for error in problem["errors"]] == ["/document/paths/~1orders~1{id}/get"]
    assert await state(http, alice) == before
    result = await imported(http, alice, ORDERS, keyPrefix="shop-")
    assert result["counts"]["add"] == 3


async def test_imports_at_the_same_moment_make_one_tool(http: httpx.AsyncClient, alice: Member) -> None:
    answers = await asyncio.gather(*(sent(http, alice, {"document": ORDERS}) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert any(answer.status_code == 200 for answer in answers)
    (tool,) = await state(http, alice)
    assert len(tool["actions"]) == 3


async def test_others_tools_are_not_there(http: httpx.AsyncClient, alice: Member, charlie: Member) -> None:
    mine = await imported(http, alice, ORDERS)
    body = {"document": ORDERS, "toolId": mine["tool"]["id"]}
    assert pointers(await sent(http, charlie, body)) == ["/toolId"]
    before = await state(http, alice)
    theirs = await imported(http, charlie, without_get(ORDERS), removeMissing=True)
    assert theirs["tool"]["created"] and theirs["tool"]["id"] != mine["tool"]["id"]
    assert await state(http, alice) == before


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["/document"]),
        ({"document": ORDERS, "url": "https://a.example"}, ["/document"]),
        ({"document": 7}, ["/document"]),
        ({"document": {"swagger": "2.0"}}, ["/document/swagger"]),
        ({"document": "a: &a [*a]"}, ["/document"]),
        ({"document": {**ORDERS, "servers": []}}, ["/baseUrl"]),
        ({"document": {**ORDERS, "servers": [{"url": "https://u:p@a.example"}]}}, ["/document/servers/0/url"]),
        ({"document": ORDERS, "baseUrl": "https://a.example/?x"}, ["/baseUrl"]),
        ({"document": ORDERS, "keyPrefix": "No"}, ["/keyPrefix"]),
        ({"document": ORDERS, "toolId": "01a20057-3e5d-704b-bbed-112ca9e86b3f"}, ["/toolId"]),
        ({"url": "ftp://a.example/x"}, ["/url"]),
        ({"url": "http://10.0.0.1/openapi.json"}, ["/url"]),
        ({"url": "http://169.254.169.254/latest"}, ["/url"]),
        ({"url": "http://[::1]/x"}, ["/url"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_imported_changes_nothing(
    http: httpx.AsyncClient, alice: Member, body: dict[str, Any], places: list[str]
) -> None:
    assert pointers(await sent(http, alice, body)) == places
    assert await state(http, alice) == []


async def test_five_hundred_operations_at_once(http: httpx.AsyncClient, alice: Member) -> None:
    document = of_operations(500)
    result = await imported(http, alice, document)
    assert result["counts"]["add"] == 500
    document["components"]["schemas"]["Thing1"]["properties"]["name"]["maxLength"] = 99
    again = await imported(http, alice, document)
    assert (again["counts"]["change"], again["counts"]["breaking"]) == (500, 500)
