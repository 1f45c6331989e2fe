"""An OAuth2 server and a tool behind it: tokens, which it can expire, revoke and refuse.

    GET  /authorize        somebody who allows everything at once: back to the client with a code, or with an `error`
    POST /token            client credentials, by header or form; codes, once, with PKCE; refresh tokens, each once:
                           one that comes a second time ends all that came of the same code
    ANY  /api/…            401 unless the bearer token is one that counts; else what was asked, as JSON

`set` says how it behaves from then on: expiresIn, hold (no token is given while it is true), refusal, status, body,
error, iss, noRefresh; revoke and forget are done at once. The client PUBLIC has no secret.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus, urlencode
from uuid import uuid4

import msgspec
from aiohttp import web

CLIENT, SECRET = "tolstoy", "client-secret-c4n4ry-0f-an-oauth2/client+"
PUBLIC = "tolstoy-in-public"


class OAuthServer:
    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.settings: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.revoked: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.authorized: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: list[str] = []
        self.families: dict[str, str] = {}  # of which code each token came
        self.used_up: set[str] = set()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_route("*", "/api/{tail:.*}", self._api)
        return app

    def set(self, **settings: Any) -> None:
        if settings.pop("forget", False):
            self.asked.clear()
            self.seen.clear()
            self.authorized.clear()
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
        client = _client(request, form)
        if client not in ((CLIENT, SECRET), (PUBLIC, "")):
            return _json({"error": "invalid_client"}, 401)
        if form["grant_type"] == "client_credentials":
            return self._given()
        family = self._family(form, client[0])
        return _json({"error": "invalid_grant"}, 400) if family is None else self._given(family)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256", asked
        self.authorized.append(asked)
        said = {"state": asked["state"]}
        if error := self.settings.get("error"):
            said |= {"error": error, "error_description": "<b>c4n4ry of a description</b>"}
        else:
            said["code"] = f"code-c4n4ry-{len(self.codes)}-{uuid4().hex}"
            self.codes[said["code"]] = asked
        if iss := self.settings.get("iss"):
            said["iss"] = iss
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(said)}"})

    def _family(self, form: dict[str, str], client: str) -> str | None:
        """The code of which the next tokens come; None where there are to be none."""
        if form["grant_type"] == "refresh_token":
            sent = form["refresh_token"]
            family = self.families.get(sent)
        else:
            sent = family = form["code"]
            asked = self.codes.get(sent)
            challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
            if (
                asked is None
                or (asked["client_id"], asked["redirect_uri"]) != (client, form["redirect_uri"])
                or asked["code_challenge"] != challenge.decode().rstrip("=")
            ):
                return None
        if sent in self.used_up:
            tokens = {token for token, other in self.families.items() if other == family}
            self.revoked |= tokens
            self.used_up |= tokens
            return None
        self.used_up.add(sent)
        return family

    def _given(self, family: str | None = None) -> web.Response:
        token = f"access-token-c4n4ry-{len(self.tokens)}-{uuid4().hex}"
        self.tokens.append(token)
        granted: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if family is not None and not self.settings.get("noRefresh"):
            granted["refresh_token"] = f"refresh-token-c4n4ry-{len(self.tokens)}/{uuid4().hex}+"
            self.refresh_tokens.append(granted["refresh_token"])
            self.families |= {token: family, granted["refresh_token"]: family}
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


async def _started(server: OAuthServer, host: str) -> web.AppRunner:
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    server.port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{server.port}"
    return runner


@contextmanager
def oauth_in_thread(host: str = "127.0.0.1") -> Iterator[OAuthServer]:
    """`host` is where it listens; its `url` is of 127.0.0.1."""
    server, ready = OAuthServer(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve(stop: asyncio.Event) -> None:
        runner = await _started(server, host)
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
