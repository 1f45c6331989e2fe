"""Where a request comes from, as the audit log tells of it."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from sanic import Request

from tolstoy.core.ids import PLATFORM
from tolstoy.db.tenancy import Scope

_MAX: Final = 200
# Also what no text of Postgres may hold: a NUL, and half of a surrogate pair.
_ODD: Final = re.compile(r"[^\x20-\x7e\xa1-\ud7ff\ue000-\ufffd]")
_encode = msgspec.json.Encoder().encode


class Origin(msgspec.Struct, rename="camel", omit_defaults=True):
    """Who asks, from where, and by what request."""

    user_id: str
    ip: str
    method: str
    path: str
    request_id: str
    user_agent: str = ""
    key_id: str = ""


def of(request: Request, scope: Scope) -> str:
    """JSON; empty for a request that changes nothing."""
    return "" if request.method in ("GET", "HEAD") else told(request, scope)


def told(request: Request, scope: Scope) -> str:
    """The same, of a request that changes something whatever its method."""
    return _encode(
        Origin(
            user_id="" if scope.user_id == PLATFORM else str(scope.user_id),
            ip=_plain(request.remote_addr or request.ip),
            method=_plain(request.method),
            path=_plain(getattr(request, "shown_path", "")),
            request_id=request.ctx.request_id,
            user_agent=_plain(request.headers.get("user-agent", "")),
            key_id="" if scope.key_id is None else str(scope.key_id),
        )
    ).decode()


def _plain(text: str) -> str:
    return _ODD.sub("?", text[:_MAX])
