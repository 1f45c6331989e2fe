"""What a call proves itself with. The secret stays sealed until the moment that it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from tolstoy.domain.action_request import Request
from tolstoy.engine.masks import MASK, Masks


@dataclass(frozen=True, slots=True)
class Credential:
    """`key_place` is where an API key goes: `header` or `query`, and its name there."""

    id: UUID
    revision: int
    type: str
    sealed: bytes = field(repr=False)
    key_place: tuple[str, str] | None


class Proof(NamedTuple):
    """What is added to a request, for as long as it goes to this origin."""

    origin: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()


def of(row: asyncpg.Record, prefix: str = "") -> Credential | None:
    """From the columns of a credential and the auth_config of its tool; None where there is none."""
    if row[f"{prefix}id"] is None:
        return None
    config = None if row["auth_config"] is None else msgspec.json.decode(row["auth_config"])
    return Credential(
        row[f"{prefix}id"],
        row[f"{prefix}revision"],
        row[f"{prefix}type"],
        row[f"{prefix}secret"],
        None if config is None else (config["location"], config["name"]),
    )


def by_id(rows: Iterable[asyncpg.Record]) -> dict[UUID, Credential]:
    return {row["id"]: found for row in rows if (found := of(row)) is not None}


def proof(credential: Credential, secret: Mapping[str, Any], *, token: str = "") -> Proof:
    """`token` is what OAuth2 gave for the secret."""
    origin = secret["origin"]
    match credential.type:
        case "basic":
            return Proof(origin, {"Authorization": f"Basic {_pair(secret)}"})
        case "apiKey" if credential.key_place is not None:
            location, name = credential.key_place
            if location == "query":
                return Proof(origin, {}, ((name, secret["key"]),))
            return Proof(origin, {name: secret["key"]})
        case _:
            return Proof(origin, {"Authorization": f"Bearer {token or secret['token']}"})


def shown(credential: Credential, request: Request) -> Request:
    """The request as it would be sent, with a mask in place of the secret."""
    masked = {"origin": "", "token": MASK, "key": MASK}
    if credential.type == "basic":
        added = Proof("", {"Authorization": f"Basic {MASK}"})
    else:
        added = proof(credential, masked, token=MASK)
    return msgspec.structs.replace(
        request, headers=merged(request.headers, added.headers), query=[*request.query, *added.query]
    )


def merged(headers: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """With those of `others` in place of theirs of the same name."""
    names = {name.lower() for name in others}
    return {**{name: text for name, text in headers.items() if name.lower() not in names}, **others}


def _pair(secret: Mapping[str, Any]) -> str:
    return base64.b64encode(f"{secret['username']}:{secret['password']}".encode()).decode()


def masks(credential: Credential, secret: Mapping[str, Any], *tokens: str) -> Masks:
    values = [secret[name] for name in ("token", "password", "key", "client_secret") if secret.get(name)]
    if credential.type == "basic":
        values.append(_pair(secret))
    return Masks([*values, *tokens])
