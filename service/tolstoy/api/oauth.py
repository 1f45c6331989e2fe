"""Where a browser goes to authorize a credential, and where its provider sends it back to: pages, not operations."""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import Final

from sanic import Blueprint, HTTPResponse, Request

from tolstoy.api import origin
from tolstoy.api.pages import for_people, page
from tolstoy.core.errors import ForbiddenError, MalformedError
from tolstoy.core.settings import Settings
from tolstoy.domain import credential_authorizations as authorizations
from tolstoy.domain.authorization_code import Answer
from tolstoy.domain.credential_authorizations import Exchange, OtherBrowserError

routes = Blueprint("oauth", url_prefix="/oauth")

_COOKIE: Final = "tolstoy-oauth"
_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@routes.get("/start/<ticket>")
@for_people
async def ask(request: Request, ticket: str) -> HTTPResponse:
    """Changes nothing, since programs that look at links open them, too; what begins is the button."""
    asked = await authorizations.asked(request.app.ctx.database, ticket)
    # whoever has the code has what was allowed: where it goes is not for the credential's author alone to know
    elsewhere = f" The answer goes to {asked.exchange}." if asked.exchange != asked.provider else ""
    shown = page(
        f"Connect {asked.tool}?",
        f"{asked.email} asks to connect the tool {asked.tool} of the organization {asked.organization} by the"
        f" credential {asked.credential}.",
        f"You will be asked at {asked.provider}. What you allow there, the flows of this organization will do at"
        f" {asked.origin} in your name.{elsewhere}",
        "Go on only if you have asked for this yourself, or know who did and why.",
        button=f"Go on to {asked.provider}",
    )
    browser = _browser(request) or secrets.token_urlsafe(32)
    shown.headers["Set-Cookie"] = _cookie(request, browser)
    return shown


@routes.post("/start/<ticket>")
@for_people
async def start(request: Request, ticket: str) -> HTTPResponse:
    """From our own page only: its cookie does not come with what pages elsewhere send (SameSite)."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForbiddenError("This has to be begun on its own page: open the link again.")
    browser = _browser(request)
    if browser is None:
        raise OtherBrowserError("This takes a cookie, which your browser did not send: open the link again.")
    database, public_url = request.app.ctx.database, _settings(request).public_url
    target = await authorizations.start(database, ticket, browser, public_url)
    return HTTPResponse(b"", 303, headers={"Location": target})


@routes.get("/callback")
@for_people
async def finish(request: Request) -> HTTPResponse:
    exchange: Exchange = request.app.ctx.exchange
    done = await authorizations.finish(
        request.app.ctx.database,
        _answer(request),
        _browser(request) or "",
        public_url=_settings(request).public_url,
        exchange=exchange,
        told=partial(origin.told, request),
    )
    return page(
        f"{done.tool} is connected",
        f"Flows of the organization {done.organization} may use it by the credential {done.credential} now. Runs that"
        " failed for want of it can be resumed.",
        "You can close this page.",
    )


def _answer(request: Request) -> Answer:
    """Raises MalformedError; what is said twice could be read in two ways (RFC 6749, 3.1)."""
    sent = request.get_args(keep_blank_values=True, errors="replace")
    if any(len(sent.getlist(name, [])) > 1 for name in ("state", "code", "error", "iss")):
        raise MalformedError("The provider's answer says something twice.")
    return Answer(*(str(sent.get(name, "")) for name in ("state", "code", "error", "iss")))


def _browser(request: Request) -> str | None:
    sent = request.cookies.get(_name(request), "")
    return sent if sent and _BROWSER.fullmatch(sent) else None


def _cookie(request: Request, browser: str) -> str:
    lasts = int(authorizations.LASTS.total_seconds())
    secure = "; Secure" if _is_https(request) else ""
    return f"{_name(request)}={browser}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}"


def _name(request: Request) -> str:
    """No other host of the domain, and nobody without TLS, can set one with that prefix (RFC 6265bis)."""
    return f"__Host-{_COOKIE}" if _is_https(request) else _COOKIE


def _is_https(request: Request) -> bool:
    return _settings(request).public_url.startswith("https:")


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.ctx.settings
    return settings
