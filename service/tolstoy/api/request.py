"""A request: it has its id and its beginning from the start, so that even one that is refused unread has them."""

from __future__ import annotations

import re
import time
from typing import Any

from sanic import Request as SanicRequest

from tolstoy.api import strict_http
from tolstoy.core.ids import new_request_id

_TOKEN = re.compile(r"^(/+(?:hooks|callbacks|oauth/+start)/).+")
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Request(SanicRequest[Any, Any]):
    """`ctx.request_id` is the client's own where it sent a usable one. A middleware would cost more, and come late."""

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.head:  # what is refused unread has none
            strict_http.check_head(self.head, self.headers, self.version)
        sent = self.headers.get("x-request-id")
        self.ctx.request_id = sent if sent and _ID.fullmatch(sent) else new_request_id()
        self.ctx.started = time.perf_counter()

    @property
    def shown_path(self) -> str:
        """The path as logs may have it: without the token of an address that opens for whoever knows it."""
        return _TOKEN.sub(r"\1…", self.path)
