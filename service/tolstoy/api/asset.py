"""A body that stays the same while the server runs: answered with a tag, and compressed for whoever takes that."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from sanic import HTTPResponse, Request

# A page and what it loads may be kept, if asked about each time; what is asked for by its digest may be kept for good.
REVALIDATE = "no-cache"
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()[:16]

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)

    def respond(self, request: Request, *, cache: str = REVALIDATE) -> HTTPResponse:
        tag = f'W/"{self.digest}"'  # weak: the same for both encodings
        headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding", **self.headers}
        known = request.headers.get("if-none-match", "")
        if known.strip() == "*" or tag.removeprefix("W/") in known:
            return HTTPResponse(b"", 304, headers=headers)
        if not _takes_gzip(request.headers.get("accept-encoding", "")):
            return HTTPResponse(self.body, headers=headers, content_type=self.content_type)
        headers["Content-Encoding"] = "gzip"
        return HTTPResponse(self._compressed, headers=headers, content_type=self.content_type)


def _takes_gzip(accepted: str) -> bool:
    for item in accepted.lower().split(","):
        coding, _, quality = item.replace(" ", "").partition(";")
        if coding == "gzip":
            return quality.rstrip("0.") not in ("q=", "q")
    return False
