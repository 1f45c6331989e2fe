"""Addresses in bodies that are called later: those that no call may reach are refused when they are saved."""

from __future__ import annotations

from msgspec import UnsetType
from sanic import Request

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import organizations
from tolstoy.domain.egress import Policy
from tolstoy.domain.url import UrlError


async def check(scope: Scope, request: Request, url: str | UnsetType, pointer: str) -> None:
    """Raises InvalidError for an address inside; what is no URL at all is left to the noun, which says so."""
    if isinstance(url, UnsetType):
        return
    policy: Policy = request.app.ctx.egress
    try:
        refusal = policy.refusal_of(url)
        if refusal is not None:  # only then is it asked for what this organization may call besides
            refusal = policy.also(await organizations.egress_allow(scope)).refusal_of(url)
    except UrlError:
        return
    if refusal is not None:
        raise InvalidError(
            findings=[Finding("refused_address", f"{refusal}, where calls may not go", pointer)]
        )
