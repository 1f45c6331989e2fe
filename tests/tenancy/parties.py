"""Organizations, written straight into the database."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from tolstoy.core.ids import new_id


async def organization_with(owner: asyncpg.Connection, tools: int) -> tuple[UUID, UUID]:
    org_id, user_id = new_id(), new_id()
    await owner.execute("INSERT INTO organizations (id, name) VALUES ($1, 'one')", org_id)
    await owner.execute(
        "INSERT INTO users (org_id, id, email, email_key, role) VALUES ($1, $2, 'a', 'a', 'admin')",
        org_id,
        user_id,
    )
    await owner.executemany(
        "INSERT INTO tools (org_id, id, name, base_url, auth_type) VALUES ($1, $2, $3, 'https://x', 'none')",
        [(org_id, new_id(), str(org_id)) for _ in range(tools)],
    )
    return org_id, user_id
