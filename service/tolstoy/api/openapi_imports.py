"""Importing OpenAPI documents."""

from __future__ import annotations

from sanic import Blueprint, Request

from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import UnavailableError
from tolstoy.db.tenancy import Scope
from tolstoy.domain import openapi_imports
from tolstoy.domain.actions import KeyTakenError
from tolstoy.domain.openapi.shapes import ImportResult, ImportView, OpenAPIImport
from tolstoy.domain.openapi_imports import Fetch

routes = Blueprint("openapi_imports")


@routes.post("/tools/import-openapi")
@endpoint(tag="Tools", raises=(KeyTakenError,))
async def import_openapi(
    scope: Scope, body: OpenAPIImport, query: ImportView, request: Request
) -> ImportResult:
    """Make a tool and its actions of an OpenAPI document, or bring them up to date.

    Operations are matched with the tool's actions by key, then by method and path. With `dryRun=true` nothing
    changes; else all of it does, or nothing. The same document again changes nothing. A tool that is there keeps its
    own fields.
    """
    fetch: Fetch | None = request.app.ctx.fetch
    if fetch is None:
        raise UnavailableError("This server was started without what fetching documents needs.")
    return await openapi_imports.run(scope, body, fetch, dry_run=query.dry_run)
