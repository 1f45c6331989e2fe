"""What the compiler says, in one readable line."""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Final

from tolstoy.domain.cel import library, tree
from tolstoy.domain.cel.errors import ExpressionError
from tolstoy.domain.cel.values import TYPE_NAMES

_FIRST: Final = re.compile(r"ERROR: <input>:(?P<line>\d+):(?P<column>\d+): (?P<said>[^\n]*)")
# At the start only: what follows is the source's own.
_TOO_DEEP: Final = re.compile(
    r"\w+: (?:Expression recursion limit|ERROR: <input>:-1:-1: Exceeded max recursion depth)"
)
_NAMESPACES: Final = frozenset({"math", "optional", "strings", "google"})
_ENDS: Final = "it ends too early"
_OPERATOR: Final = re.compile(r"[@_\[\]?:]+")


def mistake(source: str, words: str) -> ExpressionError:
    found = _FIRST.search(words)
    if _TOO_DEEP.match(words):
        return ExpressionError("it is nested too deep, or has too many + or . in a row: 32 are possible")
    if found is None:
        return ExpressionError(words.partition(": ")[2].rpartition(" [")[0][:200] or words[:200])
    line, column = int(found["line"]), int(found["column"])
    where = f"column {column}" if "\n" not in source else f"line {line}, column {column}"
    unknown = unknown_names(source)
    # the parser blames the last sign where one more is missing
    at_end = found["said"].startswith("Syntax error: no viable") and line == source.count("\n") + 1
    at_end = at_end and column > len(source.rpartition("\n")[2])
    message = f"{where}: {_ENDS if at_end else _readable(found['said'], unknown)}"
    return ExpressionError(message, line=line, column=column, unknown=unknown)


def unknown_names(source: str) -> tuple[str, ...]:
    """The variables it reads and that no expression has; none where it cannot even be parsed."""
    try:
        node = tree.read(library.parsed(source, checked=False)[0], checked=False)
    except (RuntimeError, tree.UnsupportedError):
        return ()
    known = frozenset(library.VARIABLES) | TYPE_NAMES | _NAMESPACES
    return tuple(dict.fromkeys(_free(node, known)))


def _free(node: tree.Node, bound: frozenset[str]) -> Iterator[str]:
    match node:
        case tree.Name(name) if name not in bound:
            yield name
        case tree.Loop():
            yield from _free(node.items, bound)
            yield from _free(node.start, bound)
            inner = bound | {node.variable, node.gathered}
            yield from _free(node.step, inner)
            yield from _free(node.result, inner)
        case _:
            for child in tree.children(node):
                yield from _free(child, bound)


def _readable(said: str, unknown: tuple[str, ...]) -> str:
    for pattern, rewrite in _REWRITTEN:
        found = pattern.match(said)
        if found and rewrite is _undeclared:
            return _undeclared(found[1], unknown)
        if found:
            return rewrite(*found.groups())
    return said[:200]


def _undeclared(name: str, unknown: tuple[str, ...]) -> str:
    root = name.split(".")[0]
    if root not in unknown:
        if root in _NAMESPACES:
            return f"{root} has no such function"
        return f"there is no function {name}, or not with so many values"
    near = difflib.get_close_matches(root, library.VARIABLES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(library.VARIABLES)}"
    return f"there is no {root}: {hint}"


def _unexpected(what: str) -> str:
    return _ENDS if what == "<EOF>" else f"{what.strip()} does not belong here"


def _unreadable(what: str) -> str:
    return (
        "a text is opened and never closed"
        if what[:1] in ("'", '"')
        else f"{what.strip()} does not belong here"
    )


def _no_overload(function: str, types: str) -> str:
    name = {"_[_]": "[ ]", "_?_:_": "? :"}.get(function) or _OPERATOR.sub(" ", function).strip()
    return f"{name} does not take {types}"


_REWRITTEN: Final[tuple[tuple[re.Pattern[str], Callable[..., str]], ...]] = (
    (re.compile(r"undeclared reference to '(.+?)' \(in container"), _undeclared),
    (re.compile(r"found no matching overload for '(.+?)' applied to '(.+)'"), _no_overload),
    (re.compile(r"Syntax error: (?:mismatched|extraneous) input '(.+?)' expecting"), _unexpected),
    (re.compile(r"Syntax error: no viable alternative at input '(.+)'"), _unexpected),
    (re.compile(r"Syntax error: missing '(.+)' at '.+'"), "{} is missing".format),
    (re.compile(r"Syntax error: token recognition error at: '(.+)'"), _unreadable),
)
