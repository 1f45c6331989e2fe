"""Sending OpenAPI documents."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import Member

ORDERS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "servers": [{"url": "https://orders.example.com"}],
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "getOrder"},
            "delete": {"operationId": "deleteOrder"},
        },
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
            }
        },
    },
}


async def imported(
    http: httpx.AsyncClient, member: Member, document: Any, *, dry_run: bool = False, **more: Any
) -> dict[str, Any]:
    answer = await sent(http, member, {"document": document, **more}, dry_run=dry_run)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def sent(
    http: httpx.AsyncClient, member: Member, body: dict[str, Any], *, dry_run: bool = False
) -> httpx.Response:
    query = {"dryRun": "true"} if dry_run else {}
    return await http.post("/tools/import-openapi", json=body, params=query, headers=member.headers)


async def state(http: httpx.AsyncClient, member: Member) -> list[dict[str, Any]]:
    tools = await http.get("/tools", params={"include": "actions", "limit": 200}, headers=member.headers)
    data: list[dict[str, Any]] = tools.json()["data"]
    return data
