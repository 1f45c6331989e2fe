"""Secrets in what comes back from a tool, found in whatever way it writes them, and masked."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import quote, quote_plus

import msgspec

MASK: Final = "***"
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

    def raw(self, raw: bytes) -> bytes:
        for form, mask in self._forms:
            raw = raw.replace(form, mask)
        plain = _ESCAPE.sub(_unescaped, raw)
        if not any(form in plain for form in self._plain):
            return raw
        places = _Places(raw)
        end, parts = 0, []
        for first, last in sorted(span for form in self._plain for span in places.of(form)):
            if last > end:
                parts += [raw[end:first], MASK.encode()] if first >= end else []
                end = last
        return b"".join([*parts, raw[end:]])


class _Places:
    """Where in bytes with escapes stands what is found without. At each escape's start and end both are known."""

    def __init__(self, raw: bytes) -> None:
        self._there, self._here = [0], [0]
        plain, end = bytearray(), 0
        for match in _ESCAPE.finditer(raw):
            plain += raw[end : match.start()]
            self._add(len(plain), match.start())
            plain += _unescaped(match)
            self._add(len(plain), end := match.end())
        self._plain = bytes(plain + raw[end:])

    def _add(self, here: int, there: int) -> None:
        self._here.append(here)
        self._there.append(there)

    def of(self, form: bytes) -> Iterator[tuple[int, int]]:
        start = self._plain.find(form)
        while start >= 0:
            end = start + len(form)
            yield self._in_raw(start), self._in_raw(end)
            start = self._plain.find(form, end)

    def _in_raw(self, here: int) -> int:
        # the first that is known of a place: backslashes before a character belong to it
        index = bisect_left(self._here, here)
        if index == len(self._here) or self._here[index] != here:
            index -= 1
        return self._there[index] + here - self._here[index]


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
