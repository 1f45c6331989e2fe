"""OpenAPI documents that are fetched from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from tests.api.openapi_sending import ORDERS, sent, state
from tests.api.problems import refused
from tests.conftest import Member


@contextmanager
def site(pages: dict[str, tuple[int, bytes, str]]) -> Iterator[str]:
    """A server of these pages: status, body and Location."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, location = pages.get(self.path, (404, b"", ""))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_document_is_fetched_and_its_server_is_relative_to_where_it_was(
    http: httpx.AsyncClient, alice: Member
) -> None:
    relative = json.dumps({**ORDERS, "servers": [{"url": "/v1"}]}).encode()
    pages = {"/openapi.json": (200, relative, ""), "/old": (301, b"", "/openapi.json")}
    with site(pages) as origin:
        answer = await sent(http, alice, {"url": f"{origin}/old"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["tool"]["baseUrl"] == f"{origin}/v1"
    assert answer.json()["counts"]["add"] == 3


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ((404, b"", ""), "not_fetched"),
        ((302, b"", "http://10.0.0.1/x"), "refused_address"),
        ((302, b"", "file:///etc/passwd"), "redirect"),
        ((200, b"\xff\xfe", ""), "not_text"),
        ((200, b"x" * (4 * 1024 * 1024 + 1), ""), "too_large"),
    ],
)
async def test_what_cannot_be_fetched_is_told(
    http: httpx.AsyncClient, alice: Member, page: tuple[int, bytes, str], code: str
) -> None:
    with site({"/x": page}) as origin:
        problem = refused(await sent(http, alice, {"url": f"{origin}/x"}), 422)
    assert [(error["code"], error["pointer"]) for error in problem["errors"]] == [(code, "/url")]
    assert await state(http, alice) == []
