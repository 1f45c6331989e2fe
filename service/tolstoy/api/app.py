"""The Sanic application: what is mounted, what happens around every request, and what a worker opens and closes."""

from __future__ import annotations

import time
from typing import Any

from sanic import Sanic
from sanic.response import BaseHTTPResponse

from tolstoy.api import (
    action_runs,
    actions,
    api_keys,
    audit_events,
    auth,
    callbacks,
    credentials,
    docs,
    dry_runs,
    execution_control,
    execution_events,
    execution_logs,
    executions,
    flow_stats,
    flows,
    health,
    hooks,
    metrics,
    oauth,
    openapi,
    openapi_imports,
    organizations,
    rate_limit,
    response_headers,
    schedules,
    subscriptions,
    tools,
    users,
    watching,
)
from tolstoy.api.errors import ProblemHandler
from tolstoy.api.request import Request
from tolstoy.api.router import Router
from tolstoy.core import log
from tolstoy.core.database_urls import parse
from tolstoy.core.settings import Settings
from tolstoy.db.database import Database, open_database
from tolstoy.db.renewal import renewal
from tolstoy.domain.credential_authorizations import Exchange
from tolstoy.domain.dry_runs import Rehearse
from tolstoy.domain.egress import Policy
from tolstoy.domain.issuer_keys import IssuerKeys
from tolstoy.domain.key_ring import KeyRing
from tolstoy.domain.openapi_imports import Fetch
from tolstoy.domain.token_ring import TokenRing

BLUEPRINTS = (
    organizations.routes,
    users.routes,
    api_keys.routes,
    tools.routes,
    credentials.routes,
    oauth.routes,
    openapi_imports.routes,
    actions.routes,
    flows.routes,
    execution_logs.routes,
    executions.routes,
    execution_control.routes,
    callbacks.routes,
    execution_events.routes,
    flow_stats.routes,
    action_runs.routes,
    dry_runs.routes,
    hooks.routes,
    schedules.routes,
    subscriptions.routes,
    audit_events.routes,
    health.routes,
    metrics.routes,
    docs.routes,
    openapi.routes,
)
_MAX_HEADER_BYTES = 16 * 1024


def create_app(
    settings: Settings,
    *,
    name: str = "tolstoy",
    dry_run: Rehearse | None = None,
    fetch: Fetch | None = None,
    exchange: Exchange | None = None,
) -> Sanic[Any, Any]:
    """`dry_run` makes dry runs, `fetch` gets documents from outside, `exchange` tokens for a provider's code: the
    engine's doing, which no route imports.
    """
    app: Sanic[Any, Any] = Sanic(
        name,
        configure_logging=False,
        error_handler=ProblemHandler(settings.cors_origins),
        router=Router(),
        request_class=Request,
    )
    app.config.update(
        AUTO_EXTEND=False,  # sanic-ext, where it happens to be installed, would slow every request
        ACCESS_LOG=False,
        REQUEST_MAX_SIZE=settings.max_body_bytes,
        REQUEST_MAX_HEADER_SIZE=_MAX_HEADER_BYTES,
        PROXIES_COUNT=settings.proxies or None,
        MAX_CONNECTIONS=settings.max_connections,
        REQUEST_TIMEOUT=settings.request_timeout_seconds,
        RESPONSE_TIMEOUT=settings.response_timeout_seconds,
        KEEP_ALIVE_TIMEOUT=settings.keep_alive_timeout_seconds,
        GRACEFUL_SHUTDOWN_TIMEOUT=settings.shutdown_timeout_seconds,
    )
    app.ctx.settings = settings
    app.ctx.dry_run = dry_run
    app.ctx.egress = Policy.of(settings)
    app.ctx.fetch = fetch
    app.ctx.exchange = exchange
    app.ctx.stopping = False
    for blueprint in BLUEPRINTS:
        app.blueprint(
            blueprint.copy(blueprint.name, with_registration=False) if blueprint.registered else blueprint
        )
    _around_requests(app, settings)
    app.register_listener(_open, "before_server_start")
    app.register_listener(_stop, "before_server_stop")
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
        renew=renewal(settings),
        keys=settings.keys,
    )
    app.ctx.keys = KeyRing(app.ctx.database)
    app.ctx.tokens = None
    if settings.auth_mode == "oidc":
        app.ctx.tokens = TokenRing(app.ctx.database, IssuerKeys(settings), settings)
        app.ctx.tokens.keys.start()
    app.ctx.allowances = rate_limit.of(settings, app.ctx.database)
    app.ctx.watch = watching.of(settings)
    app.ctx.watch.start()


async def _stop(app: Sanic[Any, Any]) -> None:
    """Have the streams end by themselves."""
    app.ctx.stopping = True
    app.ctx.watch.tell_all()


async def _close(app: Sanic[Any, Any]) -> None:
    await app.ctx.watch.close()
    await app.ctx.keys.close()
    if app.ctx.tokens is not None:
        await app.ctx.tokens.keys.close()
    database: Database = app.ctx.database
    await database.close()


def _around_requests(app: Sanic[Any, Any], settings: Settings) -> None:
    protect = response_headers.protecting(settings.cors_origins)
    access = log.AccessLog(settings.log_format) if settings.access_log else None

    def begin(request: Any, response: BaseHTTPResponse) -> None:
        """Where an answer is not a whole one yet, its sender calls `end` when it is."""
        response.headers["X-Request-ID"] = request.ctx.request_id
        protect(request, response)
        rate_limit.tell(request, response)
        if not getattr(request.ctx, "streams", False):
            end(request, response)

    def end(request: Any, response: BaseHTTPResponse) -> None:
        ctx = request.ctx
        seconds = time.perf_counter() - ctx.started
        app.ctx.metrics.observe(request, response.status, seconds)
        if access is not None:
            access.write(
                {
                    "action": "request",
                    "timestamp": time.time(),
                    "method": _shown(request.method),
                    "path": request.shown_path,
                    "status": response.status,
                    "ms": round(seconds * 1000, 2),
                    "request_id": ctx.request_id,
                    **(auth.logged(request) or _claimed(request)),
                }
            )

    app.register_middleware(begin, "response")
    app.ctx.end_of_request = end


def _claimed(request: Any) -> dict[str, str | None]:
    headers = request.headers
    return {"org_id": _shown(headers.get("x-org-id")), "user_id": _shown(headers.get("x-user-id"))}


def _shown(text: str | None) -> str | None:
    """Bytes of a header that are no UTF-8 come as surrogates, which no log can write."""
    return text if text is None or text.isascii() else ascii(text)
