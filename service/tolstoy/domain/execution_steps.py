"""A run's steps as a tree: those of its version's document, each with how its newest attempt stands."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from tolstoy.db.statements import utc
from tolstoy.domain.flow_step import KINDS, MAX_NESTING
from tolstoy.domain.text import Moment

MOST_NODES = 1000
MOST_SHOWN_BYTES = 16 * 1024
# A whole iteration is in the tree or none of it, and one may have as many steps as a document.
_MOST_ROWS = 2 * MOST_NODES

Status = Literal["pending", "running", "waiting", "completed", "skipped", "failed"]


class StepWait(Struct, frozen=True, rename={"for_": "for", "due_at": "dueAt"}):
    for_: Literal["time", "approval", "callback", "flow", "retry"]
    due_at: Annotated[Moment | None, Meta(description="When the wait ends by itself.")]
    approvals: Annotated[int | UnsetType, Meta(description="How many approvals it takes.")] = UNSET


class StepView(Struct, frozen=True, rename="camel"):
    path: str
    key: str
    name: str | None
    kind: str
    status: Status
    attempts: int
    started_at: Annotated[Moment | None, Meta(description="When its first attempt began.")]
    finished_at: Moment | None
    error: Annotated[Raw | None, Meta(description="Of the newest attempt; a mark where it is above 16 kB.")]
    wait: StepWait | None
    index: Annotated[
        int | UnsetType, Meta(description="The iteration, branch or case around it in which it is, from 0.")
    ] = UNSET
    items: Annotated[int | UnsetType, Meta(description="How many iterations a forEach has.")] = UNSET
    output: Annotated[Raw | UnsetType, Meta(description="With ?include=outputs, up to 16 kB.")] = UNSET
    steps: Annotated[
        list[StepView],
        Meta(description="Those inside it: of the iterations that have begun, of the case chosen."),
    ] = []


class Tree(Struct, frozen=True):
    steps: list[StepView]
    on_failure: list[StepView]
    truncated: bool


class StepRow(Struct, frozen=True, rename="camel"):
    """The newest attempt of a step, as the statement below tells it."""

    path: str
    kind: str
    status: Literal["started", "completed", "skipped", "failed"]
    attempts: int
    started_at: Moment | None
    finished_at: Moment | None
    error: Raw
    details: dict[str, Any] | None
    output: Raw | UnsetType = UNSET


def shown(column: str) -> str:
    """SQL for a JSON value in a view, where a large one is a mark that says so."""
    size = f"octet_length({column}::text)"
    mark = f"jsonb_build_object('truncated', true, 'bytes', {size})"
    return f"CASE WHEN {size} <= {MOST_SHOWN_BYTES} THEN {column} WHEN {column} IS NOT NULL THEN {mark} END"


def _place(level: int) -> str:
    """SQL for the index that a path has at a level of loops."""
    return f"nullif(split_part(split_part(step_key, '[', {level + 1}), ']', 1), '')::int NULLS FIRST"


def rows_of(execution: str, *, outputs: bool) -> str:
    """SQL for a subselect: the steps of a run as a JSON array, outer ones before what is in loops, at most so many."""
    output = f", 'output', {shown('l.outputs')}" if outputs else ""
    depth = "length(step_key) - length(replace(step_key, '[', ''))"
    order = ", ".join((depth, *map(_place, range(1, MAX_NESTING + 1)), "id"))
    return (
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('path', l.step_key, 'kind', l.kind, 'status', l.status,"
        f" 'attempts', chosen.attempts, 'startedAt', {utc('chosen.began')}, 'finishedAt', {utc('l.finished_at')},"
        f" 'error', {shown('l.error')}, 'details', l.details{output})), '[]') FROM ("
        "SELECT id, attempts, began FROM (SELECT DISTINCT ON (step_key) id, step_key,"
        " count(*) OVER (PARTITION BY step_key) AS attempts, min(started_at) OVER (PARTITION BY step_key) AS began"
        f" FROM execution_logs WHERE org_id = $1 AND execution_id = {execution} AND recorded AND NOT superseded"
        f" ORDER BY step_key, attempt DESC, id DESC) newest ORDER BY {order} LIMIT {_MOST_ROWS}"
        ") chosen JOIN execution_logs l ON l.org_id = $1 AND l.id = chosen.id)"
    )


def tree(document: dict[str, Any], rows: Sequence[StepRow], *, finished: bool) -> Tree:
    """`finished`: what is still open has been cut off by the run's end."""
    builder = _Builder(rows, finished)
    steps = builder.nodes(document.get("steps", []), "")
    on_failure: list[StepView] = []
    if any(step["key"] in builder.rows for step in document.get("onFailure", [])):
        on_failure = builder.nodes(document["onFailure"], "")
    builder.unroll()
    return Tree(steps, on_failure, builder.truncated or len(rows) == _MOST_ROWS)


