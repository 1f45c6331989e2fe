"""What Nginx refuses by itself, unread, and that it says so as the service would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.infra.hosts import host
from tests.infra.nginx_here import Nginx, needs_nginx, nginx
from tests.infra.wired import problem, say

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def upstream() -> Iterator[EchoServer]:
    """In the service's place: it says what came to it."""
    with serving_in_thread() as server:
        yield server


@pytest.fixture(scope="module")
def edge(upstream: EchoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(tmp_path_factory.mktemp("edge"), host(), before=upstream.port) as here:
        yield here


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
AMBIGUOUS = {
    "length and chunks": (b"Content-Length: 4\r\nTransfer-Encoding: chunked", 400, "malformed"),
    "two lengths": (b"Content-Length: 0\r\nContent-Length: 36", 400, "malformed"),
    "two lengths in one": (b"Content-Length: 0, 36", 400, "malformed"),
    "signed length": (b"Content-Length: +0", 400, "malformed"),
    "two encodings": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400, "malformed"),
    "another encoding": (b"Transfer-Encoding: gzip, chunked", 501, "not-implemented"),
    "space before the colon": (b"Transfer-Encoding : chunked", 400, "malformed"),
    "line that goes on": (b"X-A: b\r\n Transfer-Encoding: chunked", 400, "malformed"),
    "two hosts": (b"Host: y", 400, "malformed"),
    "zero byte": (b"X-A: b\0c", 400, "malformed"),
}


@pytest.mark.parametrize("form", AMBIGUOUS)
def test_requests_that_two_servers_may_read_differently_are_refused(
    edge: Nginx, upstream: EchoServer, form: str
) -> None:
    header, status, code = AMBIGUOUS[form]
    upstream.requests.clear()
    said = say(edge.port, b"POST /echo HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n0\r\n\r\n" + SMUGGLED)
    problem(said, status, code)
    assert said.answers == 1
    assert list(upstream.requests) == []


def test_a_header_that_looks_like_another_in_an_environment_is_dropped(edge: Nginx) -> None:
    """X_Org_ID, which some servers read as X-Org-ID."""
    said = say(edge.port, b"GET /echo HTTP/1.1\r\nHost: x\r\nX_Org_ID: 1\r\nConnection: close\r\n\r\n")
    assert said.status == 200
    assert b"x_org_id" not in said.body.lower()


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "malformed"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed"),
    "address too long": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long"),
    "header too long": (
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        431,
        "headers-too-large",
    ),
    "body too large": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
        413,
        "payload-too-large",
    ),
    "trace": (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
    "version": (b"GET / HTTP/3.1\r\nHost: x\r\n\r\n", 505, "http-version-not-supported"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_unread_is_a_problem_too(edge: Nginx, upstream: EchoServer, kind: str) -> None:
    sent, status, code = REFUSED[kind]
    upstream.requests.clear()
    said = say(edge.port, sent)
    problem(said, status, code)
    assert said.headers["x-content-type-options"] == "nosniff"
    assert list(upstream.requests) == []


def test_a_body_of_the_largest_size_passes(edge: Nginx) -> None:
    assert len(httpx.post(edge.url + "/echo", content=b"a" * 1048576).json()["body"]) == 1048576


@pytest.mark.parametrize("path", ["/x%22y%5C/%0A", '/x"y\\', "/%00", "/ä", "/x.html", "/x;a=1?q=secret"])
def test_the_problem_is_json_whatever_the_address(tmp_path: Path, path: str) -> None:
    with nginx(tmp_path, host()) as here:  # before the first release
        said = say(
            here.port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
        )
    status, code = (400, "malformed") if path == "/%00" else (503, "unavailable")
    json.loads(here.log())
    found = problem(said, status, code)
    assert "secret" not in found["instance"]
