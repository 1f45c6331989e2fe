"""Examples of the audit log."""

from typing import Any

_TOOL = "01999999-0000-7000-8000-000000000003"
_PAGE = {"nextCursor": None, "hasMore": False, "limit": 50}
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

AUDIT_EXAMPLES: dict[str, Any] = {
    "AuditEvent": {
        "id": "01999999-0000-7000-8000-00000000000e", "orgId": "01999999-0000-7000-8000-000000000001", "seq": 42,
        "createdAt": "2026-01-31T12:00:00.000000Z", "userId": "01999999-0000-7000-8000-000000000002",
        "action": "update", "subjectType": "tool", "subjectId": _TOOL,
        "origin": {
            "ip": "203.0.113.7", "method": "PATCH", "path": f"/tools/{_TOOL}", "requestId": "7f3c",
            "userAgent": "curl/8.5.0", "keyId": "01999999-0000-7000-8000-00000000000c",
        },
        "before": {"name": "Slack"}, "after": {"name": "Slack of sales"},
        "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", "hash": _HASH,
    },
    "Broken": {"seq": 17, "reason": "its hash is not that of what it says"},
    "AuditVerification": {
        "intact": True, "fromSeq": 1, "seq": 42, "hash": _HASH, "broken": None, "nextSeq": None,
    },
}  # fmt: skip
AUDIT_EXAMPLES["AuditEventPage"] = {"data": [AUDIT_EXAMPLES["AuditEvent"]], "page": _PAGE}
