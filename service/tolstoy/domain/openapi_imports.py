"""Importing an OpenAPI document: a tool and its actions, made or brought up to date in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy
from tolstoy.db.statements import json_text
from tolstoy.db.tenancy import Scope
from tolstoy.domain import actions, crud, organizations, tools
from tolstoy.domain import openapi_rows as rows
from tolstoy.domain.actions import KeyTakenError
from tolstoy.domain.flow_inputs import action_keys
from tolstoy.domain.openapi.breaking import breaking
from tolstoy.domain.openapi.matching import Match, matched
from tolstoy.domain.openapi.plan import Plan, plan
from tolstoy.domain.openapi.shapes import (
    FlowUse,
    ImportCounts,
    ImportedTool,
    ImportResult,
    OpenAPIImport,
    OperationChange,
)
from tolstoy.domain.tools import AuthConfig, AuthType, BaseUrl

MAX_USERS_TOLD = 20

T = TypeVar("T")


@dataclass(frozen=True)
class Fetched:
    """A document as it was found at `url`, at the end of redirects."""

    text: str
    url: str


# The engine's doing, which whoever composes the service hands to it: of an address, by what its organization may call
# besides. Raises InvalidError with a finding at /url.
Fetch = Callable[[str, Sequence[str]], Awaitable[Fetched]]


async def run(scope: Scope, sent: OpenAPIImport, fetch: Fetch, *, dry_run: bool) -> ImportResult:
    """Nothing is fetched or planned inside the transaction."""
    document, fetched_from = await _document(scope, sent, fetch)
    planned = await _in(
        _PLANNING, partial(plan, document, key_prefix=sent.key_prefix, fetched_from=fetched_from)
    )
    async with tenancy.transaction(scope) as inner:
        return await _Import(inner, sent, planned, dry_run).run()


# Documents take seconds, which neither other requests are to wait for nor what else threads do, as resolving names.
# One at a time: Python's threads do not compute at once. A transaction that is open waits for no other's document.
_PLANNING: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openapi-plan")
_COMPARING: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openapi-compare")


async def _in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)


async def _document(
    scope: Scope, sent: OpenAPIImport, fetch: Fetch
) -> tuple[dict[str, Any] | str, str | None]:
    if (sent.document is None) == (sent.url is None):
        raise InvalidError(
            findings=[Finding("required", "write either document or url", pointer="/document")]
        )
    if sent.document is not None:
        return sent.document, None
    fetched = await fetch(sent.url or "", await organizations.egress_allow(scope))
    return fetched.text, fetched.url


class _Import:
    def __init__(self, scope: Scope, sent: OpenAPIImport, planned: Plan, dry_run: bool) -> None:
        self._scope = scope
        self._sent = sent
        self._plan = planned
        self._dry_run = dry_run
        self._locked = "" if dry_run else rows.LOCKED
        self._findings = list(planned.warnings)

    async def run(self) -> ImportResult:
        tool = await self._tool()
        found = await self._fetch(rows.ACTIONS + self._locked, tool.id) if tool.id else []
        matches, broken = await _in(_COMPARING, partial(_compared, self._plan, found))
        await self._refuse_taken_keys(matches)
        users = await self._users([match for match in matches if _matters(match, broken)])
        told = [self._told(match, broken, users) for match in matches]
        if not self._dry_run:
            tool, told = await self._apply(tool, matches, told)
        changes = [change for change in told if change is not None]
        return ImportResult(self._dry_run, tool, _counts(told), changes, self._findings)

    async def _fetch(self, text: str, *args: object) -> Sequence[asyncpg.Record]:
        return await self._scope.open_connection.fetch(text, self._scope.org_id, *args)

    async def _tool(self) -> ImportedTool:
        """The one that is there, locked if anything is written; else the one that there would be.

        What is there stays as it is.
        """
        service, sent = self._plan.service, self._sent
        name, base_url = sent.name or service.name, sent.base_url or service.base_url
        if sent.tool_id is not None:
            found = await self._fetch(f"{rows.TOOL} AND id = $2{self._locked}", sent.tool_id)
            if not found:
                detail = "there is no tool with this id here"
                raise InvalidError(findings=[Finding("not_found", detail, pointer="/toolId")])
        else:
            base_url = _usable(sent, base_url)
            found = await self._fetch(
                f"{rows.TOOL} AND name = $2 AND base_url = $3{self._locked}", name, base_url
            )
        if len(found) > 1:
            detail = f"there are {len(found)} tools of this name and baseUrl; say which"
            raise InvalidError(findings=[Finding("ambiguous", detail, pointer="/toolId")])
        if not found:
            config = msgspec.convert(service.auth_config, AuthConfig) if service.auth_config else None
            kind = msgspec.convert(service.auth_type, AuthType)
            return ImportedTool(None, True, name, base_url or "", kind, config)
        tool = rows.imported(found[0])
        wanted = {"baseUrl": base_url or tool.base_url, "authType": service.auth_type}
        there = {"baseUrl": tool.base_url, "authType": tool.auth_type}
        for field, value in wanted.items():
            if value != there[field]:
                at = "/document/servers" if field == "baseUrl" else "/document/components/securitySchemes"
                detail = f"the tool's {field} stays {there[field]}, not {value}; change the tool if it should"
                self._findings.append(Finding("tool_differs", detail, pointer=at, severity="warning"))
        return tool

    async def _refuse_taken_keys(self, matches: Sequence[Match]) -> None:
        added = {
            match.planned.key: match.planned.at for match in matches if match.planned and not match.present
        }
        if not added:
            return
        taken = {row["key"] for row in await self._fetch(rows.TAKEN, list(added))}
        detail = "another action has the key {}; send a keyPrefix, or the toolId of its tool"
        found = [
            Finding("taken", detail.format(key), pointer=at) for key, at in added.items() if key in taken
        ]
        if found:
            raise KeyTakenError(findings=found)

    async def _users(self, matches: Iterable[Match]) -> dict[str, list[FlowUse]]:
        keys = {match.present.key for match in matches if match.present is not None}
        if not keys:
            return {}
        users: dict[str, dict[UUID, FlowUse]] = {}
        for row in await self._fetch(rows.USES, list(keys)):
            for key in action_keys(msgspec.json.decode(row["document"])) & keys:
                users.setdefault(key, {})[row["id"]] = FlowUse(row["id"], row["name"])
        return {key: list(flows.values()) for key, flows in users.items()}

    def _told(
        self, match: Match, broken: Mapping[str, list[Finding]], users: Mapping[str, list[FlowUse]]
    ) -> OperationChange | None:
        """None for what stays the same."""
        there, planned = match.present, match.planned
        if there is not None and planned is not None and not match.values:
            return None
        shown = planned or there
        if shown is None:
            raise RuntimeError("a match is of something")
        key = there.key if there is not None else shown.key
        used = users.get(key, [])
        return OperationChange(
            change="remove" if planned is None else "add" if there is None else "change",
            key=key,
            name=shown.name,
            method=shown.method,
            endpoint=shown.endpoint,
            action_id=there.id if there is not None else None,
            pointer=planned.at if planned is not None else None,
            fields=[_WIRE.get(name, name) for name in match.values] if there is not None else [],
            breaking=broken.get(key, []),
            used_by=used[:MAX_USERS_TOLD],
            kept=planned is None and (not self._sent.remove_missing or bool(used)),
        )

    async def _apply(
        self, tool: ImportedTool, matches: Sequence[Match], told: Sequence[OperationChange | None]
    ) -> tuple[ImportedTool, list[OperationChange | None]]:
        if tool.created:
            tool = await self._make_tool(tool)
        adding: list[dict[str, Any]] = []
        changing: list[dict[str, Any]] = []
        removing: list[UUID] = []
        done: list[OperationChange | None] = []
        for match, change in zip(matches, told, strict=True):
            if change is not None and match.present is None:
                change = msgspec.structs.replace(change, action_id=new_id())
                adding.append({"id": change.action_id, "tool_id": tool.id, **match.values})
            elif change is not None and match.planned is not None and match.present is not None:
                changing.append({**rows.columns(match.present), **match.values})
            elif change is not None and not change.kept and match.present is not None:
                removing.append(match.present.id)
            done.append(change)
        try:
            for text, written in (
                (rows.INSERT, json_text(adding)),
                (rows.UPDATE, json_text(changing)),
                (rows.DELETE, removing),
            ):
                if written and written != "[]":
                    await self._fetch(text, written)
        except asyncpg.UniqueViolationError as exc:
            raise crud.conflict(exc, actions.CONFLICTS) from exc
        return tool, done

    async def _make_tool(self, tool: ImportedTool) -> ImportedTool:
        made = await tools.create(
            self._scope,
            tools.ToolCreate(
                name=tool.name,
                base_url=tool.base_url,
                auth_type=tool.auth_type,
                auth_config=tool.auth_config,
                description=self._plan.service.description,
            ),
        )
        return msgspec.structs.replace(tool, id=made.id)


_WIRE = {"input_schema": "inputSchema"}


def _usable(sent: OpenAPIImport, base_url: str | None) -> str:
    if base_url is None:
        detail = "the document does not say where the service is: send its baseUrl"
        raise InvalidError(findings=[Finding("required", detail, pointer="/baseUrl")])
    try:
        msgspec.convert(base_url, BaseUrl)
        tools.check_base_url(base_url)
    except (msgspec.ValidationError, InvalidError) as exc:
        problem = exc.findings[0].detail if isinstance(exc, InvalidError) else "this is no http or https URL"
        at = "/baseUrl" if sent.base_url else "/document/servers/0/url"
        said = problem if sent.base_url else f"{problem}; send a baseUrl"
        raise InvalidError(findings=[Finding("invalid_url", said, pointer=at)]) from exc
    return base_url


def _compared(planned: Plan, found: Sequence[asyncpg.Record]) -> tuple[list[Match], dict[str, list[Finding]]]:
    """What each is, and by the keys of those that are there what breaks."""
    matches = matched(planned.actions, [rows.present(row) for row in found])
    broken = {
        match.present.key: _broken(match)
        for match in matches
        if match.present is not None and (match.planned is None or "input_schema" in match.values)
    }
    return matches, broken


def _broken(match: Match) -> list[Finding]:
    if match.planned is None or match.present is None:
        return [Finding("removed", "the document does not have it", pointer="/document/paths")]
    return breaking(
        match.present.input_schema, match.planned.input_schema, match.planned.sources, match.planned.at
    )


def _matters(match: Match, broken: Mapping[str, list[Finding]]) -> bool:
    return match.present is not None and bool(broken.get(match.present.key))


def _counts(told: Sequence[OperationChange | None]) -> ImportCounts:
    kinds = [change.change if change is not None else "same" for change in told]
    return ImportCounts(
        add=kinds.count("add"),
        change=kinds.count("change"),
        remove=kinds.count("remove"),
        same=kinds.count("same"),
        breaking=sum(1 for change in told if change is not None and change.breaking),
    )
