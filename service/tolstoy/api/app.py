"""The Sanic application: what is mounted, what happens around every request, and what a worker opens and closes."""

from __future__ import annotations

import time
from typing import Any

from sanic import Sanic
from sanic.response import BaseHTTPResponse

from tolstoy.api import (
    actions,
    docs,
    execution_logs,
    flows,
    health,
    metrics,
    openapi,
    organizations,
    tools,
    users,
)
from tolstoy.api.errors import ProblemHandler
from tolstoy.api.request import Request
from tolstoy.api.router import Router
from tolstoy.core import aws_secrets, log
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.core.settings import Settings
from tolstoy.db.database import Database, Renew, open_database

BLUEPRINTS = (
    organizations.routes,
    users.routes,
    tools.routes,
    actions.routes,
    flows.routes,
    execution_logs.routes,
    health.routes,
    metrics.routes,
    docs.routes,
    openapi.routes,
)
_MAX_HEADER_BYTES = 16 * 1024


def create_app(settings: Settings, *, name: str = "tolstoy") -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic(
        name,
        configure_logging=False,
        error_handler=ProblemHandler(),
        router=Router(),
        request_class=Request,
    )
    app.config.update(
        AUTO_EXTEND=False,  # sanic-ext, where it happens to be installed, would slow every request
        ACCESS_LOG=False,
        REQUEST_MAX_SIZE=settings.max_body_bytes,
        REQUEST_MAX_HEADER_SIZE=_MAX_HEADER_BYTES,
        REQUEST_TIMEOUT=settings.request_timeout_seconds,
        RESPONSE_TIMEOUT=settings.response_timeout_seconds,
        KEEP_ALIVE_TIMEOUT=settings.keep_alive_timeout_seconds,
        GRACEFUL_SHUTDOWN_TIMEOUT=settings.shutdown_timeout_seconds,
    )
    app.ctx.settings = settings
    for blueprint in BLUEPRINTS:
        app.blueprint(
            blueprint.copy(blueprint.name, with_registration=False) if blueprint.registered else blueprint
        )
    _around_requests(app, settings)
    app.register_listener(_open, "before_server_start")
    app.register_listener(_close, "after_server_stop")
    return app


async def _open(app: Sanic[Any, Any]) -> None:
    settings: Settings = app.ctx.settings
    log.configure(settings.log_level, settings.log_format)
    if settings.database_url is None:
        raise RuntimeError("the command that serves gives the application its database")
    app.ctx.database = await open_database(
        parse(settings.database_url),
        size=settings.pool_size,
        waiters=settings.pool_waiters,
        timeout_seconds=settings.pool_timeout_seconds,
        statement_cache_size=settings.statement_cache_size,
        renew=_renewal(settings) if settings.use_aws_secrets else None,
    )


async def _close(app: Sanic[Any, Any]) -> None:
    database: Database = app.ctx.database
    await database.close()


def _renewal(settings: Settings) -> Renew:
    source = aws_secrets.SecretSource(settings)

    async def renew(refused: ConnectOptions) -> ConnectOptions | None:
        log.get().warning(
            "the database refused the password; reading the secret again", action="renew_secret"
        )
        try:
            urls = await source.refreshed(refused.password)
        except aws_secrets.SecretError as exc:
            log.get().error(str(exc), action="secret_unreadable")
            return None
        return parse(urls.database_url)

    return renew


def _around_requests(app: Sanic[Any, Any], settings: Settings) -> None:
    access = log.AccessLog(settings.log_format) if settings.access_log else None

    def end(request: Any, response: BaseHTTPResponse) -> None:
        ctx = request.ctx
        response.headers["X-Request-ID"] = ctx.request_id
        seconds = time.perf_counter() - ctx.started
        app.ctx.metrics.observe(request, response.status, seconds)
        if access is not None:
            access.write(
                {
                    "action": "request",
                    "timestamp": time.time(),
                    "method": _shown(request.method),
                    "path": request.path,
                    "status": response.status,
                    "ms": round(seconds * 1000, 2),
                    "request_id": ctx.request_id,
                    "org_id": _shown(request.headers.get("x-org-id")),
                    "user_id": _shown(request.headers.get("x-user-id")),
                }
            )

    app.register_middleware(end, "response")


def _shown(text: str | None) -> str | None:
    """Bytes of a header that are no UTF-8 come as surrogates, which no log can write."""
    return text if text is None or text.isascii() else ascii(text)
