"""What browsers are told with every answer, and which pages may read it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.api.factories import make_tool
from tests.api.problems import refused
from tests.api.raw_http import answer, problem_of, raw, request
from tests.conftest import Databases, Member
from tests.processes import Served, serving

APP, OTHER = "https://app.example.com", "http://localhost:8080"
STRANGE = [
    "https://evil.example", "https://app.example.com.evil.example", "https://evil-app.example.com",
    "http://app.example.com", "https://app.example.com:8443", "https://APP.example.com", "https://app.example.com/",
    "null", "*", "", "https://app.example.com, https://evil.example",
]  # fmt: skip


@pytest.fixture(scope="module")
def crossed(served_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second server, whose answers pages of two origins may read, and which takes few connections."""
    urls = {"DATABASE_URL": served_database.database_url, "DIRECT_URL": served_database.direct_url}
    told = {**urls, "RUN_WORKER": "false", "CORS_ORIGINS": f"{APP},{OTHER}", "MAX_CONNECTIONS": "20"}
    with serving(tmp_path_factory.mktemp("crossed"), told) as process:
        yield process
    assert "request_failed" not in process.log(), process.log()[-5000:]


@pytest.fixture
def browser(crossed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=crossed.url, timeout=20) as client:
        yield client


async def test_every_answer_has_them_once(http: httpx.AsyncClient, served: Served, alice: Member) -> None:
    """Whatever is answered: a document, a page, a refusal, nothing, and what was no request."""
    tool = await make_tool(http, alice)
    path = f"/tools/{tool['id']}"
    answers = [
        await http.get(path, headers=alice.headers),
        await http.get(path, headers={**alice.headers, "If-None-Match": '"1"'}),
        await http.head("/health"),
        await http.get("/metrics"),
        await http.get("/openapi.json"),
        await http.get("/docs"),
        await http.get("/nowhere"),
        await http.get("/tools"),
        await http.post(
            "/tools", content=b"{", headers={**alice.headers, "Content-Type": "application/json"}
        ),
        await http.delete(path, headers=alice.headers),
    ]
    assert {answered.status_code for answered in answers} == {200, 304, 404, 400, 204}
    for answered in answers:
        for name, value in (
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ):  # fmt: skip
            assert answered.headers.get_list(name) == [value], answered.request.url
        assert len(answered.headers.get_list("Content-Security-Policy")) == 1
        assert "frame-ancestors 'none'" in answered.headers["Content-Security-Policy"]
        assert len(answered.headers.get_list("Cache-Control")) == 1
        assert not [name for name in answered.headers if name.startswith("access-control-")]
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answers[5].headers["Content-Security-Policy"], "the page's own"
    _, found, _ = await raw(served, b"hello\r\n\r\n")
    assert found["x-frame-options"] == "DENY"


async def test_without_the_setting_nobody_may_ask_across(http: httpx.AsyncClient) -> None:
    headers = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    answered = await http.options("/tools", headers=headers)
    refused(answered, 405, "method-not-allowed")
    assert "Vary" not in answered.headers


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/tools", "GET, HEAD, POST"),
        ("/tools/01999999-0000-7000-8000-000000000000", "DELETE, GET, HEAD, PATCH, PUT"),
        ("/flows/01999999-0000-7000-8000-000000000000/publish", "POST"),
    ],
)
def test_a_preflight_is_answered(browser: httpx.Client, path: str, methods: str) -> None:
    for origin in (APP, OTHER):
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        answered = browser.options(path, headers={**asked, "Access-Control-Request-Headers": "x-org-id"})
        assert (answered.status_code, answered.content) == (204, b"")
        headers = answered.headers
        assert headers.get_list("Access-Control-Allow-Origin") == [origin]
        assert headers["Access-Control-Allow-Methods"] == methods
        assert {
            "authorization",
            "content-type",
            "if-match",
            "idempotency-key",
            "x-org-id",
            "x-user-id",
        } <= set(headers["Access-Control-Allow-Headers"].lower().split(", "))
        assert headers["Access-Control-Max-Age"] == "600"
        assert "Access-Control-Allow-Credentials" not in headers
        assert set(headers["Vary"].split(", ")) == {
            "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers",
        }  # fmt: skip


@pytest.mark.parametrize("origin", STRANGE)
def test_no_other_origin_is_let_in(browser: httpx.Client, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for answered in (browser.options("/tools", headers=asked), browser.get("/health", headers=asked)):
        assert "Access-Control-Allow-Origin" not in answered.headers
        assert answered.headers["Vary"] == "Origin", "or a cache would hand it on to those who may"
    assert browser.options("/tools", headers=asked).status_code == 405


def test_what_is_no_preflight_is_none(browser: httpx.Client) -> None:
    assert browser.options("/tools", headers={"Origin": APP}).status_code == 405
    answered = browser.options("/nowhere", headers={"Origin": APP, "Access-Control-Request-Method": "GET"})
    refused(answered, 404)
    twice = [("Origin", APP), ("Origin", APP), ("Access-Control-Request-Method", "GET")]
    assert browser.options("/tools", headers=twice).status_code == 405


def test_answers_may_be_read_by_an_origin_that_is_allowed(browser: httpx.Client) -> None:
    """Refusals too: a page has to be able to say what was wrong."""
    made = browser.post("/organizations", json={"name": "Crossed"}, headers={"Origin": APP})
    for answered in (
        made,
        browser.get("/tools", headers={"Origin": APP}),
        browser.get("/docs", headers={"Origin": APP}),
    ):
        assert answered.headers["Access-Control-Allow-Origin"] == APP
        assert "ETag" in answered.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answered.headers["Vary"].split(", ")
    assert "Accept-Encoding" in browser.get("/docs", headers={"Origin": APP}).headers["Vary"]
    assert "Access-Control-Allow-Origin" not in browser.get("/health").headers


async def test_more_connections_than_it_may_have_are_turned_away(crossed: Served) -> None:
    """With an answer; those that it has go on, and a place that gets free is taken."""
    held = [await asyncio.open_connection("127.0.0.1", crossed.port) for _ in range(20)]
    try:
        for reader, writer in held:
            writer.write(request("GET /health"))
            assert (await asyncio.wait_for(answer(reader), 20))[0] == 200
        status, found, body = await raw(crossed, request("GET /health"))
        assert (status, found["retry-after"], found["connection"]) == (503, "2", "close")
        assert found["content-type"] == "application/problem+json" and b'"code":"overloaded"' in body
        reader, writer = held.pop()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(20):
            while (await raw(crossed, request("GET /health")))[0] != 200:
                await asyncio.sleep(0.05)
        reader, writer = held[0]
        writer.write(request("GET /nowhere"))
        problem_of(await asyncio.wait_for(answer(reader), 20), 404)
    finally:
        for _, writer in held:
            writer.close()
