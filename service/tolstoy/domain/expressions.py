"""Expressions: compiled once, evaluated against what a run knows.

`steps.<key>` is {"status", "output", "error"} of a step that is done.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tolstoy.domain.cel import library, tree
from tolstoy.domain.cel.code import code
from tolstoy.domain.cel.errors import EvaluationError, ExpressionError
from tolstoy.domain.cel.mistakes import mistake
from tolstoy.domain.cel.paths import Read, is_plain, reads
from tolstoy.domain.cel.run import Purse, Run
from tolstoy.domain.cel.values import kind, result

__all__ = ["EvaluationError", "Expression", "ExpressionError", "Purse", "Read", "compile", "truth"]


class Expression:
    """`reads` are its paths in the order of the source; `plain` is one that is a path as a whole.

    `value_type` is CEL's name of its value's type, DYN where only the evaluation shows it.
    """

    __slots__ = ("_code", "_slots", "plain", "reads", "source", "value_type")

    def __init__(self, source: str, node: tree.Node, value_type: str) -> None:
        self.source = source
        self.value_type = value_type
        self.reads = tuple(read for read in reads(node) if read.root in library.VARIABLES)
        self.plain = is_plain(node)
        self._slots = sum(isinstance(one, tree.Loop) for one in tree.walk(node))
        self._code = code(node, {})

    @property
    def roots(self) -> frozenset[str]:
        return frozenset(read.root for read in self.reads)

    @property
    def step_keys(self) -> frozenset[str] | None:
        """The steps it reads; None when only the evaluation shows which."""
        keys: set[str] = set()
        for read in self.reads:
            if read.root == "steps":
                match read.keys:
                    case (str(key), *_):
                        keys.add(key)
                    case _:
                        return None
        return frozenset(keys)

    def evaluate(self, scope: Mapping[str, Any], purse: Purse | None = None) -> Any:
        """Its value as canonical JSON; raises EvaluationError. The members of `scope` are that: dicts and lists.

        It pays from `purse` where it shares that with others.
        """
        run = Run(scope, self._slots, Purse() if purse is None else purse)
        try:
            return result(self._code(run), run)
        except EvaluationError as exc:
            exc.expression = self.source
            raise


@lru_cache(maxsize=4096)
def compile(source: str) -> Expression:
    """Raises ExpressionError; what it answers is shared."""
    if "\x00" in source or any("\ud800" <= char <= "\udfff" for char in source):
        raise ExpressionError("it holds a character that is none: U+0000 or half of a pair")
    try:
        serialized, value_type = library.parsed(source, checked=True)
        return Expression(source, tree.read(serialized, checked=True), value_type)
    except RuntimeError as exc:
        raise mistake(source, str(exc)) from exc
    except tree.UnsupportedError as exc:
        raise ExpressionError(str(exc)) from exc


def truth(expression: Expression, scope: Mapping[str, Any]) -> bool:
    """For conditions: nothing but true and false will do."""
    value = expression.evaluate(scope)
    if isinstance(value, bool):
        return value
    hint = (
        f": write {expression.source} != null"
        if value is None and expression.plain
        else ": write a comparison"
    )
    raise EvaluationError(
        "type", f"this is {kind(value)}, not true or false{hint}", expression=expression.source
    )
