"""What becomes of a row that comes from a file: nothing fires by itself, and what was secret is missing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from tolstoy.core.ids import new_id
from tolstoy.db.tenancy import Scope
from tolstoy.domain import cron, sealed, webhook_signatures
from tolstoy.domain.executions import FINISHED

Values: TypeAlias = dict[str, msgspec.Raw]
Change: TypeAlias = Callable[[Scope, UUID, Values], Mapping[str, Any]]

_MISSING: Final = "imported without its secret"
NOT_OVER: Final = {"code": "imported", "message": "It was not over when its organization was exported."}
_PAUSED: Final = "Paused by the import of its organization."
_DISABLED: Final = "Imported with a secret of its own that the receiver does not know."
_ID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_encode: Final = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """`at` is the number of its line; the values are JSON, as Postgres made it of the columns."""

    at: int
    table: str
    values: Values


class NewIds:
    """Other ids for these, wherever they stand: also within documents and addresses."""

    def __init__(self, ids: Iterable[UUID]) -> None:
        self._new = {str(id_).encode(): str(new_id()).encode() for id_ in ids}

    def of(self, id_: UUID) -> UUID:
        return UUID(self._new[str(id_).encode()].decode())

    def apply(self, row: Row) -> Row:
        values = {name: msgspec.Raw(_ID.sub(self._other, bytes(raw))) for name, raw in row.values.items()}
        return row._replace(values=values)

    def _other(self, found: re.Match[bytes]) -> bytes:
        return self._new.get(found[0].lower(), found[0])


def arrived(scope: Scope, row: Row) -> Values:
    """The columns to write. Raises NoKeyError where a secret is to be made and there is no key, KeyError or
    ValueError where a column that this goes by is missing or of no use.
    """
    change = _CHANGES.get(row.table)
    if change is None:
        return row.values
    changed = change(scope, msgspec.json.decode(row.values["id"], type=UUID), row.values)
    return row.values | {name: msgspec.Raw(_encode(_stored(value))) for name, value in changed.items()}


def _credential(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    nothing = _encode({"origin": _text(values, "origin"), "missing": True}).decode()
    return {
        "secret": sealed.CREDENTIAL.seal(scope, id_, nothing),
        "hint": "",
        "state": "needsAuthorization",
        "state_detail": _MISSING,
    }


def _hook(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    """Its address is nobody's before it is rotated, and what it verifies by before it is sent anew."""
    signed = _text(values, "verification") != "none"
    return {
        "enabled": False,
        "token_hash": secrets.token_bytes(32),
        "sealed_signing_secret": sealed.HOOK.seal(scope, id_, webhook_signatures.new_secret())
        if signed
        else None,
    }


def _schedule(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    zone = _text(values, "time_zone")
    if zone not in cron.time_zones():
        raise cron.CronError(f"there is no time zone {zone!r}")
    cron.check(_text(values, "cron"), zone)
    return {"paused": True, "note": _PAUSED}


def _subscription(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    secret = sealed.SUBSCRIPTION.seal(scope, id_, webhook_signatures.new_secret())
    return {"active": False, "disabled_reason": _DISABLED, "sealed_secret": secret}


def _execution(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    """One that was not over waits, without a job or a time to wake, until the import cancels it."""
    unended = {} if _text(values, "status") in FINISHED else {"status": "waiting"}
    return {**unended, "callback_secret": secrets.token_bytes(32)}


def _event_delivery(scope: Scope, id_: UUID, values: Values) -> Mapping[str, Any]:
    return {"status": "failed"} if _text(values, "status") == "pending" else {}


_CHANGES: Final[Mapping[str, Change]] = {
    "credentials": _credential,
    "hooks": _hook,
    "schedules": _schedule,
    "subscriptions": _subscription,
    "executions": _execution,
    "event_deliveries": _event_delivery,
}


def _text(values: Values, column: str) -> str:
    return msgspec.json.decode(values[column], type=str)


def _stored(value: Any) -> Any:
    """As Postgres reads it from JSON."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value