class _Builder:
    def __init__(self, rows: Sequence[StepRow], finished: bool) -> None:
        self.rows = {row.path: row for row in rows}
        self.truncated = False
        self._finished = finished
        self._left = MOST_NODES
        self._iterations = _iterations(self.rows)
        # Loops yet to be unrolled, the outermost and earliest iteration first; a number settles what is equal.
        self._loops: list[tuple[int, tuple[int, ...], int, Iterator[int], StepView, list[Any]]] = []
        self._number = 0

    def nodes(
        self, steps: list[dict[str, Any]], prefix: str, index: int | UnsetType = UNSET
    ) -> list[StepView]:
        return [self._node(step, prefix, index) for step in steps]

    def unroll(self) -> None:
        """The iterations of all loops, for as long as there is room."""
        while self._loops:
            _, places, _, others, loop, steps = heapq.heappop(self._loops)
            room = sum(1 for _ in _static(steps))
            if room > self._left:
                self.truncated = True
                return
            index = places[-1]
            loop.steps.extend(self.nodes(steps, f"{loop.path}[{index}].", index))
            self._push(others, loop, steps)

    def _node(self, step: dict[str, Any], prefix: str, index: int | UnsetType) -> StepView:
        self._left -= 1
        kind = next(kind for kind in KINDS if kind in step)
        path = f"{prefix}{step['key']}"
        row = self.rows.get(path)
        inside: list[StepView] = []
        for number, nested in _lists(step, kind, row):
            inside += self.nodes(nested, prefix, number)
        view = self._view(step, kind, path, index, row, inside)
        if kind == "forEach":
            self._push(iter(self._iterations.get(path, ())), view, step["forEach"]["steps"])
        return view

    def _push(self, indices: Iterator[int], loop: StepView, steps: list[Any]) -> None:
        index = next(indices, None)
        if index is not None:
            places = (*map(int, re.findall(r"\[(\d+)\]", loop.path)), index)
            self._number += 1
            heapq.heappush(self._loops, (len(places), places, self._number, indices, loop, steps))

    def _view(
        self,
        step: dict[str, Any],
        kind: str,
        path: str,
        index: int | UnsetType,
        row: StepRow | None,
        inside: list[StepView],
    ) -> StepView:
        key, name = step["key"], step.get("name")
        if row is None:
            return StepView(path, key, name, kind, "pending", 0, None, None, None, None, index, steps=inside)
        status, wait = self._status(row)
        cut_off = status == "failed" and row.status == "started"
        return StepView(
            path,
            key,
            name,
            kind,
            status,
            row.attempts,
            row.started_at,
            row.finished_at,
            _CUT_OFF if cut_off else row.error,
            wait,
            index,
            items=(row.details or {}).get("items", UNSET),
            output=row.output,
            steps=inside,
        )

    def _status(self, row: StepRow) -> tuple[Status, StepWait | None]:
        details = row.details or {}
        if row.status == "failed" and "retryAt" in details and not self._finished:
            return "waiting", StepWait("retry", _moment(details, "retryAt"))
        if row.status != "started":
            return row.status, None
        if self._finished:
            return "failed", None
        for_ = WAITS.get(row.kind)
        if for_ is None:
            return "running", None
        return "waiting", StepWait(for_, _moment(details, "dueAt"), details.get("approvals", UNSET))


WAITS: dict[str, Literal["time", "approval", "callback", "flow"]] = {
    "wait": "time",
    "approval": "approval",
    "callback": "callback",
    "flow": "flow",
}
CUT_OFF = {"code": "abandoned", "message": "The run ended before this step did."}
_CUT_OFF = Raw(msgspec.json.encode(CUT_OFF))


def _moment(details: dict[str, Any], name: str) -> Moment | None:
    text = details.get(name)
    return None if text is None else msgspec.convert(text, Moment)


def _lists(step: dict[str, Any], kind: str, row: StepRow | None) -> Iterator[tuple[int, list[Any]]]:
    """The lists of steps inside a step that are no loop's, with their numbers."""
    if kind == "parallel":
        yield from enumerate(step["parallel"]["branches"])
    elif kind == "switch" and row is not None and row.details is not None and "case" in row.details:
        lists = [case["steps"] for case in step["switch"]["cases"]]
        lists += [step["switch"]["default"]] if "default" in step["switch"] else []
        chosen = row.details["case"]
        if chosen < len(lists):
            yield chosen, lists[chosen]


def _static(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The most that a list of steps may come to, loops left rolled up."""
    for step in steps:
        yield step
        for branch in step.get("parallel", {}).get("branches", ()):
            yield from _static(branch)
        for case in step.get("switch", {}).get("cases", ()):
            yield from _static(case["steps"])
        yield from _static(step.get("switch", {}).get("default", []))


def _iterations(paths: Sequence[str] | dict[str, Any]) -> dict[str, list[int]]:
    """Which iterations of each loop have begun."""
    begun: dict[str, set[int]] = defaultdict(set)
    for path in paths:
        for match in re.finditer(r"\[(\d+)\]", path):
            begun[path[: match.start()]].add(int(match[1]))
    return {loop: sorted(indices) for loop, indices in begun.items()}
