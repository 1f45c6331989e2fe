"""The clients for calls to outside, one for each policy: where one organization may call, another may not.

A connection that is kept and an address that was looked up belong to the policy that they were made under. The threads
that look names up are everybody's: they keep nothing.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from typing import Final
from uuid import UUID

import msgspec
from aiohttp.abc import AbstractResolver

from tolstoy.domain.action_request import Request
from tolstoy.domain.egress import Policy
from tolstoy.engine.answer import Response
from tolstoy.engine.credential import Proof
from tolstoy.engine.outbound import Outbound
from tolstoy.engine.resolver import Resolver

# Of those that are idle: the ones that were used last stay.
MOST_KEPT: Final = 50


class _Client:
    __slots__ = ("calls", "outbound")

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound
        self.calls = 0


class Outbounds:
    """One per process. `policy` is what the settings allow to every organization."""

    def __init__(
        self,
        policy: Policy,
        *,
        max_response_bytes: int,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._policy = policy
        self._max_response_bytes = max_response_bytes
        self._tls = tls
        self._given_resolver = resolver
        self._allowed: dict[UUID, str] = {}
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    async def __aenter__(self) -> Outbounds:
        self._resolver = self._given_resolver or Resolver()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.outbound.close()
        await self._resolver.close()

    def hear(self, org_id: UUID, allowed: str | None) -> None:
        """What an organization's row says just now, as JSON: it holds for the calls from here on."""
        if allowed is None:
            self._allowed.pop(org_id, None)
        else:
            self._allowed[org_id] = allowed

    async def send(
        self,
        org_id: UUID,
        request: Request,
        *,
        timeout_seconds: float,
        follow_redirects: bool = True,
        proof: Proof | None = None,
    ) -> Response:
        """As `Outbound.send`, by what this organization was last heard to be allowed."""
        client = self._client(self._allowed.get(org_id, "[]"))
        client.calls += 1
        try:
            return await client.outbound.send(
                request, timeout_seconds=timeout_seconds, follow_redirects=follow_redirects, proof=proof
            )
        finally:
            client.calls -= 1
            if len(self._clients) > MOST_KEPT:
                await self._close_idle()

    def _client(self, allowed: str) -> _Client:
        client = self._clients.get(allowed)
        if client is None:
            outbound = Outbound(
                self._policy.also(msgspec.json.decode(allowed, type=list[str])),
                max_response_bytes=self._max_response_bytes,
                tls=self._tls,
                resolver=self._resolver,
            )
            outbound.open()
            client = self._clients[allowed] = _Client(outbound)
        self._clients.move_to_end(allowed)
        return client

    async def _close_idle(self) -> None:
        idle = [allowed for allowed, client in self._clients.items() if not client.calls]
        closing = [self._clients.pop(allowed) for allowed in idle[: len(self._clients) - MOST_KEPT]]
        for client in closing:
            await client.outbound.close()
