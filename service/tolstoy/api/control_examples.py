"""Examples of what people do to executions."""

from typing import Any

_ORG = "01999999-0000-7000-8000-000000000001"
_USER = "01999999-0000-7000-8000-000000000002"
_FLOW = "01999999-0000-7000-8000-000000000005"
_EXECUTION = "01999999-0000-7000-8000-000000000008"
_WAIT = "01999999-0000-7000-8000-000000000014"
_AT = "2026-01-31T12:30:00.000000Z"

_DECISIONS = [
    {"userId": _USER, "approved": True, "at": "2026-01-31T12:30:00+00:00", "comment": "Fine", "payload": None}
]
_WAITING = {
    "id": _WAIT, "orgId": _ORG, "executionId": _EXECUTION, "stepKey": "lines[3].ok", "round": 1, "kind": "approval",
    "dueAt": "2026-02-07T12:00:00.000000Z", "needed": 1, "decisions": _DECISIONS,
    "outcome": {"approved": True, "decisions": _DECISIONS}, "closedAt": _AT,
    "createdAt": "2026-01-31T12:00:00.000000Z", "updatedAt": _AT, "revision": 2,
}  # fmt: skip
_REFUSED = {"id": _EXECUTION, "code": "run-finished", "detail": "The run has succeeded already."}

CONTROL_EXAMPLES: dict[str, Any] = {
    "ExecutionCancel": {"reason": "The order was withdrawn"},
    "ExecutionResume": {"fromStep": "lines[3].charge", "version": 4, "inputs": {"orderId": "A-17"}},
    "Decision": {"comment": "Fine", "payload": {"amount": 120}},
    "ExecutionWait": _WAITING,
    "ExecutionWaitPage": {"data": [_WAITING], "page": {"nextCursor": None, "hasMore": False, "limit": 50}},
    "ExecutionsCancel": {
        "filter": {"flowId": _FLOW, "status": "waiting", "createdBefore": _AT}, "reason": "A mistake in the flow"
    },
    "ExecutionsCancelled": {"matched": 12, "refused": [], "more": False, "cancelled": 12},
    "ExecutionsResume": {"filter": {"flowId": _FLOW, "status": "failed", "createdAfter": _AT}, "version": 4},
    "ExecutionsResumed": {"matched": 12, "refused": [_REFUSED], "more": False, "resumed": 11},
    "CallbackAnswer": {"accepted": True},
}  # fmt: skip
