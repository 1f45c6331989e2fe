"""A hook that has lost its secret verifies nothing."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import cast
from uuid import UUID

import pytest

from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import hook_deliveries
from tolstoy.domain.hook_deliveries import Receiver
from tolstoy.domain.hook_requests import Incoming
from tolstoy.domain.webhook_signatures import Verification


@pytest.mark.parametrize("lost", [None, ""])
def test_under_an_empty_key_nothing_is_verified(lost: str | None) -> None:
    """Whoever knows that the secret is gone could sign so."""
    body = b"{}"
    signed = {"x-hub-signature-256": f"sha256={hmac.digest(b'', body, sha256).hex()}"}
    with pytest.raises(UnreadableSecretError, match="secret is missing"):
        hook_deliveries.verify(_receiver("github", lost), Incoming(headers=signed, query={}, body=body))


def test_a_hook_that_verifies_nothing_needs_no_secret() -> None:
    hook_deliveries.verify(_receiver("none", None), Incoming(headers={}, query={}, body=b"{}"))


def _receiver(verification: Verification, secret: str | None) -> Receiver:
    return Receiver(
        scope=cast("Scope", None),
        id=UUID(int=1),
        flow_id=UUID(int=2),
        enabled=True,
        verification=verification,
        signing_secret=secret,
        dedupe="none",
        dedupe_header=None,
        inputs_from="body",
        answer="at-once",
        timeout_seconds=10,
    )
