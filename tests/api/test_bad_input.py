"""What bad input gets, at every operation: a clear problem and no change.

Generated from the routing table. Who adds an operation meets these tests, and says in `BODIES` what its body looks
like and in `things` what its path names.
"""

from __future__ import annotations

import json
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.api.factories import (
    make,
    make_action,
    make_credential,
    make_flow,
    make_log,
    make_tool,
    make_user,
    publish,
)
from tests.api.problems import headers, pointers, refused
from tests.api.triggers import one_of_each_trigger
from tests.api.world import (
    BODIES,
    CASES,
    CREATIONS,
    OF_A_TENANT,
    ONCE,
    WITH_BODY,
    WITH_ID,
    WITHOUT_BODY,
    Case,
    World,
)
from tests.conftest import Member
from tests.engine.echo_server import EchoServer
from tolstoy.api.template import camel


@pytest.fixture(scope="module")
async def things(http: httpx.AsyncClient, echo: EchoServer) -> World:
    owner = {"email": "alice@example.com"}
    made = (await http.post("/organizations", json={"name": "Careful", "owner": owner})).json()
    alice = Member(made["id"], made["owner"]["id"])
    user, tool = await make_user(http, alice), await make_tool(http, alice, authType="bearer")
    credential = await make_credential(http, alice, tool)
    action, flow = await make_action(http, alice, tool), await make_flow(http, alice)
    await publish(http, alice, flow)
    await http.put(f"/flows/{flow['id']}", json={"output": 1}, headers=alice.headers)
    log = await make_log(http, alice, flow)
    run = await http.post(
        f"/flows/{flow['id']}/executions", json={}, params={"wait": 30}, headers=alice.headers
    )
    triggers = await one_of_each_trigger(http, alice, flow["id"], echo.url)
    ids = {
        "organizationId": alice.org_id,
        "userId": user["id"],
        "toolId": tool["id"],
        "apiKeyId": (await make(http, "/api-keys", alice, {"name": "Key"}))["id"],
        "credentialId": credential["id"],
        "actionId": action["id"],
        "flowId": flow["id"],
        "version": "1",
        "executionLogId": log["id"],
        "code": "not-found",
        "executionId": run.json()["id"],
        "stepPath": "greet",
        **{camel(name): value for name, value in triggers.items()},
    }
    world = World(http, alice, ids)
    assert not await world.unchanged()  # it has not been asked before
    return world


def _nested(levels: int) -> bytes:
    return b'{"name":' + b"[" * levels + b"]" * levels + b"}"


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b"nul",
    b"{'name': 'x'}",
    b'{"name": "x",}',
    b'{"name": "x"} {"name": "y"}',
    b'{"name": "x" /* really */}',
    b'{"name": "a\nb"}',
    b'{"name": "a\x00b"}',
    b'{"name": "\\x41"}',
    b'{"name": NaN}',
    b'{"name": Infinity}',
    b'{"name": -Infinity}',
    b'{"name": 01}',
    b'{"name": "\xff"}',
    b'{"name": "\xed\xa0\x80"}',
    b"\xef\xbb\xbf{}",
    '{"name": "x"}'.encode("utf-16"),
    _nested(64),
    _nested(100_000),
    b"[" * 500_000,
]
NOT_OURS: list[tuple[bytes, str]] = [
    (b"[]", ""),
    (b'[{"name": "x"}]', ""),
    (b'"name"', ""),
    (b"1", ""),
    (b"null", ""),
    (b"true", ""),
    (b'{"name": "x", "name": "x"}', "/name"),
    (b'{"a": {"b/c~": 1, "b/c~": 1}}', "/a/b~1c~0"),
    (b'{"name": "a\\u0000b"}', "/name"),
    (b'{"a": ["x", "\\u0000"]}', "/a/1"),
    (b'{"a": {"\\u0000": 1}}', "/a"),
    (b'{"name": "\\ud800"}', "/name"),
    (b'{"name": "\\udc00\\ud800"}', "/name"),
    (b'{"name": 9223372036854775808}', "/name"),
    (b'{"name": -9223372036854775809}', "/name"),
    (b'{"name": 1e309}', "/name"),
    (b'{"name": ' + b"9" * 10_000 + b"}", "/name"),
    (b'{"name": -1' + b"0" * 10_000 + b".0}", "/name"),
]


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_what_is_no_json_is_malformed(things: World, case: Case) -> None:
    for content in NOT_JSON:
        refused(await things.send_raw(case, content), 400, "malformed")
    assert await things.unchanged()


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_json_that_cannot_be_kept_is_refused_at_its_place(things: World, case: Case) -> None:
    for content, at in NOT_OURS:
        assert pointers(await things.send_raw(case, content)) == [at], content[:80]
    assert await things.unchanged()


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_every_field_of_the_wrong_type_is_told(things: World, case: Case) -> None:
    for item in msgspec.structs.fields(case.operation.body):
        for value in (7, 1.5, True, "x" * 5000, [], [7], {"x": 7}, {}, "\n"):
            try:
                msgspec.convert(value, item.type)
            except msgspec.ValidationError:
                sent = {**things.body(case), item.encode_name: value}
                (at, *_) = pointers(await things.send(case, json=sent))
                assert at.startswith(f"/{item.encode_name}"), value
    assert await things.unchanged()


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_every_field_without_characters_that_cannot_be_kept(things: World, case: Case) -> None:
    for item in msgspec.structs.fields(case.operation.body):
        for text in ("\0", "a\0", "\ud800", "a\udfffb"):
            for value, at in ((text, ""), ({"x": [text]}, "/x/0")):
                sent = json.dumps({**things.body(case), item.encode_name: value}).encode()
                assert pointers(await things.send_raw(case, sent)) == [f"/{item.encode_name}{at}"]
    assert await things.unchanged()


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_fields_that_are_unknown_are_told_by_name(things: World, case: Case) -> None:
    for name in ("colour", "Name", "org_id", "orgId", "__proto__", "a/b~", "", "🎉", "x" * 10_000):
        sent = {**things.body(case), name: "red"}
        escaped = name.replace("~", "~0").replace("/", "~1")
        assert pointers(await things.send(case, json=sent)) == [f"/{escaped}"]
    assert await things.unchanged()


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_body_of_another_kind_is_not_read(things: World, case: Case) -> None:
    content = json.dumps(things.body(case)).encode()
    for media in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/jsonx",
        "",
        "/",
    ):
        refused(await things.send_raw(case, content, media), 415, "unsupported-media-type")
    without = await things.send(case, content=content)
    refused(without, 415, "unsupported-media-type")
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    refused(await things.send(case, content=content, headers=packed), 415, "unsupported-media-type")
    assert await things.unchanged()


