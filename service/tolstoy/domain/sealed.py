"""Where stored secrets are: sealed, or still in clear from before there was a key."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from tolstoy.core.crypto import Keyring, Place
from tolstoy.db.tenancy import Scope


class Sealed(NamedTuple):
    """A column of sealed values, and the one in which the same secrets stood before, in clear."""

    table: str
    column: str
    clear: str | None = None

    def place(self, org_id: UUID, row: UUID) -> Place:
        return Place(org_id, self.table, row, self.column)

    def seal(self, scope: Scope, row: UUID, text: str) -> bytes:
        """Raises NoKeyError."""
        return scope.database.keyring.seal(text.encode(), self.place(scope.org_id, row))

    def open(self, scope: Scope, row: UUID, sealed: bytes | None, clear: str | None) -> str | None:
        """Raises UnreadableSecretError."""
        if sealed is None:
            return clear
        return scope.database.keyring.open(sealed, self.place(scope.org_id, row)).decode()


CREDENTIAL = Sealed("credentials", "secret")
TOKEN = Sealed("credential_tokens", "token")
VERIFIER = Sealed("credential_authorizations", "verifier")
HOOK = Sealed("hooks", "sealed_signing_secret", "signing_secret")
SUBSCRIPTION = Sealed("subscriptions", "sealed_secret", "secret")
PREVIOUS = Sealed("subscriptions", "sealed_previous_secret", "previous_secret")
ALL = (CREDENTIAL, TOKEN, VERIFIER, HOOK, SUBSCRIPTION, PREVIOUS)


def open_secret(keyring: Keyring, org_id: UUID, credential_id: UUID, value: bytes) -> dict[str, Any]:
    """A credential's; raises UnreadableSecretError."""
    secret: dict[str, Any] = msgspec.json.decode(keyring.open(value, CREDENTIAL.place(org_id, credential_id)))
    return secret
