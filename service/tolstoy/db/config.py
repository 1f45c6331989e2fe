"""The Tortoise configuration, from a connection's options."""

from collections.abc import Mapping
from typing import Any

MODELS = "tolstoy.db.models"
TRIGGERS = "tolstoy.db.trigger_models"
ACCESS = "tolstoy.db.access_models"
CREDENTIALS = "tolstoy.db.credential_models"
LIMITS = "tolstoy.db.limit_models"
AUDIT = "tolstoy.db.audit_models"


def tortoise(credentials: Mapping[str, Any], *, migrating: bool = False) -> dict[str, Any]:
    return {
        "connections": {
            "default": {"engine": "tortoise.backends.asyncpg", "credentials": dict(credentials)},
        },
        "apps": {
            "models": {
                "models": [
                    *(MODELS, TRIGGERS, ACCESS, CREDENTIALS, LIMITS, AUDIT),
                    *(["aerich.models"] if migrating else []),
                ],
                "default_connection": "default",
            },
        },
        "use_tz": True,
        "timezone": "UTC",
    }
