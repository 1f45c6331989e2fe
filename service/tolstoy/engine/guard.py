"""Connections that are made only to addresses the policy allows, judged at the moment of connecting.

A look-up that is judged beforehand can answer otherwise the second time, and addresses written as such are not looked
up at all: so every socket is judged by the very address that it is made for.
"""

from __future__ import annotations

import socket
import ssl
from contextvars import ContextVar
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client import ClientTimeout
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.tracing import Trace

from tolstoy.domain.egress import Policy

CONNECTIONS_PER_HOST: Final = 128
# Shorter than the 5 s after which common servers close: a request sent into a closing connection is in doubt.
KEEP_ALIVE_SECONDS: Final = 4.0


class Attempt:
    """What is known of a call under way."""

    __slots__ = ("connected", "host", "refused", "sockets")

    def __init__(self) -> None:
        self.host = ""
        self.refused = ""
        self.sockets = 0
        self.connected = False

    def towards(self, host: str) -> None:
        self.host, self.refused, self.sockets = host, "", 0


# A socket factory is told the address alone; the tasks that race for a connection inherit the context.
attempt: ContextVar[Attempt] = ContextVar("attempt")


class GuardedConnector(aiohttp.TCPConnector):
    def __init__(self, policy: Policy, resolver: AbstractResolver, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            socket_factory=self._vetted_socket,
            resolver=resolver,
            ssl=tls or True,
            limit=0,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        self._policy = policy

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        connection = await super().connect(req, traces, timeout)
        attempt.get().connected = True
        return connection

    def _vetted_socket(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        current = attempt.get()
        if problem := self._policy.refusal(current.host, str(address[0]), int(address[1])):
            current.refused = problem
            raise PermissionError(problem)
        current.sockets += 1
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made
