"""One evaluation: what it reads, and what it may still spend, alone or together with others."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tolstoy.domain.cel.errors import EvaluationError

# One unit is a node evaluated, some 0.05 us; the slowest that was found, searching long texts, takes 0.35 s in all.
BUDGET: Final = 2_000_000
# A text grows by copies: with this the budget also holds what they can take to 64 MB.
BYTES_PER_UNIT: Final = 32
MAX_TEXT: Final = 1024 * 1024
MAX_RESULT: Final = 1024 * 1024
MAX_DEPTH: Final = 64


class Purse:
    """What one or more evaluations may spend: no other task of the worker has its turn meanwhile."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = BUDGET

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise EvaluationError("limit", "this takes too long: loop over less, or nest fewer loops")


class Run:
    __slots__ = ("made", "scope", "spend", "variables")

    def __init__(self, scope: Mapping[str, Any], variables: int, purse: Purse) -> None:
        self.scope = scope
        self.variables: list[Any] = [None] * variables
        self.spend = purse.spend
        # whether a list or a map was made, rather than all found in the scope
        self.made = False


Evaluated = Callable[[Run], Any]
