"""HTTP as bytes on a connection of its own, where a client library would not send such a thing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.api.problems import MEMBERS
from tests.conftest import Member
from tests.processes import Served

Answer = tuple[int, dict[str, str], bytes]


async def raw(served: Served, sent: bytes, *, seconds: float = 5) -> Answer:
    """The first answer to bytes on a connection of their own; status 0 where it was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(answer(reader), seconds)
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> Answer:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("HTTP/1.1 100 "):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return 0, {}, b""
    first, *lines = head.strip().split("\r\n")
    found = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split()[1]), found, await reader.readexactly(int(found.get("content-length", 0)))


def request(line: str, *lines: str, body: bytes = b"", member: Member | None = None) -> bytes:
    known = [f"{name}: {value}" for name, value in (member.headers if member else {}).items()]
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", *known, *lines, "", ""]).encode("latin-1") + body


def problem_of(answered: Answer, status: int) -> dict[str, Any]:
    got, found, body = answered
    assert (got, found.get("content-type")) == (status, "application/problem+json"), body
    problem: dict[str, Any] = json.loads(body)
    assert problem.keys() >= MEMBERS
    assert problem["status"] == status
    assert problem["requestId"] == found["x-request-id"]
    return problem
