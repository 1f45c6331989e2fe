"""What the expressions of a step see: the run's inputs, the steps before it, and the loops around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tolstoy.domain import expressions
from tolstoy.engine.ready import Reads, ReadyCondition, ReadyTemplate

Scope = Mapping[str, Any]
# What `steps.<key>` is where a step was not to run.
SKIPPED: dict[str, Any] = {"status": "skipped", "output": None, "error": None}


class Facts:
    """The same for the whole run: `callback` gives the address of the callback of a path."""

    def __init__(
        self,
        inputs: dict[str, Any],
        execution: dict[str, Any],
        callback: Callable[[str], str],
        loops: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.inputs = inputs
        self.execution = execution
        self.callback = callback
        self.loops = loops


class Frame:
    """A list of steps being run: the document's own, or one iteration of a forEach, inside another frame."""

    __slots__ = ("abandoned", "error", "facts", "index", "item", "loop", "outer", "prefix", "values")

    def __init__(
        self,
        facts: Facts,
        outer: Frame | None = None,
        *,
        prefix: str = "",
        loop: str | None = None,
        item: Any = None,
        index: int = 0,
        error: dict[str, Any] | None = None,
    ) -> None:
        self.facts = facts
        self.outer = outer
        self.prefix = prefix
        self.loop = loop
        self.item = item
        self.index = index
        self.error: dict[str, Any] | None = outer.error if error is None and outer is not None else error
        self.values: dict[str, dict[str, Any]] = {}
        self.abandoned = False

    @classmethod
    def of_inputs(cls, inputs: dict[str, Any]) -> Frame:
        """What an action's own expressions see: its inputs and nothing of the flow."""
        return cls(Facts(inputs, {}, lambda path: path, {}))

    def path(self, key: str) -> str:
        return f"{self.prefix}{key}"

    def given_up(self) -> bool:
        """Whether a sibling of this frame, or of one around it, has failed."""
        return self.abandoned or (self.outer is not None and self.outer.given_up())

    def truth(self, condition: ReadyCondition) -> bool:
        return expressions.truth(condition.expression, self._scope(condition.reads))

    def render(self, ready: ReadyTemplate) -> Any:
        return ready.template.render(self._scope(ready.reads))

    def _scope(self, reads: Reads) -> Scope:
        scope: dict[str, Any] = {}
        for root in reads.roots:
            match root:
                case "inputs":
                    scope["inputs"] = self.facts.inputs
                case "steps":
                    scope["steps"] = self._steps(reads.step_keys)
                case "item" | "index":
                    self._innermost(scope)
                case "loops":
                    scope["loops"] = self._loops()
                case "execution":
                    scope["execution"] = self.facts.execution
                case "callbacks":
                    scope["callbacks"] = self._callbacks()
                case "error":
                    scope["error"] = self.error
        return scope

    def _steps(self, keys: frozenset[str] | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        frame: Frame | None = self
        while frame is not None:
            if keys is None:
                found = {**frame.values, **found}
            else:
                for key in keys:
                    if key in frame.values:
                        found.setdefault(key, frame.values[key])
            frame = frame.outer
        return found

    def _innermost(self, scope: dict[str, Any]) -> None:
        frame: Frame | None = self
        while frame is not None and frame.loop is None:
            frame = frame.outer
        if frame is not None:
            scope["item"], scope["index"] = frame.item, frame.index

    def _enclosing(self) -> dict[str, Frame]:
        found: dict[str, Frame] = {}
        frame: Frame | None = self
        while frame is not None:
            if frame.loop is not None:
                found[frame.loop] = frame
            frame = frame.outer
        return found

    def _loops(self) -> dict[str, Any]:
        return {key: {"item": frame.item, "index": frame.index} for key, frame in self._enclosing().items()}

    def _callbacks(self) -> dict[str, str]:
        enclosing = self._enclosing()
        addresses: dict[str, str] = {}
        for key, loops in self.facts.loops.items():
            if all(loop in enclosing for loop in loops):
                prefix = enclosing[loops[-1]].prefix if loops else ""
                addresses[key] = self.facts.callback(f"{prefix}{key}")
        return addresses
