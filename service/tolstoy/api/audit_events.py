"""The routes of the audit log."""

from __future__ import annotations

from sanic import Blueprint

from tolstoy.api.endpoint import endpoint
from tolstoy.db.tenancy import Scope
from tolstoy.domain import audit
from tolstoy.domain.audit import AuditEvent, AuditEventQuery, AuditVerification, AuditVerifyQuery
from tolstoy.domain.paging import Page

routes = Blueprint("audit-events", url_prefix="/audit-events")


@routes.get("/")
@endpoint(tag="Audit")
async def list_audit_events(scope: Scope, query: AuditEventQuery) -> Page[AuditEvent]:
    """List what was changed by requests, newest first."""
    return await audit.page(scope, query)


@routes.get("/verify")
@endpoint(tag="Audit")
async def verify_audit_events(scope: Scope, query: AuditVerifyQuery) -> AuditVerification:
    """Follow the chain of hashes and say where it is broken, if it is; ten thousand events at a time."""
    return await audit.verify(scope, query)