@pytest.mark.parametrize("case", CREATIONS, ids=str)
async def test_a_body_too_large_is_refused(things: World, case: Case) -> None:
    large = b'{"name": "' + b"x" * 1_048_576 + b'"}'
    refused(await things.send_raw(case, large), 413, "payload-too-large")


@pytest.mark.parametrize("case", CREATIONS, ids=str)
async def test_a_body_of_nothing_but_mistakes_is_answered_briefly(things: World, case: Case) -> None:
    names = ",".join(f'"n{number}":1' for number in range(75_000))
    everything = (
        "{" + names + "}",
        "{" + names + ',"n0":1}',
        "{" + names + ',"z":1,"z":1}',
        '{"x":[' + ",".join(["1e999"] * 150_000) + "]}",
        '{"x":[' + ",".join(['"\\u0000"'] * 100_000) + "]}",
        '{"x":' + "[" * 60 + "9" * 900_000 + "]" * 60 + "}",
    )
    for content in everything:
        answered = await things.send_raw(case, content.encode())
        refused(answered, 422, "invalid")
        assert len(answered.content) < 200_000
        assert len(answered.json()["errors"]) <= 500


@pytest.mark.parametrize("case", WITHOUT_BODY, ids=str)
async def test_a_body_where_none_belongs_is_refused(things: World, case: Case) -> None:
    for content in (b"{}", b"x", b"null"):
        refused(await things.send_raw(case, content), 400, "malformed")
    assert await things.unchanged()


@pytest.mark.parametrize("case", WITH_ID, ids=str)
async def test_an_id_that_is_none_or_of_nothing_is_not_found(things: World, case: Case) -> None:
    body = {} if case.operation.body is None else {"json": things.body(case)}
    for name in (part[1:-1] for part in case.path.split("/") if part.endswith("Id}")):
        for wrong in _wrong_ids(things.ids[name]):
            path = case.path.format_map({**things.ids, name: wrong})
            refused(await things.send(case, path=path, **body), 404, "not-found")
    assert await things.unchanged()


def _wrong_ids(real: str) -> tuple[str, ...]:
    return (
        "7",
        "x",
        "%00",
        "%ff",
        "%2e%2e",
        "null",
        "undefined",
        real[:-1],
        real + "0",
        real + "%0a",
        real.replace("-", ""),
        f"%7B{real}%7D",
        f"urn:uuid:{real}",
        "🎉",
        "x" * 5000,
        str(uuid4()),
        "00000000-0000-0000-0000-000000000000",
    )


@pytest.mark.parametrize("case", [case for case in CASES if not case.operation.raw], ids=str)
async def test_query_parameters_that_are_unknown_are_refused(things: World, case: Case) -> None:
    body = {} if case.operation.body is None else {"json": things.body(case)}
    for query in ("colour=red", "colour", "=", "limit=%00&colour", "%ff=1", "colour=%ff", "colour=%ed%a0%80"):
        answered = await things.send(case, path=f"{things.address(case)}?{query}", **body)
        refused(answered, 400, "malformed")
    assert await things.unchanged()


@pytest.mark.parametrize("case", OF_A_TENANT, ids=str)
async def test_without_tenant_headers_nothing_happens(things: World, case: Case) -> None:
    body = {} if case.operation.body is None else {"json": things.body(case)}
    both = ["X-Org-ID", "X-User-ID"]
    for known in ({}, dict.fromkeys(both, "7"), dict.fromkeys(both, ""), dict.fromkeys(both, b"\xff\xfe")):
        answered = await things.http.request(case.method, things.address(case), headers=known, **body)
        assert headers(answered) == both
    assert await things.unchanged()


async def test_every_operation_is_known_here(things: World) -> None:
    assert {case.operation.body.__name__ for case in WITH_BODY} == set(BODIES)
    for case in CASES:
        things.address(case)
