"""Examples of hooks, schedules and subscriptions."""

from typing import Any

_ORG = "01999999-0000-7000-8000-000000000001"
_USER = "01999999-0000-7000-8000-000000000002"
_FLOW = "01999999-0000-7000-8000-000000000005"
_EXECUTION = "01999999-0000-7000-8000-000000000008"
_HOOK = "01999999-0000-7000-8000-000000000009"
_HOOK_DELIVERY = "01999999-0000-7000-8000-00000000000a"
_SCHEDULE = "01999999-0000-7000-8000-00000000000b"
_SUBSCRIPTION = "01999999-0000-7000-8000-00000000000c"
_EVENT_DELIVERY = "01999999-0000-7000-8000-00000000000d"

_STORED = {
    "createdAt": "2026-01-31T12:00:00.000000Z",
    "updatedAt": "2026-01-31T12:00:00.000000Z",
    "revision": 1,
}
_PAGE = {"nextCursor": None, "hasMore": False, "limit": 50}

_HOOK_FIELDS = {
    "name": "Orders of the shop", "enabled": True, "verification": "github", "dedupe": "preset", "dedupeHeader": None,
    "inputs": "request", "answer": "at-once", "timeoutSeconds": 30,
}  # fmt: skip
_HOOK_STORED = {"id": _HOOK, "orgId": _ORG, "flowId": _FLOW, "userId": _USER, **_HOOK_FIELDS, **_STORED}
_SCHEDULE_FIELDS = {
    "flowId": _FLOW, "name": "Each working day", "cron": "30 7 * * MON-FRI", "timeZone": "Europe/Berlin",
    "overlap": "skip", "catchUpSeconds": 3600, "inputs": {"orderId": "A-17"},
}  # fmt: skip
_SUBSCRIPTION_FIELDS = {
    "url": "https://example.com/tolstoy-events", "description": "The pager",
    "events": ["execution.failed", "execution.waiting"], "flowId": None, "active": True,
}  # fmt: skip
_SUBSCRIPTION_STORED = {
    "id": _SUBSCRIPTION, "orgId": _ORG, **_SUBSCRIPTION_FIELDS, "disabledReason": None, "failingSince": None,
    "previousUntil": None, **_STORED,
}  # fmt: skip
_ATTEMPT = {"at": "2026-01-31T12:00:01.000000Z", "status": 200, "error": None, "ms": 84}

TRIGGER_EXAMPLES: dict[str, Any] = {
    "HookCreate": {**_HOOK_FIELDS, "signingSecret": "the-secret-of-both"},
    "HookChange": {"enabled": False},
    "Hook": _HOOK_STORED,
    "HookWithPath": {**_HOOK_STORED, "path": "/hooks/AZmZmQAAcACAAAAAAAAAAQGZmZkAAHAAgAAAAAAAAAkx1k0PUGkXbZmpZqT9"},
    "HookDelivery": {
        "id": _HOOK_DELIVERY, "orgId": _ORG, "hookId": _HOOK, "deliveryId": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "outcome": "accepted", "problem": None, "executionId": _EXECUTION,
        "headers": {"content-type": "application/json", "x-github-event": "push"}, "query": {}, "bytes": 17, **_STORED,
        "body": '{"ref": "main"}\n\n',
    },
    "HookAnswer": {"executionId": _EXECUTION, "status": "queued"},
    "ScheduleCreate": _SCHEDULE_FIELDS,
    "ScheduleChange": {"cron": "0 8 * * MON-FRI"},
    "SchedulePause": {"note": "Closed until the 7th"},
    "Schedule": {
        "id": _SCHEDULE, "orgId": _ORG, "userId": _USER, **_SCHEDULE_FIELDS, "paused": False, "note": None,
        "nextAt": "2026-02-02T06:30:00.000000Z", "lastAt": "2026-01-30T06:30:00.000000Z", "bufferedAt": None,
        "skipped": 0, "lastError": None, **_STORED,
    },
    "NextTicks": {
        "timeZone": "Europe/Berlin", "ticks": ["2026-02-02T06:30:00.000000Z", "2026-02-03T06:30:00.000000Z"]
    },
    "SubscriptionCreate": _SUBSCRIPTION_FIELDS,
    "SubscriptionChange": {"active": True},
    "Subscription": _SUBSCRIPTION_STORED,
    "SubscriptionWithSecret": {
        **_SUBSCRIPTION_STORED, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
    },
    "Attempt": _ATTEMPT,
    "EventDelivery": {
        "id": _EVENT_DELIVERY, "orgId": _ORG, "subscriptionId": _SUBSCRIPTION, "executionId": _EXECUTION,
        "type": "execution.failed", "status": "delivered", "attempts": [_ATTEMPT], "nextAt": None,
        "payload": {
            "type": "execution.failed", "timestamp": "2026-01-31T12:00:00.000000Z",
            "data": {"id": _EXECUTION, "flowId": _FLOW, "status": "failed"},
        },
        **_STORED,
    },
}  # fmt: skip

for _noun in ("Hook", "HookDelivery", "Schedule", "Subscription", "EventDelivery"):
    TRIGGER_EXAMPLES[f"{_noun}Page"] = {"data": [TRIGGER_EXAMPLES[_noun]], "page": _PAGE}
