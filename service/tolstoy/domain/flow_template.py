"""Texts with expressions in them: `Order {{ steps.order.output.id }} is paid`."""

import re
from collections.abc import Iterator
from typing import Final

# What decides where an expression ends: braces, and CEL's texts, inside which braces mean nothing. Possessive
# quantifiers and optional closing quotes, so that no text takes more than linear time.
_TOKEN: Final = re.compile(
    r"""
    [rR] (?: \""" (?:(?!\""").)*+ (?:\""")? | ''' (?:(?!''').)*+ (?:''')? | "[^"]*+"? | '[^']*+'? )
    | \""" (?:\\.|(?!\""")[^\\])*+ (?:\""")?
    | ''' (?:\\.|(?!''')[^\\])*+ (?:''')?
    | " (?:\\.|[^"\\])*+ "?
    | ' (?:\\.|[^'\\])*+ '?
    | [{}]
    """,
    re.DOTALL | re.VERBOSE,
)


class UnbalancedError(ValueError):
    pass


class Expression(str):
    """A part of a text that stood in {{ }}."""

    __slots__ = ()


def split(text: str) -> Iterator[str | Expression]:
    """The parts of `text` in their order, empty literal ones left out; raises UnbalancedError."""
    at = 0
    while (start := text.find("{{", at)) >= 0:
        yield from _literal(text[at:start])
        end = _end(text, start + 2)
        yield Expression(text[start + 2 : end].strip())
        at = end + 2
    yield from _literal(text[at:])


def _literal(text: str) -> Iterator[str]:
    if "}}" in text:
        raise UnbalancedError('there is no {{ before this }}: for two plain braces write } } or {{ "}}" }}')
    if text:
        yield text


def _end(text: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        match token.group():
            case "{":
                depth += 1
            case "}" if depth:
                depth -= 1
            case "}" if text.startswith("}}", token.start()):
                return token.start()
    raise UnbalancedError("this {{ is never closed: write }} after the expression")
