"""Which tables' changes are told in the audit log: all, but those that are written down here."""

from __future__ import annotations

import asyncpg

from tests.tenancy.catalog import Catalog

UNTOLD = {
    "user_ids": "the ids of users, whose own rows are told of",
    "audit_events": "the log itself",
    "idempotency_keys": "answers that are kept for their repetition",
    "hook_deliveries": "the inbox: what came from outside, by no member",
    "event_deliveries": "the outbox, which the engine keeps; its log of attempts is there to be read",
    "credential_tokens": "what the engine fetches by a credential, and keeps until it expires",
    "request_allowances": "requests counted",
    "stored_volumes": "bytes counted",
}


async def test_every_table_of_tenants_is_told_of(owner: asyncpg.Connection, catalog: Catalog) -> None:
    """By triggers that wait for the transaction's end; `SELECT tolstoy.audit_table('…', '…')` in the migration."""
    told = await owner.fetch(
        "SELECT t.tgrelid::regclass::text AS table, t.tgdeferrable AND t.tginitdeferred AS last FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'row_changed' AND NOT t.tgisinternal"
    )
    assert all(row["last"] for row in told)
    tables = {row["table"] for row in told}
    assert tables == {"organizations", *catalog.tenant} - UNTOLD.keys()
