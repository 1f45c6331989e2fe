"""Examples of API keys."""

from typing import Any

_ORG = "01999999-0000-7000-8000-000000000001"
_USER = "01999999-0000-7000-8000-000000000002"
_KEY = "01999999-0000-7000-8000-00000000000e"

_PREFIX = "tol_02znehfI6vXpwUqjlXxtF8"
_STORED = {
    "id": _KEY, "orgId": _ORG, "userId": _USER, "name": "Deploy pipeline", "prefix": _PREFIX,
    "scopes": ["read", "run"], "maxRequestsPerMinute": 600, "expiresAt": "2027-01-31T12:00:00.000000Z",
    "lastUsedAt": "2026-02-01T08:30:00.000000Z", "revokedAt": None, "replacedBy": None,
    "createdAt": "2026-01-31T12:00:00.000000Z",
}  # fmt: skip

ACCESS_EXAMPLES: dict[str, Any] = {
    "ApiKeyCreate": {"name": "Deploy pipeline", "scopes": ["read", "run"], "maxRequestsPerMinute": 600},
    "FirstKeyCreate": {"name": "The first", "userId": _USER},
    "ApiKeyRotate": {"overlapSeconds": 3600},
    "ApiKey": _STORED,
    "ApiKeyWithText": {**_STORED, "lastUsedAt": None, "key": f"{_PREFIX}…"},
    "ApiKeyPage": {"data": [_STORED], "page": {"nextCursor": None, "hasMore": False, "limit": 50}},
}
