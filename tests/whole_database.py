"""Everything that is in a database, searched as one would search a dump of it."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'queue') ORDER BY 1
"""


async def places(owner: asyncpg.Connection, sought: Iterable[str]) -> dict[str, list[str]]:
    """The tables that have each of the texts in a row, whatever its case, also within bytes."""
    needles = {text: (text.casefold(), text.encode().hex()) for text in sought}
    found: dict[str, list[str]] = {text: [] for text in needles}
    for (table,) in await owner.fetch(_TABLES):
        rows = [row[0].casefold() for row in await owner.fetch(f"SELECT t::text FROM {table} t")]
        for text, forms in needles.items():
            if any(form in row for row in rows for form in forms):
                found[text].append(table)
    return found
