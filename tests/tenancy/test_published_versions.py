"""A version of a flow, once published, is the same for ever."""

from __future__ import annotations

import asyncpg
import pytest

from tests.tenancy.catalog import Catalog, Tenants
from tests.tenancy.connections import scoped, tried


@pytest.mark.parametrize("who", ["service", "owner"])
async def test_a_published_version_never_changes(
    who: str, service: asyncpg.Connection, owner: asyncpg.Connection, catalog: Catalog, tenants: Tenants
) -> None:
    """Not by the service, not by the owner, not by an upsert; it goes only with its flow."""
    connection = {"service": service, "owner": owner}[who]
    changes = [
        f"UPDATE flow_versions SET {column} = {column} WHERE org_id = $1"
        for column in catalog.columns["flow_versions"]
    ]
    changes += [
        "UPDATE flow_versions SET document = '{}' WHERE org_id = $1",
        "UPDATE flow_versions SET published_at = NULL WHERE org_id = $1",
        "DELETE FROM flow_versions WHERE org_id = $1",
        "INSERT INTO flow_versions SELECT * FROM flow_versions WHERE org_id = $1"
        " ON CONFLICT (id) DO UPDATE SET document = '{}'",
        "MERGE INTO flow_versions v USING (SELECT $1::uuid AS org_id) o ON v.org_id = o.org_id"
        " WHEN MATCHED THEN UPDATE SET document = '{}'",
    ]
    async with scoped(connection, tenants.alice):
        await connection.execute(
            "UPDATE flow_versions SET published_at = now() WHERE org_id = $1", tenants.alice
        )
        for change in changes:
            refused = await tried(connection, change, tenants.alice)
            assert refused is not None and refused.sqlstate == "TY409", change
        for table in ("execution_logs", "executions", "hooks", "schedules", "subscriptions"):
            await connection.execute(f"DELETE FROM {table} WHERE org_id = $1", tenants.alice)
        await connection.execute("DELETE FROM flows WHERE org_id = $1", tenants.alice)
        assert not await connection.fetch("SELECT FROM flow_versions WHERE org_id = $1", tenants.alice)
