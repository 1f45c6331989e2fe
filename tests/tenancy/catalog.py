"""The tables, their columns and foreign keys as the database has them, and rows to fill them with.

Nothing here names the tables it is about. Who adds one meets the tests that go through the catalog; what a new column
may hold, where its type alone does not tell, goes into VALUES, and what is meant to differ into one of the lists
below, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

import asyncpg

from tolstoy.core.ids import new_id

WITHOUT_ORG = {"organizations", "aerich"}
# Tables whose org_id has no way to organizations by foreign keys.
UNTIED = {
    "idempotency_keys": "also keeps the answers of the platform's routes, under an id that is no organization",
    "audit_events": "also has the platform's own chain; those of an organization that is deleted go with it",
}

# Tables whose rows are counters: nobody reads or edits one by itself, so they have no dates and no revision.
COUNTERS = {
    "request_allowances": "requests counted, by whoever sends one",
    "stored_volumes": "measured by workers, where a limit applies",
}

# Tables that the service only reads: rows come by the functions of the database, and stay as they are.
GROWS = {"audit_events"}

VALUES = {
    "role": "admin",
    "base_url": "https://example.com",
    "auth_type": "none",
    "key": "a-key",
    "method": "GET",
    "endpoint": "/",
    "status": "started",
    "trigger": "manual",
    "kind": "approval",
    "type": "oauth2",
    "action": "create",
    "subject_type": "tool",
    "event": "{}",
}
# Columns that may be empty, but not in these rows.
ALSO = {"executions": ["version"], "subscriptions": ["sealed_secret"]}
BY_TYPE = {
    "timestamptz": datetime(2026, 1, 1, tzinfo=UTC),
    "text": "x",
    "varchar": "x",
    "jsonb": "{}",
    "bytea": b"x",
    "int2": 1,
    "int4": 1,
    "int8": 1,
    "float8": 1.0,
}

_COLUMNS = """
SELECT c.relname AS table, a.attname AS column, t.typname AS type, a.attnotnull AND NOT a.atthasdef AS needed
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, a.attnum
"""
_KEYS = """
SELECT k.conname AS name, k.conrelid::regclass::text AS table, k.confrelid::regclass::text AS target,
       ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY n(number, place)
             JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number ORDER BY place) AS columns,
       ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY n(number, place)
             JOIN pg_attribute ON attrelid = k.confrelid AND attnum = number ORDER BY place) AS target_columns
FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Key:
    name: str
    table: str
    target: str
    columns: list[str]
    target_columns: list[str]


@dataclass
class Catalog:
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    needed: dict[str, list[str]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    @property
    def tenant(self) -> list[str]:
        """The tables with an org_id, each after those it refers to."""
        parents = {name: {key.target for key in self.keys if key.table == name} for name in self.columns}
        order = TopologicalSorter(parents).static_order()
        return [name for name in order if "org_id" in self.columns[name]]

    def row(self, table: str, org_id: UUID, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Values for a new row of `table`, whose foreign keys lead to `rows`."""
        row: dict[str, Any] = {"org_id": org_id} if "org_id" in self.columns[table] else {}
        for key in self.keys:
            if key.table == table and key.target in rows:
                row |= {
                    mine: rows[key.target][theirs]
                    for mine, theirs in zip(key.columns, key.target_columns, strict=True)
                }
        for column in (*self.needed[table], *ALSO.get(table, ())):
            row.setdefault(column, self._value(table, column))
        return row

    def _value(self, table: str, column: str) -> Any:
        type_ = self.columns[table][column]
        if type_ == "uuid":
            return new_id()
        texts = VALUES if type_ in ("text", "varchar") else {}
        value = texts.get(column, BY_TYPE.get(type_))
        assert value is not None, f"say in VALUES what {table}.{column} ({type_}) may hold"
        return value


@dataclass(frozen=True)
class Tenants:
    alice: UUID
    charlie: UUID
    rows: dict[UUID, dict[str, dict[str, Any]]]


async def read_catalog(connection: asyncpg.Connection) -> Catalog:
    catalog = Catalog()
    for row in await connection.fetch(_COLUMNS):
        catalog.columns.setdefault(row["table"], {})[row["column"]] = row["type"]
        needed = catalog.needed.setdefault(row["table"], [])
        if row["needed"]:
            needed.append(row["column"])
    catalog.keys = [Key(**row) for row in await connection.fetch(_KEYS)]
    return catalog


async def insert(connection: asyncpg.Connection, table: str, row: dict[str, Any]) -> dict[str, Any]:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    text = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places}) RETURNING *"
    return dict(await connection.fetchrow(text, *row.values()))
