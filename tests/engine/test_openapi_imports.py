"""Imports of OpenAPI documents while somebody else writes to the same tool."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from tests.api.openapi_sending import ORDERS
from tests.engine.home import Home
from tests.tenancy.connections import holds_up
from tolstoy.domain import actions, openapi_imports
from tolstoy.domain.openapi.shapes import ImportResult, OpenAPIImport
from tolstoy.domain.openapi_imports import Fetched


async def _no_fetch(url: str, allowed: Sequence[str]) -> Fetched:
    raise AssertionError(url)


async def _run(home: Home, document: dict[str, Any], *, dry_run: bool = False) -> ImportResult:
    return await openapi_imports.run(home.scope, OpenAPIImport(document=document), _no_fetch, dry_run=dry_run)


def _renamed() -> dict[str, Any]:
    document = copy.deepcopy(ORDERS)
    document["paths"]["/orders"]["get"]["summary"] = "All orders"
    return document


async def _made(home: Home) -> UUID:
    """The action of the operation that is renamed."""
    made = await _run(home, ORDERS)
    (action,) = (change for change in made.operations if change.key == "list-orders")
    assert action.action_id is not None
    return action.action_id


async def test_what_is_changed_meanwhile_is_not_written_over(home: Home) -> None:
    action_id = await _made(home)
    async with home.owner.transaction():
        await home.owner.execute('UPDATE actions SET headers = \'{"X-Added": "1"}\' WHERE id = $1', action_id)
        importing = asyncio.create_task(_run(home, _renamed()))
        await holds_up(home.owner, importing)
    await importing
    action = await actions.get(home.scope, action_id)
    assert (action.name, msgspec.json.encode(action.headers)) == ("All orders", b'{"X-Added": "1"}')


async def test_a_dry_run_waits_for_nobody_and_holds_nobody_up(home: Home) -> None:
    action_id = await _made(home)
    async with home.owner.transaction():
        await home.owner.execute("SELECT FROM tools FOR UPDATE")
        await home.owner.execute("SELECT FROM actions WHERE id = $1 FOR UPDATE", action_id)
        told = await _run(home, _renamed(), dry_run=True)
    assert [(change.key, change.fields) for change in told.operations] == [("list-orders", ["name"])]
