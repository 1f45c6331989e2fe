"""What changed from one flow document to another, as a JSON Patch (RFC 6902)."""

from typing import Any

import jsonpatch


def diff(old: object, new: object) -> list[dict[str, Any]]:
    """The operations that, applied in their order, make `new` of `old`; none when both are the same JSON."""
    return list(jsonpatch.make_patch(old, new))
