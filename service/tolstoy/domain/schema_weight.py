"""How much of a JSON Schema one value can meet: what a schema refers to counts at each place that refers to it."""

import math
from collections.abc import Iterator
from typing import Any, Final

_BRANCHES: Final = frozenset({"anyOf", "oneOf"})
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef"})
_MAX_HOPS: Final = 100
_MOST_DIGITS: Final = 10


def weight(schema: dict[str, Any]) -> float:
    """About its bytes, with every reference written out; infinite if it goes round, or if its end is not plain."""
    return _Weights(schema).of(schema, 0)


def has_branches(schema: Any) -> bool:
    return any(isinstance(node, dict) and not _BRANCHES.isdisjoint(node) for node in nodes(schema))


class _Weights:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[int, float] = {}

    def of(self, node: Any, hops: int) -> float:
        if hops > _MAX_HOPS:
            return math.inf
        if id(node) not in self._known:
            self._known[id(node)] = math.inf
            self._known[id(node)] = self._sum(node, hops)
        return self._known[id(node)]

    def _sum(self, node: Any, hops: int) -> float:
        total = 0.0
        for part in nodes(node):
            match part:
                case dict():
                    total += sum(len(name) for name in part) + 4 * len(part)
                    if isinstance(part.get("$id"), str) and part is not self._root:
                        return math.inf
                    targets = (part[name] for name in _REFERENCES & part.keys())
                    total += sum(self._behind(one, hops) for one in targets if isinstance(one, str))
                case list():
                    total += 1 + len(part)
                case _:
                    total += len(part) if isinstance(part, str) else 4
        return total

    def _behind(self, target: str, hops: int) -> float:
        if target == "#":
            return self.of(self._root, hops + 1)
        if not target.startswith("#/") or "%" in target:
            return math.inf
        node: Any = self._root
        for part in target[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            match node:
                case dict() if name in node:
                    node = node[name]
                case list() if name.isdecimal() and len(name) < _MOST_DIGITS and int(name) < len(node):
                    node = node[int(name)]
                case _:
                    return math.inf
        return self.of(node, hops + 1)


def nodes(value: Any) -> Iterator[Any]:
    """The value, and all that is in it."""
    pending = [value]
    while pending:
        node = pending.pop()
        yield node
        match node:
            case dict():
                pending.extend(node.values())
            case list():
                pending.extend(node)
