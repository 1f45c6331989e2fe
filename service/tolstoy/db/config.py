"""The Tortoise configuration, from a connection's options."""

from collections.abc import Mapping
from typing import Any

MODELS = "tolstoy.db.models"


def tortoise(credentials: Mapping[str, Any], *, migrating: bool = False) -> dict[str, Any]:
    return {
        "connections": {
            "default": {"engine": "tortoise.backends.asyncpg", "credentials": dict(credentials)},
        },
        "apps": {
            "models": {
                "models": [MODELS, "aerich.models"] if migrating else [MODELS],
                "default_connection": "default",
            },
        },
        "use_tz": True,
        "timezone": "UTC",
    }
