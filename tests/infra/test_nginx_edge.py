"""What Nginx hands on to the service, what it makes of it, and what it says when there is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets.asyncio.client
import websockets.asyncio.server

from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.infra.hosts import host
from tests.infra.nginx_here import Nginx, needs_nginx, nginx
from tests.infra.wired import say

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


@pytest.fixture(scope="module")
def behind(upstream: EchoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """Behind a load balancer, which is whoever comes from this machine."""
    balanced = host(role="api", proxies="127.0.0.0/8")
    with nginx(tmp_path_factory.mktemp("behind"), balanced, before=upstream.port) as here:
        yield here


def _came(answer: httpx.Response) -> dict[str, str]:
    """The headers with which the request came to the upstream."""
    assert answer.status_code == 200, answer.text
    headers: dict[str, str] = answer.json()["headers"]
    return headers


FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Real-IP": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "Forwarded": "for=6.6.6.6",
    "Proxy": "http://evil.example",
}


def test_what_a_client_says_of_its_address_is_dropped(edge: Nginx) -> None:
    came = _came(httpx.get(edge.url + "/echo", headers=FORGED))
    assert (came["x-forwarded-for"], came["x-real-ip"], came["x-forwarded-proto"]) == (
        "127.0.0.1",
        "127.0.0.1",
        "http",
    )
    assert not {"x-forwarded-host", "x-forwarded-port", "forwarded", "proxy"} & came.keys()
    assert "6.6.6.6" not in json.dumps(came)
    assert edge.logged('"client":"127.0.0.1"')


def test_a_load_balancer_is_believed_what_it_adds_and_no_more(behind: Nginx) -> None:
    sent = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 127.0.0.9", "X-Forwarded-Proto": "https"}
    answer = httpx.get(behind.url + "/echo", headers=sent)
    came = _came(answer)
    assert (came["x-forwarded-for"], came["x-real-ip"], came["x-forwarded-proto"]) == (
        "203.0.113.7",
        "203.0.113.7",
        "https",
    )
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = httpx.get(behind.url + "/echo", headers={**sent, "X-Forwarded-Proto": "http"})
    assert (_came(plain)["x-forwarded-proto"], "Strict-Transport-Security" in plain.headers) == (
        "http",
        False,
    )


def test_the_path_comes_as_it_was_sent(edge: Nginx) -> None:
    sent = "/a%2Fb/%7Bc%7D//d"
    assert httpx.get(f"{edge.url}{sent}?q=%20").json()["path"] == sent


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc:DEF/1.2_3+4=5-6", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("with space", False),
        ('quo"te', False),
    ],
)
def test_a_request_id_is_passed_or_made(edge: Nginx, sent: str, kept: bool) -> None:
    came = _came(httpx.get(edge.url + "/echo", headers={"X-Request-ID": sent}))["x-request-id"]
    assert (came == sent) is kept
    assert len(came) == 32 or kept
    assert edge.logged(f'"request_id":"{came}"')


def test_every_answer_has_the_security_headers_once(edge: Nginx) -> None:
    for path in ("/echo", "/metrics", "/status/404", "/close-at-once"):
        headers = httpx.get(edge.url + path).headers
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
        ):
            assert headers.get_list(name) == [value], path
        assert headers["Server"] == "nginx", path  # without its version
        assert "Strict-Transport-Security" not in headers  # this one is plain


async def test_a_websocket_is_passed_through(tmp_path: Path) -> None:
    async def shout(socket: websockets.asyncio.server.ServerConnection) -> None:
        async for text in socket:
            await socket.send(str(text).upper())

    async with websockets.asyncio.server.serve(shout, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with nginx(tmp_path, host(), before=port) as here:
            async with websockets.asyncio.client.connect(
                here.url.replace("http", "ws") + "/x", proxy=None
            ) as socket:
                await socket.send("hello")
                assert await socket.recv() == "HELLO"


def test_of_upgrades_only_websockets_are_passed(edge: Nginx) -> None:
    headers = {
        "Upgrade": "h2c",
        "Connection": "Upgrade, HTTP2-Settings",
        "HTTP2-Settings": "AAMAAABkAAQAAP__",
    }
    assert "upgrade" not in _came(httpx.get(edge.url + "/echo", headers=headers))
    assert _came(httpx.get(edge.url + "/echo", headers={"Upgrade": "websocket"}))["connection"] == "upgrade"


def test_before_the_first_release_all_is_unavailable(tmp_path: Path) -> None:
    with nginx(tmp_path, host()) as here:
        for path in ("/health", "/executions/1/events", "/"):
            answer = httpx.get(here.url + path)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After"] == "5"
        assert httpx.get(here.local_url + "/slot").text == "none"


def test_an_upstream_that_fails_is_a_problem_with_a_time_to_come_back(edge: Nginx) -> None:
    answer = httpx.get(edge.url + "/close-at-once")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (
        502,
        "bad-gateway",
        "2",
    )
    assert answer.json()["instance"] == "/close-at-once"


def test_an_upstream_that_hangs_is_a_problem_with_a_time_to_come_back(
    upstream: EchoServer, tmp_path: Path
) -> None:
    here = Nginx(tmp_path, host(env={"RESPONSE_TIMEOUT": "1"}), blue=upstream.port)
    here.put()
    settings = tmp_path / "etc/nginx/tolstoy/settings.conf"
    assert "proxy_read_timeout 16s;" in settings.read_text()  # that of the service, and time to say so itself
    settings.write_text(settings.read_text().replace("proxy_read_timeout 16s;", "proxy_read_timeout 300ms;"))
    here.serve("blue")
    here.start()
    try:
        answer = httpx.get(here.url + "/hang", timeout=20)
    finally:
        here.stop()
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (
        504,
        "gateway-timeout",
        "5",
    )


def test_the_problems_of_the_service_pass_as_they_are(edge: Nginx) -> None:
    for status in (400, 404, 413, 429, 500, 503):
        answer = httpx.get(f"{edge.url}/status/{status}", params={"retryAfter": "7"})
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (
            status,
            {"status": status},
            "7",
        )


async def test_too_many_requests_of_one_client(upstream: EchoServer, tmp_path: Path) -> None:
    slow = host(rate_per_second=1)
    with nginx(tmp_path, slow, before=upstream.port) as here:
        async with httpx.AsyncClient(base_url=here.url, timeout=20) as http:
            answers: list[Any] = [await http.get("/echo") for _ in range(230)]
            healthy = [await http.get("/health") for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert [answer.status_code for answer in answers[:200]] == [200] * 200
        assert len(refused) > 20
        assert {answer.json()["code"] for answer in refused} == {"rate-limited"}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert {answer.headers["Content-Type"] for answer in refused} == {"application/problem+json"}
        assert {answer.status_code for answer in healthy} == {200}
        assert httpx.get(here.local_url + "/slot").status_code == 200


def test_no_log_has_the_token_of_an_address(upstream: EchoServer, tmp_path: Path) -> None:
    for name, port in (("up", upstream.port), ("down", 1)):  # where somebody listens, and where nobody does
        with nginx(tmp_path / name, host(), before=port) as here:
            httpx.post(f"{here.url}/hooks/t0ken?a=t0ken")
            httpx.post(f"{here.url}/x/..//callbacks/t0ken")
            httpx.get(f"{here.url}/oauth/start/t0ken")
            httpx.get(f"{here.url}/oauth/callback?state=t0ken&code=t0ken")
            say(here.port, b"POST http://x/%68ooks/t0ken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        logs = "".join(file.read_text() for file in (here.root / "var/log/nginx").iterdir())
        assert (logs.count('"path":"/hooks/…"'), logs.count('"path":"/callbacks/…"')) == (2, 1)
        assert logs.count('"path":"/oauth/start/…"') == 1
        assert "t0ken" not in logs
