"""What a resume undoes of a run, and whether what it keeps fits the version that the run goes on with.

Pure: a document and what is recorded of the steps go in. Undone steps run again, kept ones are looked up. A step is
kept when it ended well (done, skipped, or failed where its flow goes on all the same) and comes before the step to
start from, or beside it: in another branch, or for another item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from tolstoy.core.errors import Finding
from tolstoy.domain import flow_sites, step_paths
from tolstoy.domain.flow_sites import Trail
from tolstoy.domain.flow_step import KINDS
from tolstoy.domain.step_paths import StepPath

Relation = Literal["before", "beside", "around", "within", "after"]
Trails = Mapping[str, Trail]

_GOES: Final = frozenset({"around", "within", "after"})


class Recorded(NamedTuple):
    """The newest attempt of a step; `again`: another was to follow, or it was cut off."""

    path: str
    kind: str | None
    status: str
    again: bool = False


def trails_of(document: Mapping[str, Any]) -> Trails:
    found = ((flow_sites.key_of(trail[-1].step), trail) for trail in flow_sites.trails(document))
    return {key: trail for key, trail in found if key is not None}


def check_start(start: StepPath, versions: Iterable[Trails], recorded: Collection[Recorded]) -> str | None:
    """What is wrong with a step as the one to start from, in those of the versions that have it."""
    found = [trails[start.key] for trails in versions if start.key in trails]
    if not found:
        return f"there is no step {start.key!r}; write the path of one of the steps"
    for trail in found:
        if in_on_failure(trail):
            return "what is in onFailure runs when the run fails again; write the path of another step"
        if (loops := _loops(trail)) != start.names:
            example = "".join(f"{name}[0]." for name in loops) + start.key
            return f"write the path of this step as in {example}"
    around = start.around(len(start.loops))
    if around and not any(row.path.startswith(around) for row in recorded):
        return f"the run never came to {around[:-1]}"
    return None


def undone(old: Trails, new: Trails, recorded: Collection[Recorded], start: StepPath | None) -> set[str]:
    """The paths whose records a resume undoes; what comes after `start` the old version says, if it has that step."""
    trails = old if start is None or start.key in old else new
    kept: set[str] = set()
    read = [(row, path) for row in recorded if (path := step_paths.read(row.path))]
    placed = [(row, path, _placed(path, trails)) for row, path in read]
    # those around a step first: inside one that is kept all stays
    for row, path, trail in sorted(placed, key=lambda known: len(known[2])):
        if in_on_failure(old.get(path.key, trail)):
            continue
        if start and trail and relation(path, start, trails) in _GOES:
            continue
        if _is_settled(row, trail) or any(outer in kept for outer in _around(path, trail)):
            kept.add(row.path)
    return {row.path for row in recorded} - kept


def relation(path: StepPath, start: StepPath, trails: Trails) -> Relation:
    """Where a step stands to the one to start from."""
    ours, others = trails[path.key], trails[start.key]
    loops, common = 0, min(len(ours), len(others))
    for depth, (one, other) in enumerate(zip(ours, others, strict=False)):
        if one.place != other.place:
            return "beside" if depth and "parallel" in ours[depth - 1].step else "after"
        if one.index != other.index:
            return "after" if one.index > other.index else "before"
        if "forEach" in one.step and depth + 1 < common:
            if path.loops[loops] != start.loops[loops]:
                return "beside"
            loops += 1
    return "around" if len(ours) < len(others) else "within"


def misfits(
    kept: Collection[Recorded], old: Trails, new: Trails, start: StepPath | None, version: int | None
) -> Iterator[Finding]:
    """Why records cannot be kept, each step once: what it gave is not what the step of the version would give."""
    told: set[str] = set()
    for row in kept:
        path = step_paths.read(row.path)
        if path is None or path.key in told:
            continue
        reason = _misfit(row, path, old, new) or _out_of_order(path, new, start)
        if reason is not None:
            told.add(path.key)
            yield Finding(reason[0], f"{row.path}: {reason[1]}, in version {version}", pointer="/version")


def of_other_items(kept: Collection[Recorded]) -> Iterator[Finding]:
    """Why records cannot be kept with other inputs, each step once: a loop that goes on may have other items then."""
    paths = {row.path for row in kept}
    told: set[str] = set()
    for row in kept:
        path = step_paths.read(row.path)
        if path is None or path.key in told:
            continue
        loops = (f"{path.around(depth)}{name}" for depth, name in enumerate(path.names))
        if (reopened := next((loop for loop in loops if loop not in paths), None)) is not None:
            told.add(path.key)
            reason = (
                f"it ran for an item of the inputs before; write {reopened} in fromStep, or leave inputs out"
            )
            yield Finding("other_items", f"{row.path}: {reason}", pointer="/inputs")


def in_on_failure(trail: Trail) -> bool:
    return bool(trail) and trail[0].place == "/onFailure"


def _misfit(row: Recorded, path: StepPath, old: Trails, new: Trails) -> tuple[str, str] | None:
    trail = new.get(path.key)
    if trail is None:
        return "unknown_step", "there is no such step"
    kind = _kind(trail)
    if row.kind != kind:
        return "other_kind", f"this is a step of the kind {kind}, not {row.kind}"
    before = old.get(path.key)
    if path.names != _loops(trail) or (before is not None and _outer(before) != _outer(trail)):
        return "moved", f"this step is {_whereabouts(trail)}"
    if before is not None and (called := _called(trail)) != _called(before):
        return "other_target", f"this step calls {called}, not {_called(before)}"
    return None


def _out_of_order(path: StepPath, new: Trails, start: StepPath | None) -> tuple[str, str] | None:
    if start is None or start.key not in new or relation(path, start, new) not in _GOES:
        return None
    return "comes_later", f"this step comes after {start.text}, and would run again"


def _placed(path: StepPath, trails: Trails) -> Trail:
    """Empty for a step that is not where the record says; only one that is kept by then need be there."""
    trail = trails.get(path.key, ())
    return trail if path.names == _loops(trail) else ()


def _is_settled(row: Recorded, trail: Trail) -> bool:
    if row.status == "failed":
        return bool(trail) and not row.again and trail[-1].step.get("onError") == "continue"
    return row.status in ("completed", "skipped")


def _around(path: StepPath, trail: Trail) -> Iterator[str]:
    """The paths of the steps around one."""
    loops = 0
    for hop in trail[:-1]:
        yield f"{path.around(loops)}{flow_sites.key_of(hop.step)}"
        loops += "forEach" in hop.step


def _loops(trail: Trail) -> tuple[str, ...]:
    return tuple(str(hop.step.get("key")) for hop in trail[:-1] if "forEach" in hop.step)


def _outer(trail: Trail) -> tuple[str | None, ...]:
    """Which branch or which case does not matter: a record is found by its path all the same."""
    root = "onFailure" if in_on_failure(trail) else None
    return (root, *(flow_sites.key_of(hop.step) for hop in trail[:-1]))


def _whereabouts(trail: Trail) -> str:
    around = [key for key in _outer(trail) if key is not None]
    return f"inside {around[-1]}" if around else "inside no other"


def _kind(trail: Trail) -> str | None:
    return next((kind for kind in KINDS if kind in trail[-1].step), None)


def _called(trail: Trail) -> str | None:
    """What else than its key makes a step the same one: the action, or the flow, that it calls."""
    step = trail[-1].step
    if "flow" in step:
        return f"the flow {step['flow'].get('id')}"
    return f"the action {step['action']}" if "action" in step else None
