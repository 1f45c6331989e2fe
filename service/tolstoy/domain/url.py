"""URLs that calls are sent to, in their parts and in ASCII: what is refused here no reader can read in two ways."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from yarl import URL

# A backslash is a slash to some readers, and white space is dropped by others.
_NEVER: Final = re.compile(r"[\x00-\x20\x7f\\]")
# What separates hosts to some readers, and is in no name; _ is in names of machines.
_IN_NO_HOST: Final = re.compile(r"[^A-Za-z0-9._:-]")
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class UrlError(ValueError):
    """This is no URL to call."""


class Parts(NamedTuple):
    origin: str
    path: str
    query: str

    @property
    def address(self) -> str:
        """All of it, as it is sent."""
        return f"{self.origin}{self.path or '/'}{f'?{self.query}' if self.query else ''}"


@lru_cache(maxsize=1024)
def split(url: str) -> Parts:
    """Raises UrlError, whose message says what to write. A fragment is dropped."""
    if _NEVER.search(url):
        raise UrlError("no white space, backslash or control character in a URL")
    try:
        parts = urlsplit(url)
        port = parts.port
        if parts.scheme not in ("http", "https"):
            raise UrlError("write a URL that starts with https:// or http://")
        host = URL.build(scheme=parts.scheme, host=parts.hostname or "").raw_host
    except UrlError:
        raise
    except ValueError as exc:
        raise UrlError(f"this is not a URL: {exc}") from exc
    if "@" in parts.netloc:
        raise UrlError("no user name or password in a URL; send them in a header")
    if not host or "%" in host:
        raise UrlError("this URL names no host")
    if wrong := _IN_NO_HOST.search(host):
        raise UrlError(f"no host has a {wrong[0]!r} in its name")
    # the default port is left out, so that one origin is one text
    said = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    origin = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{said}"
    return Parts(origin, ascii_only(parts.path), ascii_only(parts.query))


def ascii_only(text: str) -> str:
    """Percent-encoded where it has to be; what is encoded already stays as it is."""
    return quote(_LONE_PERCENT.sub("%25", text), safe="/%:@!$&'()*+,;=~?-._")
