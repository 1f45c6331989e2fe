"""The code that a provider gave for somebody's permission, exchanged for tokens by the guarded client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tolstoy.core.settings import Settings
from tolstoy.domain.credential_authorizations import Code, Exchanged, NotExchangedError
from tolstoy.domain.credential_tokens import Token
from tolstoy.domain.egress import Policy
from tolstoy.engine import token_endpoint
from tolstoy.engine.call_error import CallError
from tolstoy.engine.outbound import Outbound
from tolstoy.engine.token_endpoint import RefusedError


async def exchanged(
    settings: Settings, secret: Mapping[str, Any], code: Code, allowed: Sequence[str]
) -> Exchanged:
    """`allowed` is what its organization may reach besides. Raises NotExchangedError."""
    form = token_endpoint.authorization_code(code.text, code.verifier, code.redirect_uri)
    policy = Policy.of(settings).also(allowed)
    try:
        async with Outbound(policy, max_response_bytes=settings.max_response_bytes) as outbound:
            granted = await token_endpoint.ask(outbound.send, secret, form)
    except CallError as exc:
        raise _not_exchanged(exc.detail.removeprefix("for an access token: ")) from exc
    except RefusedError as exc:
        raise _not_exchanged(exc.why) from exc
    # what nothing refreshes is used to its end
    seconds = granted.refresh_after if granted.refresh_token else granted.lives
    return Exchanged(Token(granted.access_token, secret["origin"], granted.refresh_token or None), seconds)


def _not_exchanged(why: str) -> NotExchangedError:
    return NotExchangedError(f"No access token was given ({why}). Ask for another link to try again.")
