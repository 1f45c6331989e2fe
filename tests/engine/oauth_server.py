"""An OAuth2 server and a tool behind it: tokens by client credentials, which it can expire, revoke and refuse.

    POST /token            client credentials, by header or form; what is told of it is counted
    ANY  /api/…            401 unless the bearer token is one that counts; else what was asked, as JSON

`set` says how it behaves from then on: expiresIn, hold (no token is given while it is true), refusal, status, body;
revoke and forget are done at once.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

import msgspec
from aiohttp import web

CLIENT, SECRET = "tolstoy", "client-secret-c4n4ry-0f-an-oauth2/client+"


class OAuthServer:
    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.settings: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.revoked: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_route("*", "/api/{tail:.*}", self._api)
        return app

    def set(self, **settings: Any) -> None:
        if settings.pop("forget", False):
            self.asked.clear()
            self.seen.clear()
        if settings.pop("revoke", False):
            self.revoked |= set(self.tokens)
        self.settings = settings

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append({"form": form, "authorization": request.headers.get("Authorization", "")})
        while self.settings.get("hold"):
            await asyncio.sleep(0.02)
        if "body" in self.settings:
            return web.Response(
                text=self.settings["body"],
                status=self.settings.get("status", 200),
                content_type="application/json",
            )
        if refusal := self.settings.get("refusal"):
            # as bad as a server can be: it repeats what it was sent
            return _json({"error": refusal, "error_description": str(form) + SECRET}, 400)
        if status := self.settings.get("status"):
            return web.Response(status=status, text=SECRET)
        if _client(request, form) != (CLIENT, SECRET):
            return _json({"error": "invalid_client"}, 401)
        token = f"access-token-c4n4ry-{len(self.tokens)}-{uuid4().hex}"
        self.tokens.append(token)
        granted = {"access_token": token, "token_type": "Bearer"}
        if (seconds := self.settings.get("expiresIn", 3600)) is not None:
            granted["expires_in"] = seconds
        return _json(granted)

    async def _api(self, request: web.Request) -> web.Response:
        sent = request.headers.get("Authorization", "")
        self.seen.append({"path": request.path, "authorization": sent, "query": dict(request.query)})
        token = sent.removeprefix("Bearer ")
        if token not in self.tokens or token in self.revoked:
            return _json({"error": "invalid_token"}, 401)
        return _json({"path": request.path, "headers": dict(request.headers)})


def _client(request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        id_, _, secret = base64.b64decode(encoded).decode().partition(":")
        return unquote_plus(id_), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


async def _started(server: OAuthServer, port: int) -> web.AppRunner:
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{server.port}"
    return runner


@contextmanager
def oauth_in_thread() -> Iterator[OAuthServer]:
    server, ready = OAuthServer(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve(stop: asyncio.Event) -> None:
        runner = await _started(server, 0)
        ready.set()
        await stop.wait()
        await runner.cleanup()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
