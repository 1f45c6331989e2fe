"""One evaluation: what it reads, and what it may still spend."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tolstoy.domain.cel.errors import EvaluationError

# One unit is a node evaluated, some 0.15 us: nobody waits for an expression longer than about a third of a second.
BUDGET: Final = 2_000_000
# A text grows by copies: with this the budget also holds what they can take to 64 MB.
BYTES_PER_UNIT: Final = 32
MAX_TEXT: Final = 1024 * 1024
MAX_RESULT: Final = 1024 * 1024
MAX_DEPTH: Final = 64


class Run:
    __slots__ = ("left", "made", "scope", "variables")

    def __init__(self, scope: Mapping[str, Any], variables: int) -> None:
        self.scope = scope
        self.variables: list[Any] = [None] * variables
        self.left = BUDGET
        # whether a list or a map was made, rather than all found in the scope
        self.made = False

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise EvaluationError("limit", "this takes too long: loop over less, or nest fewer loops")


Evaluated = Callable[[Run], Any]
