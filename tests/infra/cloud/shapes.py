"""Pulumi's inputs fitted to what AWS's API takes. What has no place there is an error, never dropped in silence."""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


class ProviderError(Exception):
    """What the provider, or AWS behind it, would have refused."""


class InitFailedError(ProviderError):
    """It is there, and never became well."""

    def __init__(self, id_: str, outputs: dict[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.id, self.outputs, self.reason = id_, outputs, reason


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def unwrap(value: Any) -> Any:
    """Take Pulumi's marks of secrets off."""
    if isinstance(value, dict):
        return unwrap(value["value"]) if is_secret(value) else {k: unwrap(v) for k, v in value.items()}
    return [unwrap(item) for item in value] if isinstance(value, list) else value


class Props:
    """A resource's inputs, each to be taken once."""

    def __init__(self, kind: str, inputs: dict[str, Any]) -> None:
        self._kind = kind
        self._left = {key: value for key, value in inputs.items() if value is not None}
        self._left.pop("__defaults", None)

    def __call__(self, key: str, default: Any = None) -> Any:
        return self._left.pop(key, default)

    def rest(self) -> dict[str, Any]:
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        if self._left:
            raise ProviderError(f"{self._kind}: no place for {', '.join(sorted(self._left))}")


def fit(shape: Shape, value: Any, where: str) -> Any:
    """Names in AWS's spelling, numbers whole where they are, values among those that are listed."""
    match shape:
        case StructureShape() if isinstance(value, dict):
            return _fit_structure(shape, value, where)
        case ListShape() if isinstance(value, list | tuple):
            return [fit(shape.member, item, where) for item in value]
        case MapShape() if isinstance(value, dict):
            return {key: fit(shape.value, item, where) for key, item in value.items()}
    if shape.type_name in ("integer", "long") and isinstance(value, float | str):
        return int(value)
    if shape.type_name in ("double", "float") and isinstance(value, str):
        return float(value)
    allowed = getattr(shape, "enum", None)
    if shape.type_name == "string" and allowed and value not in allowed:
        raise ProviderError(f"{where}: {value!r} is none of the values AWS takes")
    return value


def _fit_structure(shape: StructureShape, value: dict[str, Any], where: str) -> dict[str, Any]:
    members = {member.lower(): member for member in shape.members}
    fitted = {}
    for key, item in value.items():
        member = members.get(key.replace("_", "").lower())
        if member is None:
            raise ProviderError(f"{where}: there is no parameter {key!r}")
        if item is not None:
            fitted[member] = fit(shape.members[member], item, f"{where}.{member}")
    return fitted


def tag_list(tags: dict[str, str] | None) -> list[dict[str, str]] | None:
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def tag_specification(kind: str, tags: dict[str, str] | None) -> list[dict[str, Any]] | None:
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else None
