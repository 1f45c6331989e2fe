"""What people and programs read about this API: a page that needs no other host, and what each problem means."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from sanic import Blueprint, HTTPResponse, Request

from tolstoy.api.asset import FOREVER, Asset
from tolstoy.api.endpoint import endpoint
from tolstoy.core.errors import NotFoundError, ProblemError
from tolstoy.domain import flow_document

routes = Blueprint("docs")

_FILES = resources.files("tolstoy.api") / "docs_page"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_PAGE_HEADERS = {
    # data: is for the icons in the style sheet
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _load() -> tuple[Asset, dict[str, Asset]]:
    assets = {
        name: Asset(
            (_FILES / name).read_bytes(),
            _TYPES[name.rpartition(".")[2]],
            {"X-Content-Type-Options": "nosniff"},
        )
        for name in ("swagger-ui.css", "page.css", "swagger-ui-bundle.js", "page.js")
    }
    page = read("index.html")
    for name, asset in assets.items():
        page = page.replace(f'/docs/{name}"', f'/docs/{name}?{asset.digest}"')
    return Asset(page.encode(), "text/html; charset=utf-8", _PAGE_HEADERS), assets


_PAGE, _ASSETS = _load()


@routes.get("/docs")
async def get_docs(request: Request) -> HTTPResponse:
    return _PAGE.respond(request)


@routes.get("/docs/<name>")
async def get_docs_asset(request: Request, name: str) -> HTTPResponse:
    asset = _ASSETS.get(name)
    if asset is None:
        raise NotFoundError
    return asset.respond(request, cache=FOREVER)


_FLOW_SCHEMA = msgspec.json.format(msgspec.json.encode(flow_document.schema()), indent=2)


@routes.get("/schemas/flow.json")
@endpoint(tag="Service", door=None, media="application/schema+json")
async def get_flow_schema(_request: Request) -> HTTPResponse:
    """Give the JSON Schema of a flow's document, for editors and programs."""
    return HTTPResponse(_FLOW_SCHEMA, content_type="application/schema+json")


class ProblemType(Struct, frozen=True):
    """What a problem with this code means, whatever the request."""

    type: Annotated[
        str, Meta(description="The `type` of such problems, and the address of this description.")
    ]
    code: str
    title: str
    status: int
    meaning: str


class ProblemTypes(Struct, frozen=True):
    data: list[ProblemType]


@routes.get("/problems")
@endpoint(tag="Service", door=None)
async def list_problems(_request: Request) -> ProblemTypes:
    """List the problems this API answers with."""
    return ProblemTypes([problem_type(kind) for kind in problems()])


@routes.get("/problems/<code>")
@endpoint(tag="Service", door=None)
async def get_problem(_request: Request, code: str) -> ProblemType:
    """Say what a problem means; its `type` is this address."""
    for kind in problems():
        if kind.code == code:
            return problem_type(kind)
    raise NotFoundError(f"There is no problem with the code {code!r}; /problems lists them.")


def problem_type(kind: type[ProblemError]) -> ProblemType:
    meaning = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    return ProblemType(f"/problems/{kind.code}", kind.code, kind.title, kind.status, meaning)


def problems() -> list[type[ProblemError]]:
    """Every kind of problem that the mounted modules know, by status and code."""
    return sorted(set(_kinds(ProblemError)), key=lambda kind: (kind.status, kind.code))


def _kinds(kind: type[ProblemError]) -> Iterator[type[ProblemError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
