"""The actions that a run calls, as they are when it is claimed, each compiled once for each of its revisions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from jsonschema_rs import Draft202012Validator

from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.domain import actions, json_schema
from tolstoy.engine import credential
from tolstoy.engine.credential import Credential
from tolstoy.engine.groups import Groups
from tolstoy.engine.journal import outlasting
from tolstoy.engine.ready import ReadyCondition, ReadyTemplate

_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Action:
    key: str
    method: str
    endpoint: str
    base_url: str
    headers: ReadyTemplate
    input_schema: dict[str, Any] | None
    validator: Draft202012Validator | None
    execute_if: ReadyCondition | None
    on_unknown: str
    credential: Credential | None = None


class Actions:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._compiled: OrderedDict[tuple[object, ...], Action] = OrderedDict()
        self._groups: Groups[UUID, frozenset[str], Mapping[str, Action]] = Groups(self._read, most=200)

    async def named(self, org_id: UUID, keys: frozenset[str]) -> Mapping[str, Action]:
        """Those of `keys` that there are; more may be among them."""
        return await self._groups.ask(org_id, keys) if keys else {}

    async def _read(self, org_id: UUID, asked: Sequence[frozenset[str]]) -> Sequence[Mapping[str, Action]]:
        scope = tenancy.engine(self._database, org_id)
        keys = sorted(frozenset().union(*asked))
        found = self._actions(await outlasting(lambda: tenancy.fetch(scope, actions.FOR_CALLS, keys)))
        return [found] * len(asked)

    def _actions(self, rows: Iterable[asyncpg.Record]) -> dict[str, Action]:
        return {row["key"]: self._action(row) for row in rows}

    def _action(self, row: asyncpg.Record) -> Action:
        key = (
            row["id"],
            row["revision"],
            row["tool_revision"],
            row["credential_id"],
            row["credential_revision"],
        )
        action = self._compiled.get(key)
        if action is None:
            action = self._compiled[key] = compiled(row)
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return action


def compiled(row: asyncpg.Record) -> Action:
    schema = None if row["input_schema"] is None else msgspec.json.decode(row["input_schema"])
    headers = {} if row["headers"] is None else msgspec.json.decode(row["headers"])
    return Action(
        row["key"],
        row["method"],
        row["endpoint"],
        row["base_url"],
        ReadyTemplate(headers),
        schema,
        None if schema is None else json_schema.validator(schema),
        None if row["execute_if"] is None else ReadyCondition(row["execute_if"]),
        row["on_unknown"],
        credential.of(row, "credential_"),
    )
