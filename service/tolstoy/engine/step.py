"""One step while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from tolstoy.engine.failures import StepError
from tolstoy.engine.frame import Frame
from tolstoy.engine.journal import LogRow
from tolstoy.engine.plan import Node
from tolstoy.engine.ready import ReadyTemplate
from tolstoy.engine.run import Run
from tolstoy.engine.trail import Recall
from tolstoy.engine.values import shown

RunList: TypeAlias = Callable[[Run, Frame, Sequence[Node]], Awaitable[Any]]


class Step:
    """`recall` is what an earlier claim, or this one before a pause, left of it; `row` is the attempt under way."""

    __slots__ = ("_run_list", "attempt", "frame", "node", "path", "recall", "row", "run")

    def __init__(self, run: Run, frame: Frame, node: Node, path: str, run_list: RunList) -> None:
        self.run = run
        self.frame = frame
        self.node = node
        self.path = path
        self.recall: Recall | None = run.trail.recalled.get(path)
        self.row: LogRow | None = None
        self.attempt = 1
        self._run_list = run_list

    def begin(self, *, inputs: Any = None, **details: Any) -> dict[str, Any]:
        """Open the step's attempt, or take up the one that is open; returns the details it was opened with."""
        if self.recall is not None and self.recall.row.status == "started":
            self.row = self.recall.row
            return self.recall.details
        self.row = self.run.trail.begin(
            self.path,
            self.node.kind,
            attempt=self.attempt,
            inputs=None if inputs is None else shown(inputs, self.run.effects.max_payload_bytes),
            details=msgspec.json.encode(details).decode() if details else None,
        )
        return details

    def render(self, template: ReadyTemplate) -> Any:
        return self.frame.render(template)

    @property
    def round(self) -> int:
        return self.run.trail.round_of(self.path)

    async def is_skipped_by_action(self) -> bool:
        """By the executeIf of the action itself, which sees the step's inputs."""
        action = self.run.actions.get(str(self.node.step.action)) if self.node.kind == "action" else None
        if action is None or action.execute_if is None:
            return False
        inputs = self.render(self.node.template)
        return not Frame.of_inputs(inputs).truth(action.execute_if)

    async def run_list(self, frame: Frame, nodes: Sequence[Node]) -> Any:
        return await self._run_list(self.run, frame, nodes)

    async def pause(self, due: datetime | None, reason: str, *, since: int | None = None) -> None:
        await self.run.pause(self.frame, due, reason, since=since)


def moment(details: dict[str, Any], name: str) -> datetime:
    """A time among the details that a step was opened with."""
    try:
        return datetime.fromisoformat(details[name])
    except (KeyError, TypeError, ValueError) as exc:
        raise StepError("internal", f"the record of this step lacks {name}") from exc
