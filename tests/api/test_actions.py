"""Actions: the endpoints of a tool, and the keys by which flows name them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_action, make_tool
from tests.api.problems import pointers, refused
from tests.conftest import Member


@pytest.fixture
async def tool(http: httpx.AsyncClient, alice: Member) -> dict[str, Any]:
    return await make_tool(http, alice)


async def _post(
    http: httpx.AsyncClient, member: Member, tool: dict[str, Any], **fields: Any
) -> httpx.Response:
    sent = {"toolId": tool["id"], "name": "Post a message", "method": "POST", "endpoint": "/post", **fields}
    return await http.post("/actions", json=sent, headers=member.headers)


async def test_an_action_is_created_and_read(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]
) -> None:
    schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    sent = {"key": "post-message", "headers": {"X-A": "1"}, "inputSchema": schema, "executeIf": "inputs.go"}
    made = await _post(http, alice, tool, **sent)
    assert made.status_code == 201
    assert sent.items() <= made.json().items()
    assert (made.json()["version"], made.json()["toolId"]) == (1, tool["id"])
    read = await http.get(made.headers["Location"], headers=alice.headers)
    assert read.json() == made.json()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Post a Message", "post-a-message"),
        ("Überweisung ausführen!", "uberweisung-ausfuhren"),
        ("  --x__Y--  ", "x-y"),
        ("ﬁne ①", "fine-1"),
        ("a" * 63 + " bc", "a" * 63),
        ("x" * 200, "x" * 64),
        ("🎉 party", "party"),
    ],
)
async def test_its_key_is_made_of_its_name(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], name: str, key: str
) -> None:
    assert (await _post(http, alice, tool, name=name)).json()["key"] == key


@pytest.mark.parametrize("name", ["🎉", "Заказ", "---"])
async def test_a_name_of_which_no_key_can_be_made_needs_one(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], name: str
) -> None:
    assert pointers(await _post(http, alice, tool, name=name)) == ["/key"]
    assert (await _post(http, alice, tool, name=name, key="party")).json()["name"] == name


async def test_a_key_is_unique_in_its_organization(
    http: httpx.AsyncClient, alice: Member, charlie: Member, tool: dict[str, Any]
) -> None:
    await make_action(http, alice, tool, name="Post a message")
    other_tool = await make_tool(http, alice)
    for again in (
        await _post(http, alice, tool),
        await _post(http, alice, other_tool, name="Other", key="post-a-message"),
    ):
        assert refused(again, 409, "key-taken")["errors"][0]["pointer"] == "/key"
    other = await make_action(http, alice, tool)
    taken = await http.put(f"/actions/{other['id']}", json={"key": "post-a-message"}, headers=alice.headers)
    refused(taken, 409, "key-taken")
    assert (await http.get(f"/actions/{other['id']}", headers=alice.headers)).json() == other
    assert (await make_action(http, charlie, name="Post a message"))["key"] == "post-a-message"


@pytest.mark.parametrize(
    "key", ["", "Post", "post a", "-post", "post-", "a--b", "a-_b", "post\n", "ä", "a" * 65, 7]
)
async def test_a_key_is_a_slug(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], key: object
) -> None:
    assert pointers(await _post(http, alice, tool, key=key)) == ["/key"]


async def test_a_new_name_keeps_the_key(http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]) -> None:
    made = await make_action(http, alice, tool, name="Post a message")
    path = f"/actions/{made['id']}"
    renamed = await http.put(path, json={"name": "Send"}, headers=alice.headers)
    assert (renamed.json()["name"], renamed.json()["key"]) == ("Send", "post-a-message")
    assert renamed.json()["version"] == 2
    assert pointers(await http.put(path, json={"key": None}, headers=alice.headers)) == ["/key"]


async def test_schema_is_another_name_of_input_schema(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]
) -> None:
    made = (await _post(http, alice, tool, schema={"type": "object"})).json()
    assert made["inputSchema"] == {"type": "object"}
    assert "schema" not in made
    path = f"/actions/{made['id']}"
    cleared = await http.put(path, json={"schema": None}, headers=alice.headers)
    assert cleared.json()["inputSchema"] is None
    both = {"schema": {}, "inputSchema": {}}
    assert pointers(await http.put(path, json=both, headers=alice.headers)) == ["/schema"]


@pytest.mark.parametrize(
    "endpoint", ["/", "/chat.postMessage", "/orders/{orderId}/lines/{line_2}", "/a//b", "/é/%20", "/🎉"]
)
async def test_an_endpoint_is_a_path_with_parameters(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], endpoint: str
) -> None:
    assert (await _post(http, alice, tool, endpoint=endpoint)).json()["endpoint"] == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "orders",
        "https://evil.example/",
        "/orders?x=1",
        "/orders#x",
        "/orders /x",
        "/orders\n",
        "/{",
        "/}",
        "/{}",
        "/{1a}",
        "/{a-b}",
        "/{{a}}",
        "/{a}/{a}",
        "/{a",
        "/" + "a" * 2000,
        None,
    ],
)
async def test_what_is_no_endpoint_is_refused(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], endpoint: object
) -> None:
    assert pointers(await _post(http, alice, tool, endpoint=endpoint)) == ["/endpoint"]
    made = await make_action(http, alice, tool)
    path = f"/actions/{made['id']}"
    assert pointers(await http.put(path, json={"endpoint": endpoint}, headers=alice.headers)) == ["/endpoint"]
    assert (await http.get(path, headers=alice.headers)).json() == made


@pytest.mark.parametrize("method", ["post", "TRACE", "", None, 1])
async def test_a_method_is_one_of_those_known(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], method: object
) -> None:
    assert pointers(await _post(http, alice, tool, method=method)) == ["/method"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X A": "1"},
        {"": "1"},
        {"X-A:": "1"},
        {"X-A\n": "1"},
        {"X-A": "1\r\nX-B: 2"},
        {"X-A": "1\n"},
        {"X-A": 1},
        {"X-A": None},
        {"X-A": "a" * 2001},
        {f"X-{number}": "1" for number in range(51)},
        ["X-A"],
    ],
)
async def test_headers_that_could_not_be_sent_are_refused(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], headers: Any
) -> None:
    (at,) = pointers(await _post(http, alice, tool, headers=headers))
    assert at.startswith("/headers")


@pytest.mark.parametrize(
    ("schema", "at"),
    [
        ({"type": "strnig"}, "/inputSchema/type"),
        ({"properties": {"a/b": {"minLength": -1}}}, "/inputSchema/properties/a~1b/minLength"),
        ({"pattern": "("}, "/inputSchema/pattern"),
        ({"$ref": "https://example.com/schema"}, "/inputSchema/$ref"),
        ({"$ref": "#/$defs/none"}, "/inputSchema/$ref"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/inputSchema/$schema"),
        ({"multipleOf": 0}, "/inputSchema/multipleOf"),
        ([], "/inputSchema"),
        (True, "/inputSchema"),
        ("object", "/inputSchema"),
    ],
)
async def test_a_schema_that_is_none_is_refused_at_its_place(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], schema: object, at: str
) -> None:
    assert pointers(await _post(http, alice, tool, inputSchema=schema)) == [at]
    assert pointers(await _post(http, alice, tool, schema=schema)) == [at]


async def test_of_a_large_schema_wrong_all_over_one_thing_is_told(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]
) -> None:
    schema = {"properties": {f"a{number}": {"type": "x"} for number in range(35_000)}}
    answered = await _post(http, alice, tool, inputSchema=schema)
    assert pointers(answered) == ["/inputSchema/properties/a0/type"]


async def test_its_tool_must_be_there(
    http: httpx.AsyncClient, alice: Member, charlie: Member, tool: dict[str, Any]
) -> None:
    foreign = await make_tool(http, charlie)
    made = await make_action(http, alice, tool)
    path = f"/actions/{made['id']}"
    for unknown in (foreign["id"], str(uuid4()), "7", None, tool["id"][:-1], tool["id"] + " "):
        answered = await _post(http, alice, tool, toolId=unknown)
        assert pointers(answered) == ["/toolId"]
        assert pointers(await http.put(path, json={"toolId": unknown}, headers=alice.headers)) == ["/toolId"]
    assert (await http.get("/actions", headers=alice.headers)).json()["data"] == [made]


async def test_it_moves_to_another_tool(http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]) -> None:
    made, other = await make_action(http, alice, tool), await make_tool(http, alice)
    path = f"/actions/{made['id']}"
    moved = await http.patch(path, json={"toolId": other["id"]}, headers=alice.headers)
    assert moved.json()["toolId"] == other["id"]
    assert (await http.delete(f"/tools/{tool['id']}", headers=alice.headers)).status_code == 204


async def test_null_clears_what_may_be_empty(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]
) -> None:
    full = {"headers": {"X-A": "1"}, "inputSchema": {}, "executeIf": "true"}
    made = await make_action(http, alice, tool, **full)
    path = f"/actions/{made['id']}"
    cleared = await http.put(path, json=dict.fromkeys(full), headers=alice.headers)
    assert [cleared.json()[field] for field in full] == [None, None, None]
    for field in ("name", "method", "endpoint", "toolId", "key"):
        assert pointers(await http.put(path, json={field: None}, headers=alice.headers)) == [f"/{field}"]


@pytest.mark.parametrize("field", ["id", "orgId", "version", "revision", "createdAt", "updatedAt"])
async def test_fields_that_are_not_the_clients_are_refused(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any], field: str
) -> None:
    made = await make_action(http, alice, tool)
    assert pointers(await _post(http, alice, tool, **{field: made[field]})) == [f"/{field}"]
    path = f"/actions/{made['id']}"
    assert pointers(await http.put(path, json={field: made[field]}, headers=alice.headers)) == [f"/{field}"]


async def test_filters_find_by_tool_key_name_and_method(
    http: httpx.AsyncClient, alice: Member, tool: dict[str, Any]
) -> None:
    post = await make_action(http, alice, tool, name="Post", key="post")
    get = await make_action(http, alice, name="Get", method="GET")

    async def found(**query: str) -> list[Any]:
        listed = await http.get("/actions", params=query, headers=alice.headers)
        return [each["id"] for each in listed.json()["data"]]

    assert (
        await found(toolId=tool["id"]) == await found(key="post") == await found(name="Post") == [post["id"]]
    )
    assert await found(method="GET") == [get["id"]]
    assert await found(toolId=get["toolId"], method="POST") == []
    assert await found(toolId=str(uuid4())) == []


async def test_charlie_sees_and_changes_nothing(
    http: httpx.AsyncClient, alice: Member, charlie: Member, tool: dict[str, Any]
) -> None:
    made = await make_action(http, alice, tool)
    path = f"/actions/{made['id']}"
    refused(await http.get(path, headers=charlie.headers), 404, "not-found")
    refused(await http.put(path, json={"name": "mine"}, headers=charlie.headers), 404, "not-found")
    refused(await http.delete(path, headers=charlie.headers), 404, "not-found")
    listed = await http.get("/actions", params={"toolId": tool["id"]}, headers=charlie.headers)
    assert listed.json()["data"] == []
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    refused(await http.get(path, headers=alice.headers), 404, "not-found")
