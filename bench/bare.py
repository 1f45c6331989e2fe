"""What Tolstoy is measured against: the same statement on the same kind of pool, and nothing else.

A Sanic application as a careful person writes it for speed: asyncpg without the reset query, text of SQL, msgspec.
It connects as the owner of the tables, so row-level security costs it nothing, and it checks and logs nothing.
"""

from __future__ import annotations

import sys
from typing import Any

import asyncpg
import msgspec
from sanic import HTTPResponse, Request, Sanic
from uuid_utils.compat import uuid7

from tolstoy.db.database import PlainConnection

COLUMNS = (
    'id, org_id AS "orgId", name, base_url AS "baseUrl", auth_type AS "authType", auth_config AS "authConfig",'
    ' description, created_at AS "createdAt", updated_at AS "updatedAt", revision'
)
GET = f"SELECT {COLUMNS} FROM tools WHERE org_id = $1 AND id = $2"
LIST = f"SELECT {COLUMNS} FROM tools WHERE org_id = $1 ORDER BY id DESC LIMIT 50"
POST = (
    "INSERT INTO tools (id, org_id, name, base_url, auth_type, auth_config, description)"
    f" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {COLUMNS}"
)

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


def create_app(address: str, pool_size: int) -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic("bare", configure_logging=False)
    app.config.update(AUTO_EXTEND=False, ACCESS_LOG=False)

    @app.before_server_start
    async def connect(app: Sanic[Any, Any]) -> None:
        app.ctx.pool = await asyncpg.create_pool(
            address,
            min_size=0,
            max_size=pool_size,
            connection_class=PlainConnection,
            statement_cache_size=512,
            max_cacheable_statement_size=64 * 1024,
        )

    @app.get("/health")
    async def get_health(_request: Request) -> HTTPResponse:
        return HTTPResponse()

    @app.get("/tools/<tool_id>")
    async def get_tool(request: Request, tool_id: str) -> HTTPResponse:
        row = await request.app.ctx.pool.fetchrow(GET, request.headers["x-org-id"], tool_id)
        return HTTPResponse(encode(dict(row)), content_type="application/json")

    @app.get("/tools")
    async def list_tools(request: Request) -> HTTPResponse:
        rows = await request.app.ctx.pool.fetch(LIST, request.headers["x-org-id"])
        return HTTPResponse(encode({"data": [dict(row) for row in rows]}), content_type="application/json")

    @app.post("/tools")
    async def create_tool(request: Request) -> HTTPResponse:
        new = decode(request.body)
        values = (new["name"], new["baseUrl"], "none", None, new.get("description"))
        row = await request.app.ctx.pool.fetchrow(POST, uuid7(), request.headers["x-org-id"], *values)
        return HTTPResponse(encode(dict(row)), 201, content_type="application/json")

    return app


if __name__ == "__main__":
    create_app(address=sys.argv[2], pool_size=int(sys.argv[3])).run(
        host="127.0.0.1", port=int(sys.argv[1]), single_process=True, access_log=False, motd=False
    )
