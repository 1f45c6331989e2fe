"""Requests whose end two servers could see in two places: each is refused, and what is behind it is not answered."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.raw_http import answer, problem_of, raw, request
from tests.conftest import Member
from tests.processes import Served

# What the attacker wants to be answered as a request of its own.
SMUGGLED = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Request-ID: smuggled\r\n\r\n"

HEADS = {
    "two lengths that differ": b"Content-Length: 0\r\nContent-Length: 5\r\n",
    "two lengths that agree": b"Content-Length: 0\r\nContent-Length: 0\r\n",
    "two lengths in one": b"Content-Length: 0, 0\r\n",
    "a length and a coding": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "a coding and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "two codings in one": b"Transfer-Encoding: chunked, identity\r\n",
    "identity first": b"Transfer-Encoding: identity, chunked\r\n",
    "identity": b"Transfer-Encoding: identity\r\n",
    "a coding that is unknown": b"Transfer-Encoding: xchunked\r\n",
    "a coding with a parameter": b"Transfer-Encoding: chunked;q=1\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n',
    "a coding in capitals": b"Transfer-Encoding: CHUNKED\r\n",
    "no coding": b"Transfer-Encoding: \r\n",
    "a tab behind the coding": b"Transfer-Encoding: chunked\t\r\n",
    "a vertical tab before the coding": b"Transfer-Encoding: \x0bchunked\r\n",
    "a form feed before the coding": b"Transfer-Encoding:\x0cchunked\r\n",
    "a NUL behind the coding": b"Transfer-Encoding: chunked\x00\r\n",
    "a no-break space before the coding": b"Transfer-Encoding: \xc2\xa0chunked\r\n",
    "a next-line before the coding": b"Transfer-Encoding: \xc2\x85chunked\r\n",
    "a space before the colon of the coding": b"Transfer-Encoding : chunked\r\n",
    "a tab before the colon of the coding": b"Transfer-Encoding\t: chunked\r\n",
    "a space before the colon of the length": b"Content-Length : 5\r\n",
    "a space before the name": b" Content-Length: 5\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n",
    "a folded header": b"X-Folded: a\r\n b\r\n",
    "a folded header, by a tab": b"X-Folded: a\r\n\tTransfer-Encoding: chunked\r\n",
    "a bare LF between headers": b"X-A: a\nContent-Length: 5\r\n",
    "a bare LF before the coding": b"X-A: a\nTransfer-Encoding: chunked\r\n",
    "a bare CR between headers": b"X-A: a\rContent-Length: 5\r\n",
    "a CR within the length": b"Content-Length: 5\r\r\n",
    "an LF behind the length": b"Content-Length: 5\n\r\n",
    "an empty line of LF alone": b"X-A: a\n\nGET /health HTTP/1.1\r\n",
    "a name that is empty": b": 5\r\n",
    "a name with a NUL": b"Content-Length\x00: 5\r\n",
    "a name in quotes": b'"Content-Length": 5\r\n',
    "a line without a colon": b"Content-Length 5\r\n",
    "a length with a sign": b"Content-Length: +5\r\n",
    "a negative length": b"Content-Length: -5\r\n",
    "a length in hexadecimal": b"Content-Length: 0x5\r\n",
    "a length with an exponent": b"Content-Length: 5e0\r\n",
    "a length with a point": b"Content-Length: 5.0\r\n",
    "a length with an underscore": b"Content-Length: 0_5\r\n",
    "a length with a space in it": b"Content-Length: 0 5\r\n",
    "a length in other digits": "Content-Length: ５\r\n".encode(),
    "a length behind a no-break space": b"Content-Length: \xc2\xa05\r\n",
    "an empty length": b"Content-Length: \r\n",
    "a length of no end": b"Content-Length: " + b"9" * 400 + b"\r\n",
    "two hosts": b"Host: y\r\n",
}
LINES = {
    "an LF behind the line": b"GET /health HTTP/1.1\nHost: x\r\n\r\n",
    "nothing but LF": b"GET /health HTTP/1.1\nHost: x\n\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "two spaces": b"GET  /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tab": b"GET\t/health\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "a space at the end": b"GET /health HTTP/1.1 \r\nHost: x\r\n\r\n",
    "a space before": b" GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the address": b"GET /health?a= b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the address": b"GET /health\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that is none": b"G(T /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /health\r\n\r\n",
    "HTTP/1.2": b"GET /health HTTP/1.2\r\nHost: x\r\n\r\n",
    "http/1.1": b"GET /health http/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.1.1": b"GET /health HTTP/1.1.1\r\nHost: x\r\n\r\n",
    "a coding in HTTP/1.0": b"POST /nowhere HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
CHUNKS = {
    "a sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "an underscore": b"0_2\r\n{}\r\n0\r\n\r\n",
    "a space before": b" 2\r\n{}\r\n0\r\n\r\n",
    "a space behind": b"2 \r\n{}\r\n0\r\n\r\n",
    "other digits": "２\r\n{}\r\n0\r\n\r\n".encode(),
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "no size, then one": b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "a size of no end": b"0" * 300 + b"2\r\n{}\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "a bare LF": b"2\n{}\r\n0\r\n\r\n",
    "an extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "an empty extension": b"2;\r\n{}\r\n0\r\n\r\n",
    "an extension with an LF": b"2;\n\r\n{}\r\n0\r\n\r\n",
    "an extension with another size": b"2;\nxx\r\n{}\r\n0\r\n\r\n",
    "an extension of no end": b"2;" + b"a" * 20_000 + b"\r\n{}\r\n0\r\n\r\n",
    "an extension of the last": b"2\r\n{}\r\n0;a=b\r\n\r\n",
    "no line break behind a chunk": b"2\r\n{}xx0\r\n\r\n",
    "an LF behind a chunk": b"2\r\n{}\n0\r\n\r\n",
    "more than its size": b"2\r\n{}xx\r\n0\r\n\r\n",
    "a trailer": b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
    "a trailer with an LF": b"2\r\n{}\r\n0\r\n\nxx\r\n\r\n",
    "a last line break that is none": b"2\r\n{}\r\n0\r\nxx",
}


async def _all_answers(served: Served, sent: bytes) -> bytes:
    """Everything that is answered until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def _is_refused(served: Served, sent: bytes) -> None:
    problem_of(await raw(served, sent + SMUGGLED), 400)
    answers = await _all_answers(served, sent + SMUGGLED)
    assert (answers.count(b"HTTP/1.1 "), b"smuggled" in answers) == (1, False), answers
    assert b"Traceback" not in answers and b".py" not in answers


