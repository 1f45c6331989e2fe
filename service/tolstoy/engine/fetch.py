"""A document from outside, by the guarded client: read once, with limits on its size and on the time it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.core.settings import Settings
from tolstoy.domain import url
from tolstoy.domain.action_request import Request
from tolstoy.domain.egress import Policy
from tolstoy.domain.openapi.document import MAX_BYTES
from tolstoy.domain.openapi_imports import Fetched
from tolstoy.engine.call_error import CallError
from tolstoy.engine.outbound import Outbound

SECONDS: Final = 20.0
_ACCEPT: Final = "application/json, application/yaml, text/yaml, */*;q=0.5"


async def document(settings: Settings, address: str, allowed: Sequence[str]) -> Fetched:
    """`allowed` is what its organization may reach besides. Raises InvalidError, with a finding at /url."""
    try:
        wanted = url.split(address).address
        policy = Policy.of(settings).also(allowed)
        async with Outbound(policy, max_response_bytes=MAX_BYTES) as outbound:
            answer = await outbound.send(
                Request(method="GET", url=wanted, headers={"Accept": _ACCEPT}), timeout_seconds=SECONDS
            )
    except url.UrlError as exc:
        raise _refused("invalid_url", str(exc)) from exc
    except CallError as exc:
        raise _refused(exc.kind, exc.detail) from exc
    if answer.status != 200:
        raise _refused("not_fetched", f"the answer has status {answer.status}, not 200")
    try:
        return Fetched(answer.body.decode("utf-8-sig"), answer.url)
    except UnicodeDecodeError as exc:
        raise _refused("not_text", f"this is not UTF-8: byte {exc.start} starts no character") from exc


def _refused(code: str, detail: str) -> InvalidError:
    return InvalidError(findings=[Finding(code, detail, pointer="/url")])
