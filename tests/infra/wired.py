"""Bytes sent to a port as they are, where a client library would not send such a thing."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

from tests.api.problems import MEMBERS


@dataclass(frozen=True)
class Said:
    """All that came back until the other side closed: the first answer, and whether there was more."""

    status: int
    headers: dict[str, str]
    body: bytes
    answers: int


def say(port: int, sent: bytes) -> Said:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(sent)
        found = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Said(int(first.split()[1]), headers, body, found.count(b"HTTP/1.1 "))


def problem(said: Said, status: int, code: str) -> dict[str, Any]:
    """What Nginx says by itself has the form of the service's problems."""
    assert (said.status, said.headers["content-type"]) == (status, "application/problem+json"), said
    found: dict[str, Any] = json.loads(said.body)
    assert found.keys() == MEMBERS
    assert (found["status"], found["code"]) == (status, code)
    assert found["requestId"] == said.headers["x-request-id"]
    assert found["type"] in (f"/problems/{code}", "about:blank")
    return found
