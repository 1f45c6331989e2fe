"""Whether the service lives, whether it can work, and how it is."""

from __future__ import annotations

import os
import platform as machine
import resource
import sys
import time
from typing import Any, Literal

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from tolstoy import __version__
from tolstoy.api import auth
from tolstoy.core.errors import ForbiddenError, ProblemError
from tolstoy.db import migrate, tenancy
from tolstoy.db.database import Database, unreachable
from tolstoy.db.tenancy import Door

routes = Blueprint("health")
_STARTED = time.monotonic()
_ROLE = tenancy.Statement("SELECT role FROM s")


class Health(msgspec.Struct):
    status: Literal["ok"] = "ok"


class DatabaseStatus(msgspec.Struct, rename="camel"):
    status: Literal["ok", "unreachable"]
    latency_ms: float | None = None


class SchemaStatus(msgspec.Struct, rename="camel"):
    status: Literal["current", "outdated", "ahead", "unknown"]
    applied: int = 0
    pending: list[str] = []


class Status(msgspec.Struct, rename="camel"):
    status: Literal["ok", "degraded", "down"]
    database: DatabaseStatus
    migrations: SchemaStatus


@routes.get("/health")
async def get_health(_request: Request) -> HTTPResponse:
    return HTTPResponse(b'{"status":"ok"}', content_type="application/json")
