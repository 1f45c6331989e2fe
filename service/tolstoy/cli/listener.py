"""The socket the service listens on, opened before anything else, so that a taken port is told at once."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tolstoy.core.settings import Settings, SettingsError

BACKLOG = 1024


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Clients that come before the service is ready wait. Workers share the socket."""
    try:
        listener = _bound(settings.host, settings.port)
    except OSError as exc:
        raise SettingsError(_advice(settings, exc)) from exc
    with listener:
        yield listener


def _bound(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _type, _protocol, _name, address = found[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _advice(settings: Settings, exc: OSError) -> str:
    host, port = settings.host, settings.port
    if exc.errno == errno.EADDRINUSE:
        return f"PORT: {port} is in use on {host}; stop what listens there, or write another port"
    if exc.errno == errno.EACCES:
        return f"PORT: {port} is for root only; write a port from 1024 to 65535"
    return f"HOST: {host!r} is no address of this machine ({exc.strerror or exc}); write one of its own"
