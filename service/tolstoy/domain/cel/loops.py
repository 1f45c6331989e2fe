"""The rounds of .map, .filter, .all, .exists and .exists_one.

A round pays beforehand for all that is in it, inner loops pay for their own.
"""

from collections.abc import Iterable
from typing import Any, Final

from tolstoy.domain.cel.errors import EvaluationError
from tolstoy.domain.cel.run import Evaluated, Run
from tolstoy.domain.cel.values import kind

# Raising and catching takes as long as some ten nodes.
_PROBLEM_UNITS: Final = 10
# For each name of a map.
_SORT_UNITS: Final = 4


def gather(
    items: Evaluated, slot: int, test: Evaluated | None, form: Evaluated, round_units: int
) -> Evaluated:
    """.map and .filter"""

    def run_it(run: Run) -> list[Any]:
        run.made = True
        gathered = []
        for item in _items(items(run), run):
            run.spend(round_units)
            run.variables[slot] = item
            if test is None or _truth(test(run)):
                gathered.append(form(run))
        return gathered

    return run_it


def decide(items: Evaluated, slot: int, test: Evaluated, decisive: bool, round_units: int) -> Evaluated:
    """.exists, for which one true is decisive, and .all, for which one false is: even after a round that failed."""

    def run_it(run: Run) -> bool:
        problem = None
        for item in _items(items(run), run):
            run.spend(round_units)
            run.variables[slot] = item
            try:
                if _truth(test(run)) is decisive:
                    return decisive
            except EvaluationError as exc:
                problem = bearable(exc, run)
        if problem is not None:
            raise problem
        return not decisive

    return run_it


def exactly_one(items: Evaluated, slot: int, test: Evaluated, round_units: int) -> Evaluated:
    def run_it(run: Run) -> bool:
        count = 0
        for item in _items(items(run), run):
            run.spend(round_units)
            run.variables[slot] = item
            count += _truth(test(run))
        return count == 1

    return run_it


def bearable(exc: EvaluationError, run: Run) -> EvaluationError:
    """What && and || may overlook; a limit ends the evaluation."""
    if exc.code == "limit":
        raise exc
    run.spend(_PROBLEM_UNITS)
    return exc


def _items(value: Any, run: Run) -> Iterable[Any]:
    if type(value) is list:
        return value
    if type(value) is dict:
        run.spend(_SORT_UNITS * len(value))
        # jsonb has an order of its own: what is recorded must be gone through like what has just been made
        return sorted(value, key=lambda key: (type(key).__name__, key))
    if value is None:
        raise EvaluationError("undefined", "this goes through a list, but there is null")
    raise EvaluationError("type", f"this goes through a list, not {kind(value)}")


def _truth(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise EvaluationError("type", f"each round needs true or false, not {kind(value)}: write a comparison")
