"""Examples of executions, their steps, statistics and dry runs."""

from typing import Any

_ORG = "01999999-0000-7000-8000-000000000001"
_USER = "01999999-0000-7000-8000-000000000002"
_FLOW = "01999999-0000-7000-8000-000000000005"
_EXECUTION = "01999999-0000-7000-8000-000000000008"

_AT = {
    "created": "2026-01-31T12:00:00.000000Z",
    "started": "2026-01-31T12:00:00.004000Z",
    "finished": "2026-01-31T12:00:00.130000Z",
}
_INPUTS = {"orderId": "A-17"}
_ORDER = {
    "status": 200,
    "headers": {"content-type": "application/json"},
    "body": {"id": "A-17", "total": 120},
}
_RUN = {
    "id": _EXECUTION, "orgId": _ORG, "flowId": _FLOW, "version": 1, "actionKey": None, "userId": _USER,
    "trigger": "manual", "triggerId": None, "parentId": None, "parentPath": None, "status": "succeeded",
    "waitingFor": None, "wakeAt": None, "inputs": _INPUTS, "output": None, "error": None, "cancelRequestedAt": None,
    "deadlineAt": "2027-02-01T12:00:00.000000Z", "createdAt": _AT["created"], "startedAt": _AT["started"],
    "finishedAt": _AT["finished"], "updatedAt": _AT["finished"], "revision": 3,
}  # fmt: skip
_STEP: dict[str, Any] = {
    "path": "order", "key": "order", "name": None, "kind": "action", "status": "completed", "attempts": 1,
    "startedAt": _AT["started"], "finishedAt": _AT["finished"], "error": None, "wait": None, "steps": [],
}  # fmt: skip
_REQUEST = {
    "path": "order", "attempt": 1, "method": "GET", "url": "https://shop.example.com/orders/A-17",
    "headers": {"Idempotency-Key": "4f6f6a2c-0b6e-5c0e-9f43-1a0a2f3f9d11"}, "body": None,
    "idempotencyKey": "4f6f6a2c-0b6e-5c0e-9f43-1a0a2f3f9d11", "assumed": False,
}  # fmt: skip

RUN_EXAMPLES: dict[str, Any] = {
    "ExecutionCreate": {"inputs": _INPUTS},
    "Execution": _RUN,
    "ExecutionPage": {"data": [_RUN], "page": {"nextCursor": None, "hasMore": False, "limit": 50}},
    "ExecutionView": {**_RUN, "steps": [_STEP], "onFailure": [], "truncated": False},
    "ServerSentEvent": {"id": "3", "event": "step", "data": '{"path":"order","status":"started"}'},
    "StepEvent": {
        "path": "order", "kind": "action", "status": "completed", "attempt": 1, "at": _AT["finished"], "error": None,
        "output": _ORDER,
    },
    "ExecutionEvent": {"status": "succeeded", "waitingFor": None, "wakeAt": None, "output": None, "error": None},
    "ActionExecute": {"inputs": {"channel": "#sales", "text": "A large order"}},
    "FlowStats": {
        "flowId": _FLOW, "version": None, "since": "2026-01-30T12:00:00.000000Z", "executions": 41,
        "statuses": {"queued": 0, "running": 1, "waiting": 2, "succeeded": 36, "failed": 1, "cancelled": 1},
        "triggers": {"manual": 3, "webhook": 30, "schedule": 8, "flow": 0, "action": 0},
        "successRate": 0.973, "durationSeconds": {"p50": 0.4, "p95": 2.1, "max": 3.0},
    },
    "DryRunCreate": {
        "inputs": _INPUTS,
        "responses": {"order": {"body": {"id": "A-17", "total": 120}}, "tell": [{"status": 503}, {"status": 200}]},
    },
    "DryRun": {
        "status": "succeeded", "version": 1, "output": None, "error": None, "requests": [_REQUEST],
        "steps": [
            {
                "path": "order", "kind": "action", "status": "completed", "attempts": 1, "inputs": _INPUTS,
                "output": _ORDER, "error": None,
            }
        ],
        "waits": [], "warnings": [],
    },
}  # fmt: skip
