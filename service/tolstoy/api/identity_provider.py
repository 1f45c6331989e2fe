"""Whether the keys of the access tokens' issuer are known, for who looks after the service."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tolstoy.domain.token_ring import TokenRing


class IdentityProvider(Struct, rename="camel"):
    status: Annotated[
        Literal["ok", "failing", "unknown"],
        Meta(
            description="failing: its keys could not be read the last time; those known count until OIDC_MAX_AGE."
            " unknown: none counts, and no access token lets anyone in. `status` stays ok, since API keys do."
        ),
    ]
    keys: int
    age_seconds: Annotated[float | None, Meta(description="Since they were read.")]
    failure: Annotated[str | None, Meta(description="Why they last could not be.")]


def of(tokens: TokenRing | None) -> IdentityProvider | None:
    if tokens is None:
        return None
    state = tokens.keys.state()
    age = None if state.seconds is None else round(state.seconds, 1)
    if not state.counts:
        return IdentityProvider("unknown", state.keys, age, state.failure)
    return IdentityProvider("failing" if state.failure else "ok", state.keys, age, state.failure)
