"""Every operation of the routing table, and an organization with one of everything to try it on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from sanic import Sanic

from tests.api.factories import DOCUMENT
from tests.conftest import Member
from tolstoy.api import openapi
from tolstoy.api.app import create_app
from tolstoy.api.endpoint import Operation
from tolstoy.core.settings import Settings
from tolstoy.db.tenancy import Door

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "New"},
    "paths": {"/new": {"get": {"operationId": "getNew"}}},
}

# A body that every operation which takes this type accepts.
BODIES: dict[str, dict[str, Any]] = {
    "OrganizationCreate": {"name": "New", "owner": {"email": "new@example.com"}},
    "OrganizationChange": {"name": "Changed"},
    "UserCreate": {"email": "new@example.com"},
    "UserChange": {"name": "Changed"},
    "ApiKeyCreate": {"name": "New"},
    "FirstKeyCreate": {"name": "New", "userId": "01999999-0000-7000-8000-000000000000"},
    "ApiKeyRotate": {"overlapSeconds": 60},
    "ToolCreate": {"name": "New", "baseUrl": "https://new.example.com"},
    "ToolChange": {"name": "Changed"},
    "OpenAPIImport": {"document": OPENAPI, "baseUrl": "https://new.example.com"},
    "ActionCreate": {"toolId": "{toolId}", "name": "New one", "method": "GET", "endpoint": "/new"},
    "ActionChange": {"name": "Changed"},
    "CredentialCreate": {"name": "New", "bearer": {"token": "a-new-token"}},
    "CredentialChange": {"name": "Changed"},
    "FlowCreate": {"name": "New", **DOCUMENT},
    "FlowValidate": DOCUMENT,
    "FlowChange": {"name": "Changed"},
    "ExecutionLogCreate": {"flowId": "{flowId}", "stepKey": "greet", "inputs": {}, "status": "started"},
    "ExecutionLogChange": {"status": "failed"},
    "ExecutionCreate": {},
    "ActionExecute": {},
    "DryRunCreate": {},
    "ExecutionCancel": {},
    "ExecutionResume": {},
    "Decision": {},
    "ExecutionsCancel": {"filter": {"status": "queued"}},
    "ExecutionsResume": {"filter": {"status": "failed"}},
    "HookCreate": {"name": "New"},
    "HookChange": {"name": "Changed"},
    "ScheduleCreate": {"flowId": "{flowId}", "name": "New", "cron": "0 0 1 1 *"},
    "ScheduleChange": {"name": "Changed"},
    "SchedulePause": {"note": "A holiday"},
    "SubscriptionCreate": {"url": "http://new.invalid", "events": ["execution.failed"]},
    "SubscriptionChange": {"description": "Changed"},
}
LISTS = (
    "/users",
    "/api-keys",
    "/tools?include=actions",
    "/actions",
    "/flows",
    "/executions",
    "/execution-logs",
    "/schedules",
    "/subscriptions",
)


@dataclass(frozen=True)
class Case:
    path: str
    method: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _cases() -> Iterator[Case]:
    app = create_app(Settings(), name=f"bad-input-{uuid4().hex}")
    for path, method, operation in sorted(openapi.operations(app), key=lambda found: found[:2]):
        yield Case(path, method, operation)
    Sanic.unregister_app(app)


CASES = list(_cases())
WITH_BODY = [case for case in CASES if case.operation.body is not None]
# PUT and PATCH are one operation.
ONCE = list({case.operation.name: case for case in WITH_BODY}.values())
CREATIONS = [case for case in WITH_BODY if case.operation.status == 201]
WITHOUT_BODY = [case for case in CASES if case.operation.body is None and not case.operation.raw]
WITH_ID = [case for case in CASES if "Id}" in case.path]
OF_A_TENANT = [case for case in CASES if case.operation.door in (Door.MEMBER, Door.MEMBER_OR_FOUNDER)]


@dataclass(frozen=True)
class World:
    """Alice's organization with one of everything, and a way to see whether any of it has changed."""

    http: httpx.AsyncClient
    alice: Member
    ids: dict[str, str]
    seen: list[Any] = field(default_factory=list)

    def address(self, case: Case) -> str:
        return case.path.format_map(self.ids)

    def body(self, case: Case) -> dict[str, Any]:
        sent = BODIES[case.operation.body.__name__]
        return {
            name: value.format_map(self.ids) if name in ("toolId", "flowId") else value
            for name, value in sent.items()
        }

    async def send(self, case: Case, *, path: str | None = None, **kwargs: Any) -> httpx.Response:
        kwargs.setdefault("headers", {})
        kwargs["headers"] = {**self.alice.headers, **kwargs["headers"]}
        return await self.http.request(case.method, path or self.address(case), **kwargs)

    async def send_raw(self, case: Case, content: bytes, media: str = "application/json") -> httpx.Response:
        return await self.send(case, content=content, headers={"Content-Type": media})

    async def unchanged(self) -> bool:
        """Whether all is as it was when this was last asked."""
        before = list(self.seen)
        self.seen[:] = await self._state()
        return self.seen == before

    async def _state(self) -> list[Any]:
        lists = [(await self.http.get(path, headers=self.alice.headers)).json() for path in LISTS]
        of_flow = [
            (await self.http.get(f"/flows/{self.ids['flowId']}/{what}", headers=self.alice.headers)).json()
            for what in ("versions", "hooks")
        ]
        credentials = await self.http.get(
            f"/tools/{self.ids['toolId']}/credentials", headers=self.alice.headers
        )
        newest = (await self.http.get("/organizations", params={"limit": 2})).json()["data"]
        return [*lists, *of_flow, credentials.json(), newest]
