"""Templates and conditions made ready: what each reads is worked out once, since handing values over is what costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tolstoy.domain import expressions, templates
from tolstoy.domain.expressions import Expression
from tolstoy.domain.templates import Template


class Reads:
    """Which variables are read, and of `steps` which keys; None for all of them."""

    __slots__ = ("roots", "step_keys")

    def __init__(self, parts: Iterable[Expression]) -> None:
        roots: set[str] = set()
        keys: set[str] | None = set()
        for part in parts:
            roots |= part.roots
            if "steps" in part.roots:
                keys = None if keys is None or part.step_keys is None else keys | part.step_keys
        self.roots = frozenset(roots)
        self.step_keys = None if keys is None else frozenset(keys)


class ReadyTemplate:
    __slots__ = ("reads", "template")

    def __init__(self, value: Any) -> None:
        self.template: Template = templates.compile(value)
        self.reads = Reads(part for _, part in self.template.expressions)


class ReadyCondition:
    __slots__ = ("expression", "reads")

    def __init__(self, source: str) -> None:
        self.expression = expressions.compile(source)
        self.reads = Reads([self.expression])
