"""What holds for every request: its id, its method, its size, and how a refusal looks."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.factories import make_tool
from tests.api.problems import refused
from tests.api.raw_http import answer, problem_of, raw, request
from tests.conftest import Member
from tests.processes import Served


@pytest.mark.parametrize("sent", ["a", "0190-abc.DEF_1:2/3+4=", "x" * 128])
async def test_a_request_id_is_given_back(http: httpx.AsyncClient, sent: str) -> None:
    for path in ("/health", "/nowhere", "/tools"):
        answered = await http.get(path, headers={"X-Request-ID": sent})
        assert answered.headers["X-Request-ID"] == sent
        if answered.status_code != 200:
            assert refused(answered, answered.status_code)["requestId"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "<script>", "a,b", "é", "a\tb", '"'])
async def test_a_request_id_that_is_junk_is_replaced(http: httpx.AsyncClient, sent: str) -> None:
    answered = await http.get("/health", headers=[("X-Request-ID", sent.encode())])
    assert answered.status_code == 200
    assert answered.headers["X-Request-ID"] not in ("", sent)


async def test_each_request_has_an_id_of_its_own(http: httpx.AsyncClient) -> None:
    ids = {(await http.get("/health")).headers["X-Request-ID"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/tools/x/y", "//tools", "/tools//", "/tools" + "/" * 9000, "/Tools"]
)
async def test_an_address_where_nothing_is(http: httpx.AsyncClient, alice: Member, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "HEAD", "BREW"):
        answered = await http.request(method, path, headers=alice.headers)
        assert answered.status_code == 404, answered.text
        if method != "HEAD":
            refused(answered, 404, "not-found")


async def test_one_slash_at_the_end_is_no_other_address(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"name": "x", "baseUrl": "https://x.example"}
    made = await http.post("/tools/", json=sent, headers=alice.headers)
    assert made.headers["Location"] == f"/tools/{made.json()['id']}"
    assert (await http.get(made.headers["Location"] + "/", headers=alice.headers)).json() == made.json()


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        ("/tools", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"], "GET, HEAD, POST"),
        ("/health", ["POST", "DELETE", "OPTIONS"], "GET, HEAD"),
        (
            "/flows/01999999-0000-7000-8000-000000000000",
            ["POST", "OPTIONS"],
            "DELETE, GET, HEAD, PATCH, PUT",
        ),
        ("/flows/01999999-0000-7000-8000-000000000000/publish", ["GET", "HEAD", "PUT"], "POST"),
    ],
)
async def test_a_method_that_an_address_does_not_answer_to(
    http: httpx.AsyncClient, alice: Member, path: str, methods: list[str], allowed: str
) -> None:
    for method in methods:
        answered = await http.request(method, path, headers=alice.headers)
        assert (answered.status_code, answered.headers["Allow"]) == (405, allowed), method
        if method != "HEAD":
            refused(answered, 405, "method-not-allowed")


async def test_head_is_get_without_its_body(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    for path in ("/health", "/tools", f"/tools/{tool['id']}", "/tools/x", "/tools?limit=0", "/docs"):
        whole = await http.get(path, headers=alice.headers)
        head = await http.head(path, headers=alice.headers)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        for name in ("Content-Type", "ETag"):
            assert head.headers.get(name) == whole.headers.get(name)
        if whole.status_code == 200:
            assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    known = {**alice.headers, "If-None-Match": '"1"'}
    assert (await http.head(f"/tools/{tool['id']}", headers=known)).status_code == 304
    refused(await http.get("/tools", headers={"X-Org-ID": alice.org_id}), 400, "malformed")


@pytest.mark.parametrize(
    "media",
    ["application/json", "Application/JSON; charset=utf-8", "application/json ;x"],
)
async def test_json_is_json_however_it_is_called(http: httpx.AsyncClient, alice: Member, media: str) -> None:
    sent = '{"name": "Ünïcode 🎉 \\ud83c\\udf89", "baseUrl": "https://x.example"}'
    known = {**alice.headers, "Content-Type": media}
    made = await http.post("/tools", content=sent.encode(), headers=known)
    assert made.json()["name"] == "Ünïcode 🎉 🎉"
    assert made.headers["Content-Type"] == "application/json"


async def test_a_merge_patch_is_refused(http: httpx.AsyncClient, alice: Member) -> None:
    """Fields are replaced whole; a merge patch (RFC 7396) would merge the objects in them."""
    path = f"/tools/{(await make_tool(http, alice))['id']}"
    known = {**alice.headers, "Content-Type": "application/merge-patch+json"}
    refused(await http.patch(path, content=b'{"name": "x"}', headers=known), 415, "unsupported-media-type")


async def test_a_body_may_be_as_large_as_allowed(http: httpx.AsyncClient, alice: Member) -> None:
    content = b'{"name": "x", "baseUrl": "https://x.example"}'
    known = {**alice.headers, "Content-Type": "application/json"}
    made = await http.post("/tools", content=content.ljust(1_048_576), headers=known)
    assert made.status_code == 201
    refused(
        await http.post("/tools", content=content.ljust(1_048_577), headers=known), 413, "payload-too-large"
    )


async def test_a_body_in_pieces_is_measured_too(http: httpx.AsyncClient, alice: Member) -> None:
    async def pieces(count: int) -> Any:
        yield b'{"name": "x", "baseUrl": "https://x.example"}'
        for _ in range(count):
            yield b" " * 65_536

    known = {**alice.headers, "Content-Type": "application/json"}
    assert (await http.post("/tools", content=pieces(2), headers=known)).status_code == 201
    refused(await http.post("/tools", content=pieces(17), headers=known), 413, "payload-too-large")


async def test_who_sends_far_too_much_still_reads_why(http: httpx.AsyncClient, alice: Member) -> None:
    known = {**alice.headers, "Content-Type": "application/json"}
    for _ in range(3):
        much = b"x" * 20_000_000
        refused(await http.post("/nowhere", content=much), 404, "not-found")
        refused(await http.post("/tools", content=much, headers=known), 413, "payload-too-large")
        refused(await http.request("GET", "/tools", content=much, headers=known), 400, "malformed")
        assert (await http.get("/health", headers={"X-Large": "x" * 2_000_000})).status_code == 431


@pytest.mark.parametrize("size", [1_100_000, 3_000_000])
async def test_who_was_refused_before_the_body_had_arrived_can_go_on(
    http: httpx.AsyncClient, size: int
) -> None:
    """The client keeps its connection when it may, and is told when it may not."""
    for _ in range(20):
        refused(await http.post("/nowhere", content=b"x" * size), 404, "not-found")
        refused(await http.put("/health", content=b"x" * size), 405, "method-not-allowed")
        assert (await http.get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("line", "connection"),
    [
        ("Content-Length: 1048577", "close"),
        ("Transfer-Encoding: chunked", "close"),
        ("Content-Length: 1048576", "keep-alive"),
    ],
)
async def test_an_answer_ahead_of_the_body_tells_whether_the_connection_stays(
    served: Served, line: str, connection: str
) -> None:
    status, found, _ = await raw(served, request("POST /nowhere", line))
    assert (status, found["connection"]) == (404, connection)


async def test_headers_too_large_are_refused(http: httpx.AsyncClient, alice: Member) -> None:
    answered = await http.get("/tools", headers={**alice.headers, "X-Large": "x" * 17_000})
    assert answered.status_code == 431
    assert answered.json()["code"] == "headers-too-large"
    assert (await http.get("/tools?name=" + "x" * 17_000, headers=alice.headers)).status_code == 431


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /health HTTP/2.0\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET  /health HTTP/1.1\r\n\r\n",
        b"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /tools HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"POST /tools HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_malformed(served: Served, sent: bytes) -> None:
    problem_of(await raw(served, sent), 400)


async def test_bytes_in_headers_that_are_no_text_do_no_harm(served: Served, alice: Member) -> None:
    junk = "\xff\xfe"
    for line in ("GET /health", f"{junk} /health", f"GET /tools?name={junk}"):
        for lines in (
            [f"X-Org-ID: {junk}", f"X-User-ID: {junk}"],
            [f"X-Request-ID: {junk}", f"{junk}: {junk}", f"Host: {junk}"],
            [f"Content-Type: {junk}", f"If-None-Match: {junk}", f"Accept: {junk}", f"Cookie: {junk}"],
        ):
            status, _, _ = await raw(served, request(line, *lines))
            assert status in (200, 400, 405)
    problem = problem_of(await raw(served, request("GET /tools", f"X-Org-ID: {junk}", "X-User-ID: x")), 400)
    assert [error["header"] for error in problem["errors"]] == ["X-Org-ID", "X-User-ID"]
    assert "Exception occurred" not in served.log()


async def test_of_expectations_only_the_usual_one_is_met(served: Served, alice: Member) -> None:
    body = b'{"name": "x", "baseUrl": "https://x.example"}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    usual = request("POST /tools", *lines, "Expect: 100-continue", body=body, member=alice)
    assert (await raw(served, usual))[0] == 201
    other = request("POST /tools", *lines, "Expect: a-miracle", body=body, member=alice)
    assert problem_of(await raw(served, other), 417)["code"] == "expectation-failed"


async def test_requests_in_one_go_are_answered_in_turn(served: Served, alice: Member) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    paths = ("/health", "/nowhere", "/tools", "/health")
    writer.write(b"".join(request(f"GET {path}", member=alice) for path in paths))
    statuses = [(await asyncio.wait_for(answer(reader), 5))[0] for _ in paths]
    assert statuses == [200, 404, 200, 200]
    writer.close()


async def test_a_client_that_goes_away_does_no_harm(served: Served, alice: Member) -> None:
    body = b'{"name": "x", "baseUrl": "https://x.example"}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    whole = request("POST /tools", *lines, body=body, member=alice)
    for sent in (whole, whole[:-10], whole[:40], request("GET /tools", member=alice)) * 10:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(sent)
        await writer.drain()
        writer.transport.abort()
    status, _, _ = await raw(served, request("GET /tools", member=alice))
    assert status == 200
    assert "request_failed" not in served.log()
