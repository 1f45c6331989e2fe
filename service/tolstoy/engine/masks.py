"""Secrets in what comes back from a tool, found in whatever way it writes them, and masked."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import quote, quote_plus

import msgspec

MASK: Final = "***"
_AT_ONCE: Final = 64 << 10
_SHORTEST: Final = 8  # a shorter one may stand in an answer by chance, and its mask would break it
_SHORTEST_PLAIN: Final = 6  # the same, without what its escapes and backslashes take
# Writers of JSON escape &, <, +, /, quotes and what is not ASCII as each sees fit, and some put JSON into JSON.
_ESCAPE: Final = re.compile(
    rb"(?<!\\)\\++(?:u(d[89ab][0-9a-f]{2}\\++ud[c-f][0-9a-f]{2}|[0-9a-f]{4}))?"
    rb"|%([0-9a-f]{2})"
    rb"|&(?:#(?:[0-9]{1,7}|x[0-9a-f]{1,6})|amp|lt|gt|quot|apos);",
    re.IGNORECASE,
)
_BETWEEN_UNITS: Final = re.compile(rb"\\+u", re.IGNORECASE)


class Masks:
    def __init__(self, secrets: Iterable[str]) -> None:
        secrets = [secret for secret in secrets if len(secret) >= _SHORTEST]
        forms = {form: mask for secret in secrets for form, mask in _forms(secret)}
        # the longest first: one form may be a part of another
        self._forms = sorted(forms.items(), key=lambda form: len(form[0]), reverse=True)
        plain = {form for secret in secrets for form in _plain_forms(secret)}
        self._plain = [form for form in plain if len(form) >= _SHORTEST_PLAIN]

    def text(self, text: str) -> str:
        return self.raw(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")

    async def body(self, raw: bytes) -> bytes:
        """An answer's: a megabyte of escapes takes a third of a second, for which nothing else is to wait."""
        return self.raw(raw) if len(raw) <= _AT_ONCE else await asyncio.to_thread(self.raw, raw)

    def raw(self, raw: bytes) -> bytes:
        for form, mask in self._forms:
            raw = raw.replace(form, mask)
        plain = _unescape(raw)
        found = sorted(span for form in self._plain for span in _spans(plain, form))
        places = _Places(raw)
        end, here, parts = 0, 0, []
        for first, last in found:
            if last > here:
                parts += [raw[end : places.of(first)], MASK.encode()] if first >= here else []
                here, end = last, places.of(last)
        return b"".join([*parts, raw[end:]])


class _Places:
    """Where in bytes with escapes stands what is found without. At each escape's start and end both are known."""

    def __init__(self, raw: bytes) -> None:
        self._known = _known_places(raw)
        self._before, self._next = (0, 0), next(self._known, None)

    def of(self, here: int) -> int:
        """To be asked for one after the other: of megabytes of escapes not all places can be kept."""
        while self._next is not None and self._next[0] < here:
            self._before, self._next = self._next, next(self._known, None)
        # the first that is known of a place: backslashes before a character belong to it
        if self._next is not None and self._next[0] == here > self._before[0]:
            return self._next[1]
        return self._before[1] + here - self._before[0]


def _known_places(raw: bytes) -> Iterator[tuple[int, int]]:
    """Without escapes, and with."""
    plain = end = 0
    for match in _ESCAPE.finditer(raw):
        plain += match.start() - end
        yield plain, match.start()
        plain += len(_unescaped(match))
        yield plain, (end := match.end())


def _unescape(raw: bytes) -> bytes:
    # not by re.sub, which keeps all pieces until the end: ninety times as much as there was
    plain, end = bytearray(), 0
    for match in _ESCAPE.finditer(raw):
        plain += raw[end : match.start()]
        plain += _unescaped(match)
        end = match.end()
    plain += raw[end:]
    return bytes(plain)


def _spans(plain: bytes, form: bytes) -> Iterator[tuple[int, int]]:
    start = plain.find(form)
    while start >= 0:
        yield start, (start := start + len(form))
        start = plain.find(form, start)


def _unescaped(match: re.Match[bytes]) -> bytes:
    """Without backslashes: how many there are tells only how often something was escaped."""
    units, byte = match.groups()
    if byte:
        found = bytes.fromhex(byte.decode())
    elif units:
        utf_16 = bytes.fromhex(_BETWEEN_UNITS.sub(b"", units).decode())
        found = utf_16.decode("utf-16-be", "surrogatepass").encode(errors="surrogatepass")
    elif match[0].startswith(b"&"):
        found = html.unescape(match[0].decode()).encode(errors="surrogatepass")
    else:
        return b""
    return b"" if found == b"\\" else found


def _forms(secret: str) -> Iterator[tuple[bytes, bytes]]:
    escaped = msgspec.json.encode(secret).decode()[1:-1]
    texts = (secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe=""), quote_plus(secret))
    yield from ((text.encode(), MASK.encode()) for text in texts)
    for codec in ("utf-16-le", "utf-16-be", "latin-1"):
        with suppress(UnicodeEncodeError):  # one that cannot be written so is not there
            yield secret.encode(codec), MASK.encode(codec)


def _plain_forms(secret: str) -> Iterator[bytes]:
    """As they stand among what was unescaped; what looks like an escape may be the secret's own."""
    raw = secret.encode()
    for form in (_ESCAPE.sub(_unescaped, raw), raw.replace(b"\\", b"")):
        yield from (form, form.replace(b" ", b"+"))
