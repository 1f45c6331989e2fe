"""What of HTTP/1.1 is taken: one reading only, so that no proxy before this server finds another end of a request.

Sanic's parser is lenient where RFC 9112 lets a server be. Requests are smuggled through such leniency, so the raw
bytes are held against the grammar once more, and what two readers might read in two ways is refused.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sanic.exceptions import BadRequest, PayloadTooLarge

MAX_HEADERS: Final = 100

# obs-text (bytes above 0x7f) is no more than bytes; a bare CR or LF, a NUL and an obs-fold fit nowhere. Methods, names
# and Host may hold it too: those with it lead nowhere, which is told of them instead.
_HEAD: Final = re.compile(
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z\x80-\xff]+ [!-~\x80-\xff]+ HTTP/1\.[01]"
    rb"(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z\x80-\xff]+:[\t\x20-\x7e\x80-\xff]*)*"
)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*[0-9]{1,15}[ \t]*(?:\r\n|\Z)", re.IGNORECASE)
_CODING: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked(?:\r\n|\Z)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,15}[ \t]*")
_SIZE: Final = re.compile(r"[0-9A-Fa-f]{1,12}")
_CHUNK: Final = re.compile(rb"\r\n[0-9A-Fa-f]{1,12}\Z")
MAX_CHUNK_LINE: Final = 16


def check_head(head: bytes, headers: Any, version: str) -> None:
    """Raises BadRequest; PayloadTooLarge for too many headers. `headers` are the same, as Sanic has read them."""
    if len(headers) > MAX_HEADERS:
        raise PayloadTooLarge(f"more than {MAX_HEADERS} headers")
    if not _HEAD.fullmatch(head):
        raise BadRequest("The request's line or headers break the grammar of HTTP.")
    if version == "1.1" and len(headers.getall("host", ())) != 1:
        raise BadRequest("Send one Host header.")
    if "transfer-encoding" in headers:
        if version == "1.0":
            raise BadRequest("There is no Transfer-Encoding in HTTP/1.0.")
        if not _CODING.search(head):
            raise BadRequest("Of the transfer codings this server takes chunked only, written so.")
    elif "content-length" in headers and not _LENGTH.search(head):
        raise BadRequest("Content-Length is a number of decimal digits.")


def whole(value: str, base: int) -> int:
    """A length (base 10) or a chunk's size (16); `int` would take signs, 0x, spaces and the digits of all scripts."""
    if not (_NUMBER if base == 10 else _SIZE).fullmatch(value):
        raise ValueError(value)
    return int(value, base)


def check_chunk_line(line: bytes) -> None:
    """Of a chunk's beginning: the end of what was before it, and its size. Raises BadRequest.

    Chunk extensions are refused: nobody sends them but who hopes for a server that ends them elsewhere.
    """
    if not _CHUNK.match(line):
        raise BadRequest("Bad chunked encoding")
