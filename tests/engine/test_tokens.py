"""Tokens and calls with them in one process, without a tool: what is asked of the client, and with how much time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from tests.engine.home import Home
from tolstoy.db import tenancy
from tolstoy.domain import credentials, flow_credentials, sealed, tools
from tolstoy.domain.action_request import Request
from tolstoy.domain.credential_secrets import OAuth2
from tolstoy.domain.credentials import CredentialCreate
from tolstoy.domain.tools import ToolCreate
from tolstoy.engine import authority, credential
from tolstoy.engine.answer import Response
from tolstoy.engine.authority import Authority
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential, Proof
from tolstoy.engine.outbounds import Outbounds

TOOL = "https://tool.example.com"
ISSUER = "https://issuer.example.com/token"


@dataclass
class Clock:
    """Of the authority; it stands still but for what the client takes."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Client:
    """Answers with what it was given, each after so many seconds."""

    clock: Clock
    statuses: Iterator[int]
    takes: float = 0.0
    proofs: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    tokens: int = 0

    async def send(
        self,
        org_id: UUID,
        request: Request,
        *,
        timeout_seconds: float,
        follow_redirects: bool = True,
        proof: Proof | None = None,
    ) -> Response:
        self.clock.now += self.takes
        if request.url == ISSUER:
            self.tokens += 1
            body = {"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": 3600}
            return _answer(200, request.url, msgspec.json.encode(body))
        assert proof is not None
        self.proofs.append(proof.headers["Authorization"])
        self.seconds.append(timeout_seconds)
        return _answer(next(self.statuses), request.url)


def _answer(status: int, url: str, body: bytes = b"") -> Response:
    return Response(status=status, headers={}, body=body, elapsed_seconds=0, url=url)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(authority, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


async def stored(home: Home) -> Credential:
    tool = await tools.create(home.scope, ToolCreate(name="T", base_url=TOOL, auth_type="oauth2"))
    secret = OAuth2(token_url=ISSUER, client_id="c", client_secret="s")
    made = await credentials.create(home.scope, tool.id, CredentialCreate(name="C", oauth2=secret))
    rows = await tenancy.fetch(home.scope, flow_credentials.FOR_CALLS, [made.id])
    return credential.by_id(rows)[made.id]


async def call(home: Home, client: Client, proves: Credential, seconds: float) -> int:
    caller = Authority(home.database, cast("Outbounds", client))
    request = Request(method="GET", url=f"{TOOL}/things", headers={})
    return (await caller.send(home.scope.org_id, proves, request, seconds)).status


async def test_one_time_for_all_that_a_call_takes(home: Home, clock: Clock) -> None:
    """The token, the call, a token anew, the call again: each has what the ones before have left."""
    client = Client(clock, iter([401, 200]), takes=7)
    asked: list[float] = []
    proves = await stored(home)
    original = authority.Tokens.current

    async def current(self: Any, org_id: Any, proven: Any, seconds: float, **more: Any) -> Any:
        asked.append(seconds)
        return await original(self, org_id, proven, seconds, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority.Tokens, "current", current)
        assert await call(home, client, proves, 30) == 200
    assert (asked, client.seconds) == ([30, 16], [23, 9])


async def test_when_the_time_is_over_nothing_more_is_sent(home: Home, clock: Clock) -> None:
    client = Client(clock, iter([401]), takes=20)
    with pytest.raises(CallError) as caught:
        await call(home, client, await stored(home), 30)
    assert (caught.value.kind, caught.value.sent) == ("timeout", False)
    assert "within 30 s" in caught.value.detail
    assert len(client.proofs) == 1, "the refused one"


async def test_a_token_of_which_nobody_knows_for_where_is_fetched_anew(home: Home, clock: Clock) -> None:
    """As code from before stored it."""
    client = Client(clock, iter([200, 200, 200]))
    proves = await stored(home)
    assert await call(home, client, proves, 30) == 200
    (row,) = await home.owner.fetch("SELECT id, token FROM credential_tokens")
    place = sealed.TOKEN.place(home.scope.org_id, row["id"])
    kept = msgspec.json.decode(home.database.keyring.open(row["token"], place))
    assert kept == {"access": "token-1", "origin": TOOL}
    assert await call(home, client, proves, 30) == 200
    assert client.tokens == 1, "another process reads it"
    before = home.database.keyring.seal(msgspec.json.encode({"access": "token-0"}), place)
    await home.owner.execute("UPDATE credential_tokens SET token = $1", before)
    assert await call(home, client, proves, 30) == 200
    assert client.proofs == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
