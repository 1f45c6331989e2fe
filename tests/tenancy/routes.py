"""The routing table, and a body for each type that one of its operations takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec

from tolstoy.api.app import create_app
from tolstoy.api.endpoint import Operation
from tolstoy.core.settings import Settings
from tolstoy.db.tenancy import Door
from tolstoy.domain.paging import Page

DOCUMENT = {"steps": [{"key": "greet", "transform": {"text": "hello"}}]}
OAUTH2 = {
    "grant": "authorizationCode",
    "authorizationUrl": "https://hers.invalid/authorize",
    "tokenUrl": "https://hers.invalid/token",
    "clientId": "hers",
    "clientSecret": "hers",
}

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "New"},
    "paths": {"/new": {"get": {"operationId": "getNew"}}},
}

# A body that every operation which takes this type accepts; ids in it are filled in from the sender's own things.
BODIES: Mapping[str, dict[str, Any]] = {
    "OrganizationCreate": {"name": "New"},
    "OrganizationChange": {"name": "Changed"},
    "UserCreate": {"email": "new@example.com"},
    "UserChange": {"name": "Changed"},
    "ApiKeyCreate": {"name": "New", "userId": "user_id"},
    "FirstKeyCreate": {"name": "New", "userId": "01999999-0000-7000-8000-000000000000"},
    "ApiKeyRotate": {"overlapSeconds": 60},
    "ToolCreate": {"name": "New", "baseUrl": "https://new.example.com"},
    "ToolChange": {"name": "Changed"},
    "OpenAPIImport": {"document": OPENAPI, "baseUrl": "https://new.example.com"},
    "ActionCreate": {
        "toolId": "tool_id",
        "name": "New one",
        "method": "GET",
        "endpoint": "/new",
        "credentialId": "credential_id",
    },
    "ActionChange": {"toolId": "tool_id", "credentialId": "credential_id"},
    "CredentialCreate": {"name": "New", "oauth2": OAUTH2},
    "CredentialChange": {"name": "Changed"},
    "FlowCreate": {"name": "New", **DOCUMENT},
    "FlowValidate": DOCUMENT,
    "FlowChange": {"name": "Changed", "steps": []},
    "ExecutionLogCreate": {"flowId": "flow_id", "stepKey": "greet", "inputs": {}, "status": "started"},
    "ExecutionLogChange": {"status": "failed"},
    "ExecutionCreate": {},
    "ActionExecute": {},
    "DryRunCreate": {"recordedFrom": "execution_id"},
    "ExecutionCancel": {"reason": "No more"},
    "ExecutionResume": {"fromStep": "ok"},
    "Decision": {"comment": "Fine"},
    "ExecutionsCancel": {"filter": {"version": 1}},
    "ExecutionsResume": {"filter": {"version": 1}},
    "HookCreate": {"name": "New"},
    "HookChange": {"name": "Changed"},
    "ScheduleCreate": {"flowId": "flow_id", "name": "New", "cron": "0 0 1 1 *"},
    "ScheduleChange": {"name": "Changed"},
    "SchedulePause": {"note": "A holiday"},
    "SubscriptionCreate": {"flowId": "flow_id", "url": "http://new.invalid", "events": ["execution.failed"]},
    "SubscriptionChange": {"flowId": "flow_id"},
}
# Ids in bodies that refer to no row yet.
FREE = {"executionId"}

# What answers without anyone saying for whom they ask; all else goes through a door of the database.
OPEN = {
    "get_health",
    "get_status",
    "get_detailed_status",
    "get_metrics",
    "get_openapi",
    "get_flow_schema",
    "list_problems",
    "get_problem",
    "receive_hook",  # opens for whoever has the token in its address
    "receive_callback",  # the same
}
# What people see in a browser: the documentation's files, and the way to a provider, which opens for whoever has the
# ticket in its address, and back, for whoever has the state and the cookie.
PAGES = {"docs", "docs/<name:str>", "oauth/start/<ticket:str>", "oauth/callback"}


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation: Operation

    def address(self, ids: Mapping[str, str]) -> str:
        for name in self.operation.path:
            assert name in ids, f"{self}: say in _one_of_everything how to make what {name!r} stands for"
        path = self.path
        for name, value in ids.items():
            path = path.replace(f"<{name}:str>", value)
        return f"/{path}"

    def body(self, ids: Mapping[str, str]) -> dict[str, Any] | None:
        if self.operation.body is None:
            return None
        name = self.operation.body.__name__
        assert name in BODIES, f"{self}: say in BODIES what a {name} looks like"
        return {
            key: ids.get(value, value) if isinstance(value, str) else value
            for key, value in BODIES[name].items()
        }

    def __str__(self) -> str:
        return f"{self.method} /{self.path}"


def _routes() -> Iterator[tuple[str, str, Operation | None]]:
    for route in create_app(Settings(), name="routing-table").router.routes:
        for method in sorted(route.methods):
            yield method, route.path, getattr(route.handler, "operation", None)


ALL = sorted(_routes(), key=lambda route: route[:2])
TENANT = [
    Route(method, path, operation)
    for method, path, operation in ALL
    if operation is not None and operation.door in (Door.MEMBER, Door.MEMBER_OR_FOUNDER)
]
BY_ID = [route for route in TENANT if route.operation.path]
LISTS = [
    route for route in TENANT if get_origin(route.operation.returns) is Page and not route.operation.path
]


def references(type_: Any) -> Iterator[str]:
    """The fields of a body that hold ids, as they are called in JSON."""
    for field in msgspec.structs.fields(type_):
        if field.type is UUID or UUID in get_args(field.type):
            yield field.encode_name


REFERRING = [
    (route, field)
    for route in TENANT
    if route.operation.body is not None
    for field in references(route.operation.body)
    if field not in FREE
]
