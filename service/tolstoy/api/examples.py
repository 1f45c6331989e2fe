"""One telling value for each type that goes over the wire, shown in the OpenAPI document."""

from typing import Any

from tolstoy.api.access_examples import ACCESS_EXAMPLES
from tolstoy.api.audit_examples import AUDIT_EXAMPLES
from tolstoy.api.control_examples import CONTROL_EXAMPLES
from tolstoy.api.credential_examples import CREDENTIAL_EXAMPLES
from tolstoy.api.import_examples import IMPORT_EXAMPLES
from tolstoy.api.run_examples import RUN_EXAMPLES
from tolstoy.api.trigger_examples import TRIGGER_EXAMPLES

_ORG = "01999999-0000-7000-8000-000000000001"
_USER = "01999999-0000-7000-8000-000000000002"
_TOOL = "01999999-0000-7000-8000-000000000003"
_ACTION = "01999999-0000-7000-8000-000000000004"
_FLOW = "01999999-0000-7000-8000-000000000005"
_VERSION = "01999999-0000-7000-8000-000000000006"
_LOG = "01999999-0000-7000-8000-000000000007"
_EXECUTION = "01999999-0000-7000-8000-000000000008"

_TIMES = {"createdAt": "2026-01-31T12:00:00.000000Z", "updatedAt": "2026-01-31T12:00:00.000000Z"}
_STORED = {**_TIMES, "revision": 1}
_PAGE = {"nextCursor": None, "hasMore": False, "limit": 50}

_STEPS = [
    {"key": "order", "action": "get-order", "inputs": {"orderId": "{{ inputs.orderId }}"}},
    {
        "key": "tell",
        "action": "post-message",
        "executeIf": "steps.order.output.body.total > 100",
        "inputs": {"channel": "#sales", "text": "A large order: {{ steps.order.output.body.id }}"},
        "retry": {"maxAttempts": 5, "on": ["timeout", "http.5xx"]},
    },
]
_INPUT_SCHEMA = {"type": "object", "required": ["orderId"], "properties": {"orderId": {"type": "string"}}}
_TOOL_FIELDS = {
    "name": "Slack",
    "baseUrl": "https://slack.com/api",
    "authType": "bearer",
    "description": "Messages to our workspace",
}
_ACTION_FIELDS = {
    "toolId": _TOOL,
    "key": "post-message",
    "name": "Post message",
    "method": "POST",
    "endpoint": "/chat.postMessage",
    "inputSchema": {
        "type": "object",
        "required": ["channel", "text"],
        "properties": {"channel": {"type": "string"}, "text": {"type": "string"}},
    },
}
_FLOW_FIELDS = {"name": "Large orders", "inputSchema": _INPUT_SCHEMA, "steps": _STEPS}
_DOCUMENT = {
    "inputSchema": _INPUT_SCHEMA,
    "steps": _STEPS,
    "output": None,
    "onFailure": None,
    "maxDurationSeconds": None,
}
_LOG_FIELDS = {
    "flowId": _FLOW,
    "executionId": _EXECUTION,
    "stepKey": "order",
    "inputs": {"orderId": "A-17"},
    "outputs": {"status": 200, "body": {"id": "A-17", "total": 120}},
    "status": "completed",
}

EXAMPLES: dict[str, Any] = {
    "OrganizationCreate": {"name": "Acme", "owner": {"email": "alice@example.com", "name": "Alice"}},
    "OrganizationChange": {"name": "Acme Ltd"},
    "Organization": {"id": _ORG, "name": "Acme", "maxRunningExecutions": 100,
        "maxRequestsPerMinute": None, "maxStoredBytes": None, "egressAllow": None, "externalId": "org_9f2c",
        **_STORED,
    },
    "Counts": {
        **{"users": 3, "tools": 2, "actions": 5, "flows": 4, "executionLogs": 120},
        **{"executions": 60, "hooks": 1, "schedules": 1, "subscriptions": 1},
    },
    "UserCreate": {"email": "bob@example.com", "name": "Bob", "role": "editor"},
    "UserChange": {"role": "approver"},
    "User": {
        "id": _USER, "orgId": _ORG, "email": "alice@example.com", "name": "Alice", "externalId": None,
        "role": "admin", **_STORED
    },
    "ToolCreate": _TOOL_FIELDS,
    "ToolChange": {"description": None},
    "Tool": {"id": _TOOL, "orgId": _ORG, **_TOOL_FIELDS, "authConfig": None, **_STORED},
    "AuthConfig": {"location": "header", "name": "X-API-Key"},
    "ActionCreate": _ACTION_FIELDS,
    "ActionChange": {"executeIf": "inputs.text != ''"},
    "Action": {
        "id": _ACTION, "orgId": _ORG, **_ACTION_FIELDS, "headers": None, "executeIf": None,
        "onUnknown": "retry", "credentialId": None, **_STORED, "version": 1
    },
    "FlowCreate": _FLOW_FIELDS,
    "FlowValidate": {"inputSchema": _INPUT_SCHEMA, "steps": _STEPS},
    "Validation": {
        "result": "FAIL",
        "findings": [
            {
                "code": "unknown_action",
                "detail": "there is no action get-order here: make it, or name another",
                "pointer": "/steps/0/action",
                "severity": "error",
            }
        ],
        "truncated": False,
    },
    "FlowChange": {"name": "Very large orders"},
    "Flow": {
        "id": _FLOW, "orgId": _ORG, "name": "Large orders", "description": None, "version": 1, "status": "draft",
        "publishedVersion": None, **_DOCUMENT, "maxRunningExecutions": None, **_STORED,
    },
    "FlowVersion": {
        "id": _VERSION, "orgId": _ORG, "flowId": _FLOW, "version": 1, "status": "published", **_DOCUMENT,
        "publishedAt": "2026-01-31T12:05:00.000000Z", "publishedBy": _USER, **_STORED,
    },
    "FlowDiff": {
        "from": 1, "to": 2, "changes": [{"op": "replace", "path": "/steps/0/inputs/orderId", "value": "A-17"}]
    },
    "Steps": _STEPS,
    "ExecutionLogCreate": _LOG_FIELDS,
    "ExecutionLogChange": {"status": "failed", "error": {"message": "no such order"}},
    "ExecutionLog": {
        "id": _LOG, "orgId": _ORG, "userId": _USER, **_LOG_FIELDS, "kind": "action", "attempt": 1, "error": None,
        "details": None, "recorded": True, "superseded": False, "startedAt": "2026-01-31T12:00:00.004000Z",
        "finishedAt": "2026-01-31T12:00:00.130000Z", **_STORED,
    },
    "Health": {"status": "ok"},
    "Status": {
        "status": "ok",
        "database": {"status": "ok", "latencyMs": 0.4},
        "migrations": {"status": "current", "applied": 13, "pending": []},
        "queue": {"status": "ok"},
    },
    "ProblemType": {
        "type": "/problems/not-found", "code": "not-found", "title": "Not found", "status": 404,
        "meaning": "There is nothing here.",
    },
}  # fmt: skip

for _noun in ("Organization", "User", "Tool", "Action", "Flow", "FlowVersion", "ExecutionLog"):
    EXAMPLES[f"{_noun}Page"] = {"data": [EXAMPLES[_noun]], "page": _PAGE}
EXAMPLES |= TRIGGER_EXAMPLES | RUN_EXAMPLES | CONTROL_EXAMPLES | ACCESS_EXAMPLES | CREDENTIAL_EXAMPLES
EXAMPLES |= IMPORT_EXAMPLES | AUDIT_EXAMPLES
