"""Examples of importing an OpenAPI document."""

from typing import Any, Final

_TOOL: Final = "01999999-0000-7000-8000-000000000003"
_ACTION: Final = "01999999-0000-7000-8000-000000000004"
_FLOW: Final = "01999999-0000-7000-8000-000000000005"

_IMPORTED: Final = {
    "id": _TOOL,
    "created": False,
    "name": "Petstore",
    "baseUrl": "https://pets.example.com/v1",
    "authType": "bearer",
    "authConfig": None,
}
_USE: Final = {"id": _FLOW, "name": "Adopt a pet"}
_CHANGED: Final = {
    "change": "change",
    "key": "pets-list-pets",
    "name": "List pets",
    "method": "GET",
    "endpoint": "/pets",
    "actionId": _ACTION,
    "pointer": "/document/paths/~1pets/get",
    "fields": ["inputSchema"],
    "breaking": [
        {
            "code": "bound_narrowed",
            "detail": "maximum is 50, before 100",
            "pointer": "/document/paths/~1pets/get/parameters/0/schema",
        }
    ],
    "usedBy": [_USE],
    "kept": False,
}
_COUNTS: Final = {"add": 0, "change": 1, "remove": 0, "same": 11, "breaking": 1}

IMPORT_EXAMPLES: dict[str, Any] = {
    "OpenAPIImport": {"url": "https://pets.example.com/openapi.yaml", "keyPrefix": "pets-"},
    "ImportedTool": _IMPORTED,
    "FlowUse": _USE,
    "OperationChange": _CHANGED,
    "ImportCounts": _COUNTS,
    "ImportResult": {
        "dryRun": True,
        "tool": _IMPORTED,
        "counts": _COUNTS,
        "operations": [_CHANGED],
        "findings": [],
    },
}