@pytest.mark.parametrize("lines", HEADS.values(), ids=HEADS)
async def test_heads_of_two_meanings(served: Served, lines: bytes) -> None:
    await _is_refused(served, b"POST /nowhere HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("sent", LINES.values(), ids=LINES)
async def test_lines_of_two_meanings(served: Served, sent: bytes) -> None:
    await _is_refused(served, sent)


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
async def test_chunks_of_two_meanings(served: Served, chunks: bytes) -> None:
    head = b"POST /organizations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    await _is_refused(served, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)


BODY = b'{"name": "x", "baseUrl": "https://x.example"}'


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 45"], BODY),
        (["content-length:45"], BODY),
        (["CONTENT-LENGTH:\t 45 "], BODY),
        (["Content-Length: 0000000045"], BODY),
        (["Transfer-Encoding: chunked"], b"2d\r\n" + BODY + b"\r\n0\r\n\r\n"),
        (["transfer-encoding:chunked"], b"2D\r\n" + BODY + b"\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"0002d\r\n" + BODY + b"\r\n000\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Expect: 100-continue"], b"2d\r\n" + BODY + b"\r\n0\r\n\r\n"),
    ],
)
async def test_what_has_one_meaning_is_taken(
    served: Served, alice: Member, lines: list[str], body: bytes
) -> None:
    """Also byte by byte; and the request behind it on the connection is answered too."""
    sent = request("POST /tools", "Content-Type: application/json", *lines, body=body, member=alice)
    for pieces in ([sent + SMUGGLED], [bytes([byte]) for byte in sent + SMUGGLED]):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await asyncio.wait_for(answer(reader), 20))[0] == 201
        status, found, _ = await asyncio.wait_for(answer(reader), 20)
        assert (status, found["x-request-id"]) == (200, "smuggled")
        writer.close()


async def test_an_http_1_0_client_needs_no_host(served: Served) -> None:
    status, found, _ = await raw(served, b"GET /health HTTP/1.0\r\n\r\n")
    assert (status, found["connection"]) == (200, "close")


@pytest.mark.parametrize(("number", "status"), [(98, 200), (99, 200), (100, 431), (3000, 431)])
async def test_a_hundred_headers_are_enough(served: Served, number: int, status: int) -> None:
    """With Host, which is one of them."""
    lines = (
        [f"a{index}:" for index in range(number)] if number > 100 else [f"X-{n}: a" for n in range(number)]
    )
    assert (await raw(served, request("GET /health", *lines)))[0] == status
