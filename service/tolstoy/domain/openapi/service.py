"""What a document says of the service as a whole: its name, where it is and how it wants to be asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

from tolstoy.core.strict_json import pointer
from tolstoy.domain.openapi.document import Document
from tolstoy.domain.openapi.notes import ROOT, LeftOutError
from tolstoy.domain.openapi.operations import Planned

_VARIABLE: Final = re.compile(r"\{([^{}]{1,200})\}")
_HTTP: Final = {"bearer": "bearer", "basic": "basic"}
_MOST_ALTERNATIVES: Final = 100
_KEY_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class Service:
    name: str
    description: str | None
    base_url: str | None
    auth_type: str
    auth_config: dict[str, str] | None


def service_of(document: Document, actions: Sequence[Planned], fetched_from: str | None) -> Service:
    info = document.section("info")
    title, description = info.get("title"), info.get("description")
    auth_type, auth_config = _authentication(document, actions)
    return Service(
        (" ".join(title.split())[:200] if isinstance(title, str) else "") or "Imported",
        description[:2000] if isinstance(description, str) and description else None,
        _base_url(document, fetched_from),
        auth_type,
        auth_config,
    )


def _base_url(document: Document, fetched_from: str | None) -> str | None:
    """The first server, its variables at their defaults; None where only who has the document knows."""
    servers = document.root.get("servers") or [{"url": "/"}]
    first = servers[0] if isinstance(servers, list) else None
    if not isinstance(first, dict) or not isinstance(first.get("url"), str):
        document.notes.error("invalid_document", "a server has a url", f"{ROOT}/servers")
        return None
    if len(servers) > 1:
        detail = f"the first of {len(servers)} is taken; send baseUrl for another"
        document.notes.warn("first_server", detail, f"{ROOT}/servers")
    variables = first.get("variables", {})

    def default(match: re.Match[str]) -> str:
        said = variables.get(match[1]) if isinstance(variables, dict) else None
        return str(said["default"]) if isinstance(said, dict) and "default" in said else match[0]

    url = _VARIABLE.sub(default, first["url"])
    if not url.startswith(("http://", "https://")):
        if fetched_from is None:
            return None
        url = urljoin(fetched_from, url)
    return url.rstrip("/")


def _authentication(document: Document, actions: Sequence[Planned]) -> tuple[str, dict[str, str] | None]:
    """The scheme that most operations can be asked with, of those that a tool can have."""
    schemes = document.section("components", "securitySchemes")
    usable: dict[str, tuple[str, dict[str, str] | None]] = {}
    at = f"{ROOT}/components/securitySchemes"
    for name, value in schemes.items():
        try:
            scheme, _ = document.followed(value, pointer(at, name))
        except LeftOutError as exc:
            document.notes.error(exc.code, exc.detail, exc.at)
            continue
        if (known := _scheme(scheme)) is not None:
            usable[name] = known
        else:
            detail = (
                "left out: a tool has a bearer token, basic, an API key in a header or the query, or oauth2"
            )
            document.notes.warn("unsupported_security", detail, pointer(at, name))
    whole = document.root.get("security", [])
    counts: Counter[str] = Counter()
    for action in actions:
        counts.update(_alone(whole if action.security is None else action.security))
    chosen = next((name for name, _ in counts.most_common() if name in usable), None)
    for action in actions:
        wanted = whole if action.security is None else action.security
        if (
            isinstance(wanted, list)
            and wanted
            and {} not in wanted[:_MOST_ALTERNATIVES]
            and chosen not in set(_alone(wanted))
        ):
            detail = "it wants to be asked in another way than the tool's other operations"
            document.notes.warn("other_security", detail, action.at)
    return usable[chosen] if chosen is not None else ("none", None)


def _alone(requirements: Any) -> Iterator[str]:
    """The schemes that are enough by themselves."""
    for requirement in requirements[:_MOST_ALTERNATIVES] if isinstance(requirements, list) else []:
        if isinstance(requirement, dict) and len(requirement) == 1:
            yield from requirement


def _scheme(scheme: Any) -> tuple[str, dict[str, str] | None] | None:
    match scheme:
        case {"type": "http", "scheme": str(kind)} if kind.lower() in _HTTP:
            return _HTTP[kind.lower()], None
        case {"type": "apiKey", "in": "header" | "query" as place, "name": str(name)} if _KEY_NAME.fullmatch(
            name
        ):
            return "apiKey", {"location": place, "name": name}
        case {"type": "oauth2" | "openIdConnect"}:
            return "oauth2", None
    return None
