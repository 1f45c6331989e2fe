"""The OpenAPI 3.1 document, made from the routes and the contracts of their handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from sanic import Blueprint, HTTPResponse, Request, Sanic

from tolstoy import __version__
from tolstoy.api import auth, docs
from tolstoy.api.arguments import without_none
from tolstoy.api.asset import Asset
from tolstoy.api.endpoint import Operation, endpoint
from tolstoy.api.openapi_responses import Responses
from tolstoy.api.openapi_schemas import Schema, schemas
from tolstoy.api.permissions import PLATFORM
from tolstoy.api.template import camel, template
from tolstoy.core.errors import NotAMemberError
from tolstoy.core.settings import AuthMode, Settings
from tolstoy.db.tenancy import Door

routes = Blueprint("openapi")

_TAGS = {
    "Organizations": "The tenants. For who runs the installation; a member may see the own one, its admin change it.",
    "Users": "The members of an organization.",
    "API keys": "With what programs say who they are.",
    "Tools": "The outside APIs that an organization calls.",
    "Credentials": "The secrets that tools are called with. They go in, and only their tool gets to see them again.",
    "Actions": "The endpoints of a tool, which flows call by their keys.",
    "Flows": "What to do, step by step: a draft, and published versions that never change.",
    "Execution logs": "What happened: one entry for each attempt of a step.",
    "Executions": "The runs of flows, each of a published version.",
    "Hooks": "The addresses at which others start runs of a flow.",
    "Schedules": "When flows run by themselves.",
    "Subscriptions": "Who is told of what happens to runs, by webhooks.",
    "Audit": "What requests changed: who, when, from where; a chain that shows what was tampered with.",
    "Service": "How this service is, and what it says about itself.",
}
_SCHEMES: dict[AuthMode, tuple[str, ...]] = {
    "headers": (),
    "gateway": ("gateway",),
    "api-key": ("apiKey",),
    "oidc": ("apiKey", "accessToken"),  # either of them
}
_PATH_SCHEMAS: dict[type, Schema] = {
    UUID: {"type": "string", "format": "uuid"},
    int: {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    str: {"type": "string"},
}
_PARAMETERS: dict[str, Schema] = {
    "OrgId": {
        "name": auth.ORG_HEADER,
        "in": "header",
        "required": True,
        "description": "The organization you act in.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "UserId": {
        "name": auth.USER_HEADER,
        "in": "header",
        "required": True,
        "description": "The user you act as, a member of the organization.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": 'The ETag you last saw, as in "3": otherwise 412.',
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag you have: a 304 without a body where it is still the one.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent again within 24 hours, the request has no second effect and gets the first answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "RequestId": {
        "name": "X-Request-ID",
        "in": "header",
        "description": "Your id for this request; one that is not 1 to 128 of A-Z a-z 0-9 . _ : / + = - is replaced.",
        "schema": {"type": "string"},
    },
}


@routes.get("/openapi.json")
@endpoint(tag="Service", door=None)
async def get_openapi(request: Request) -> HTTPResponse:
    """Give this document."""
    ctx = request.app.ctx
    if not hasattr(ctx, "openapi"):
        ctx.openapi = Asset(msgspec.json.encode(document(request.app)), "application/json")
    asset: Asset = ctx.openapi
    return asset.respond(request)


def document(app: Sanic[Any, Any]) -> dict[str, Any]:
    settings: Settings = app.ctx.settings
    mounted = sorted(
        ((path, method, _as_here(operation, settings)) for path, method, operation in operations(app)),
        key=lambda found: _place(*found),
    )
    types = [
        type_ for *_, one in mounted for type_ in (one.body, one.returns, *one.answers.values()) if type_
    ]
    references, components = schemas(types)
    responses = Responses(references, mode=settings.auth_mode)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in mounted:
        paths.setdefault(path, {})[method.lower()] = _described(operation, method, references, responses)
    _link(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.app_name} API",
            "version": __version__,
            "summary": "Self-hosted, multi-tenant workflow automation",
            "description": docs.read("conventions.md"),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "parameters": _PARAMETERS,
            "headers": responses.headers,
            "responses": responses.shared,
            **_security_schemes(settings),
        },
    }


def operations(app: Sanic[Any, Any]) -> Iterator[tuple[str, str, Operation]]:
    """What is mounted with a contract, by path and method."""
    for route in app.router.routes:
        operation = getattr(route.handler, "operation", None)
        if operation is not None:
            for method in route.methods - {"HEAD", "OPTIONS"}:
                yield template(route.path), method, operation


def _as_here(operation: Operation, settings: Settings) -> Operation:
    """What has no door but refuses strangers does so in production only, and is open everywhere else."""
    if operation.door is not None or NotAMemberError not in operation.raises:
        return operation
    if settings.production:
        return replace(operation, door=Door.MEMBER, requires="organization")
    return replace(operation, raises=())


def _place(path: str, method: str, operation: Operation) -> tuple[int, str, int]:
    methods = ("GET", "POST", "PATCH", "PUT", "DELETE")
    return list(_TAGS).index(operation.tag), path, methods.index(method)


def _described(
    operation: Operation, method: str, references: dict[Any, Schema], responses: Responses
) -> dict[str, Any]:
    # two methods of one handler need two ids
    name = operation.name.replace("change_", "put_", 1) if method == "PUT" else operation.name
    described: dict[str, Any] = {
        "operationId": camel(name),
        "tags": [operation.tag],
        "summary": operation.summary.rstrip("."),
        "parameters": [*_parameters(operation, method, responses.mode)],
    }
    if text := "\n\n".join(filter(None, (operation.description, _who(operation)))):
        described["description"] = text
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body]}}
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    elif operation.raw:
        described["requestBody"] = {"content": {"*/*": {}}}
    described["responses"] = responses.of(operation, method)
    if responses.mode != "headers":
        described["security"] = (
            [] if operation.door is None else [{name: []} for name in _SCHEMES[responses.mode]]
        )
    return described


def _who(operation: Operation) -> str:
    if operation.requires is None:
        return ""
    if operation.requires == PLATFORM:
        return "For who runs the installation."
    return f"Takes the permission `{operation.requires}`."


def _link(paths: dict[str, dict[str, Any]]) -> None:
    """From the answer of what creates a thing to all that can be done with it."""
    for path, methods in paths.items():
        answer = methods.get("post", {}).get("responses", {}).get("201")
        if answer is not None:
            answer["links"] = {
                operation["operationId"]: {"operationId": operation["operationId"], "parameters": known}
                for further, others in paths.items()
                if further.startswith(f"{path}/{{") and (known := _known(path, further)) is not None
                for operation in others.values()
            }


def _known(path: str, further: str) -> dict[str, str] | None:
    """The parameters of `further` as the request to `path` and its answer tell them; None where they do not."""
    before = re.findall(r"{(\w+)}", path)
    made, *more = re.findall(r"{(\w+)}", further)[len(before) :]
    if any(name.endswith("Id") for name in more):
        return None
    return {
        **{name: f"$request.path.{name}" for name in before},
        made: "$response.body#/id" if made.endswith("Id") else f"$response.body#/{made}",
        **{name: f"$response.body#/{name}" for name in more},
    }


def _parameters(operation: Operation, method: str, mode: AuthMode) -> Iterator[Schema]:
    for name, type_ in operation.path.items():
        yield {"name": camel(name), "in": "path", "required": True, "schema": _PATH_SCHEMAS[type_]}
    if operation.door in (Door.MEMBER, Door.MEMBER_OR_FOUNDER) and mode in ("headers", "gateway"):
        yield _parameter("OrgId")
        yield _parameter("UserId")
    if operation.query is not None:
        yield from map(_query_parameter, msgspec.structs.fields(operation.query))
    if operation.if_match:
        yield _parameter("IfMatch")
    if method == "GET" and "revision" in getattr(operation.returns, "__struct_fields__", ()):
        yield _parameter("IfNoneMatch")
    if operation.creates:
        yield _parameter("IdempotencyKey")
    yield _parameter("RequestId")


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _query_parameter(field: msgspec.structs.FieldInfo) -> Schema:
    schema = msgspec.json.schema(without_none(field.type))
    described = {"name": field.encode_name, "in": "query", "required": field.required}
    if "description" in schema:
        described["description"] = schema.pop("description")
    if schema.get("type") == "string" and "format" not in schema:
        schema.setdefault("minLength", 1)  # an empty parameter is refused
    if field.default not in (None, msgspec.NODEFAULT):
        schema["default"] = field.default
    return {**described, "schema": schema}


def _security_schemes(settings: Settings) -> dict[str, Any]:
    if settings.auth_mode == "headers":
        return {}
    if settings.auth_mode in ("api-key", "oidc"):
        text = "An API key: `tol_…`; at the addresses of organizations the platform's key, too."
        bearer = {"type": "http", "scheme": "bearer"}
        schemes = {"apiKey": {**bearer, "description": text}}
        if settings.auth_mode == "oidc":
            text = f"An access token of {settings.oidc_issuer}."
            if settings.oidc_org_claim is None:
                text += f" It does not say in which organization: {auth.ORG_HEADER} does, beside it."
            schemes["accessToken"] = {**bearer, "bearerFormat": "JWT", "description": text}
        return {"securitySchemes": schemes}
    description = (
        f"What proves that a request came through the gateway, so that {auth.USER_HEADER} is to be believed."
    )
    scheme = {"type": "apiKey", "in": "header", "name": auth.GATEWAY_HEADER, "description": description}
    return {"securitySchemes": {"gateway": scheme}}
