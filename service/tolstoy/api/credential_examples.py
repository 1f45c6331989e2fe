"""Examples of credentials."""

from typing import Any

_STORED = {
    "createdAt": "2026-01-31T12:00:00.000000Z",
    "updatedAt": "2026-01-31T12:00:00.000000Z",
    "revision": 1,
}
_CREDENTIAL = {
    "id": "01999999-0000-7000-8000-00000000000e",
    "orgId": "01999999-0000-7000-8000-000000000001",
    "toolId": "01999999-0000-7000-8000-000000000003",
    "name": "The bot of our workspace",
    "type": "bearer",
    "default": True,
    "origin": "https://slack.com",
    "details": {},
    "hint": "***x1Qz",
    "state": "ready",
    "stateDetail": None,
    "authorizedAt": None,
    **_STORED,
}

CREDENTIAL_EXAMPLES: dict[str, Any] = {
    "CredentialCreate": {"name": "The bot of our workspace", "bearer": {"token": "the-token-of-the-bot"}},
    "CredentialChange": {"default": True},
    "Credential": _CREDENTIAL,
    "Authorization": {
        "url": "https://tolstoy.example.com/oauth/start/AZmZmQAAcACAAAAAAAAAAQGZmZkAAHAAgAAAAAAAAA",
        "redirectUri": "https://tolstoy.example.com/oauth/callback",
        "expiresAt": "2026-01-31T12:10:00.000000Z",
    },
    "CredentialPage": {
        "data": [_CREDENTIAL],
        "page": {"nextCursor": None, "hasMore": False, "limit": 50},
    },
}
