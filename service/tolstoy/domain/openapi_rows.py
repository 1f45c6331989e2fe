"""What an import reads and writes of tools, actions and flows."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from tolstoy.domain.openapi.matching import Present
from tolstoy.domain.openapi.shapes import ImportedTool
from tolstoy.domain.tools import AuthConfig

TOOL = "SELECT id, name, base_url, auth_type, auth_config FROM tools WHERE org_id = $1"
ACTIONS = (
    "SELECT id, key, name, method, endpoint, headers, input_schema FROM actions"
    " WHERE org_id = $1 AND tool_id = $2 ORDER BY id"
)
# What is compared with the document is what is written over.
LOCKED = " FOR UPDATE"
TAKEN = "SELECT key FROM actions WHERE org_id = $1 AND key = ANY ($2::text[])"
# The versions that anything may still run: the newest, the published, and those of runs that have not ended.
USES = """
SELECT DISTINCT f.id, f.name, v.document FROM flows f
JOIN flow_versions v ON v.org_id = f.org_id AND v.flow_id = f.id
WHERE f.org_id = $1
AND (v.version IN (f.version, f.published_version) OR EXISTS (
    SELECT FROM executions e WHERE e.org_id = f.org_id AND e.flow_id = f.id AND e.version = v.version
    AND e.status IN ('queued', 'running', 'waiting')
))
AND jsonb_path_exists(v.document, 'strict $.**.action ? (@ == $keys[*])', jsonb_build_object('keys', $2::text[]), true)
ORDER BY f.id
"""
ROWS = (
    "FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, tool_id uuid, key text, name text, method text, endpoint text,"
    " headers jsonb, input_schema jsonb)"
)
INSERT = (
    "INSERT INTO actions (org_id, id, tool_id, key, name, method, endpoint, headers, input_schema)"
    f" SELECT $1, r.id, r.tool_id, r.key, r.name, r.method, r.endpoint, r.headers, r.input_schema {ROWS}"
)
UPDATE = (
    "UPDATE actions a SET name = r.name, method = r.method, endpoint = r.endpoint, headers = r.headers,"
    f" input_schema = r.input_schema {ROWS} WHERE a.org_id = $1 AND a.id = r.id"
)
DELETE = "DELETE FROM actions WHERE org_id = $1 AND id = ANY ($2::uuid[])"


def imported(row: asyncpg.Record) -> ImportedTool:
    config = msgspec.json.decode(row["auth_config"], type=AuthConfig) if row["auth_config"] else None
    return ImportedTool(row["id"], False, row["name"], row["base_url"], row["auth_type"], config)


def present(row: asyncpg.Record) -> Present:
    def decoded(text: str | None) -> Any:
        return None if text is None else msgspec.json.decode(text)

    return Present(
        row["id"],
        row["key"],
        row["name"],
        row["method"],
        row["endpoint"],
        decoded(row["headers"]),
        decoded(row["input_schema"]),
    )


def columns(present: Present) -> dict[str, Any]:
    return {
        "id": present.id,
        "name": present.name,
        "method": present.method,
        "endpoint": present.endpoint,
        "headers": present.headers,
        "input_schema": present.input_schema,
    }
