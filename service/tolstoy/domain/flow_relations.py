"""Whether a step has run when another place of its flow is evaluated."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

import msgspec

from tolstoy.domain.flow_sites import Hop, Trail

# Behind the last step of a list: where the flow's output is made.
END: Final = 1_000_000


class Verdict(msgspec.Struct, frozen=True):
    """`problem` says why `target` cannot have run. Otherwise, why it may still have no output."""

    problem: str | None = None
    may_be_skipped: bool = False
    may_have_failed: bool = False
    may_be_absent: bool = False


def verdict(target: Trail, reader: Trail) -> Verdict:
    level = _parting(target, reader)
    there, here = target[level:], reader[level:]
    if not there:
        return Verdict(_around(target[-1], itself=not here))
    if not here:
        return Verdict("it is inside this step, which is evaluated before it")
    if there[0].place != here[0].place:
        return _elsewhere(there, level, target)
    if there[0].index > here[0].index:
        return Verdict("it comes later: move it up, or read another step")
    return _passed(there, frozenset(_conditions(reader)))


def _parting(target: Trail, reader: Trail) -> int:
    """How many hops they have in common."""
    for level, (one, other) in enumerate(zip_longest(target, reader)):
        if one is None or other is None or (one.place, one.index) != (other.place, other.index):
            return level
    return len(target)


def _around(step: Hop, *, itself: bool) -> str:
    if itself:
        return "it is this step itself, which has no output yet"
    key = step.step.get("key")
    if "forEach" in step.step:
        return f"it is the loop around this, not done yet: write item, index or loops.{key}.item"
    return "it is the step around this, not done yet"


def _elsewhere(there: Trail, level: int, target: Trail) -> Verdict:
    if level == 0:
        if there[0].place == "/onFailure":
            return Verdict("it runs in onFailure only, when the other steps have ended")
        passed = _passed(there, frozenset())
        return passed if passed.problem else Verdict(may_be_absent=True)
    if "parallel" in target[level - 1].step:
        return Verdict("it is in another branch, which runs at the same time")
    return Verdict("it is in another case, and only one case runs")


def _passed(there: Trail, held: frozenset[str]) -> Verdict:
    """`held` are the conditions without which the reader is not evaluated."""
    for around in there[:-1]:
        if "forEach" in around.step:
            key = around.step.get("key")
            return Verdict(
                f"it runs once for each item: write steps.{key}.output, the list of what each gave"
            )
    return Verdict(
        may_be_skipped=any("switch" in around.step for around in there[:-1])
        or any(condition not in held for condition in _conditions(there)),
        may_have_failed=any(hop.step.get("onError") == "continue" for hop in there),
    )


def _conditions(trail: Trail) -> Iterator[str]:
    for hop in trail:
        condition = hop.step.get("executeIf")
        if isinstance(condition, str):
            yield condition.strip()
