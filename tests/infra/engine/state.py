"""What the engine remembers of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from tests.infra.cloud.shapes import is_secret

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Op = Literal["create", "update", "replace", "delete", "same"]


class Provider(Protocol):
    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]: ...
    def update(self, type_: str, id_: str, old: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]: ...
    def delete(self, type_: str, id_: str, outputs: dict[str, Any]) -> None: ...
    def replaces(self, type_: str, key: str, inputs: dict[str, Any]) -> bool: ...
    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]: ...


@dataclass
class Resource:
    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    protect: bool
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: list[str]
    id: str = ""
    failed: str = ""  # why it is there and not well


class Step(NamedTuple):
    op: Op
    type: str
    name: str
    changed: tuple[str, ...]


@dataclass
class Update:
    """One run: what it did to each resource, what it exported and said."""

    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    ok: bool = True

    def count(self) -> dict[Op, int]:
        return dict(Counter(step.op for step in self.steps))

    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.op != "same"]

    def text(self) -> str:
        return "\n".join(self.log)


def unknown_in(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(unknown_in, value.values()))
    return any(map(unknown_in, value)) if isinstance(value, list) else value == UNKNOWN


def masked(value: Any) -> Any:
    """As the state's file shows it: of a secret, that it is one."""
    if isinstance(value, dict):
        return "[secret]" if is_secret(value) else {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def kept_by_protection(resources: Iterable[Resource]) -> set[str]:
    """The protected ones with what they need: parents and dependencies, theirs too."""
    by_urn = {one.urn: one for one in resources}
    kept: set[str] = set()
    left = [one.urn for one in by_urn.values() if one.protect]
    while left:
        urn = left.pop()
        if urn in by_urn and urn not in kept:
            kept.add(urn)
            left += [by_urn[urn].parent, *by_urn[urn].dependencies]
    return kept
