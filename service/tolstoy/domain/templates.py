"""Any JSON with {{ expressions }} in its texts: compiled once, rendered many times.

A text that is one expression becomes its value; inside a text values are written as JSON writes them, texts as they
are. What has no expression in it is not copied: nobody changes what a template gives.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tolstoy.core.strict_json import pointer
from tolstoy.domain import expressions, flow_template
from tolstoy.domain.canonical import canonical
from tolstoy.domain.cel.run import BYTES_PER_UNIT, MAX_TEXT
from tolstoy.domain.expressions import EvaluationError, Expression, ExpressionError, Purse

Scope = Mapping[str, Any]
_Rendered = Callable[[Scope, Purse], Any]


class Template:
    """`expressions` are those in it, each with the JSON pointer of its text."""

    __slots__ = ("_render", "_value", "expressions")

    def __init__(self, value: Any) -> None:
        found: list[tuple[str, Expression]] = []
        self._value = canonical(value)
        self._render = _compiled(self._value, "", found)
        self.expressions = tuple(found)

    def render(self, scope: Scope) -> Any:
        """Raises EvaluationError, which names the place. Its expressions share what one alone may spend."""
        return self._value if self._render is None else self._render(scope, Purse())


def compile(value: Any) -> Template:
    """Raises ExpressionError with the pointer of the text, which `flow_document.check` would have found."""
    return Template(value)


def _compiled(value: Any, at: str, found: list[tuple[str, Expression]]) -> _Rendered | None:
    """None for what is constant."""
    match value:
        case str() if "{{" in value:
            return _compiled_text(value, at, found)
        case dict():
            members = {name: _compiled(member, pointer(at, name), found) for name, member in value.items()}
            if any(members.values()):
                return _object(value, members)
        case list():
            items = [_compiled(item, pointer(at, index), found) for index, item in enumerate(value)]
            if any(items):
                return _list(value, items)
    return None


def _object(value: dict[str, Any], members: dict[str, _Rendered | None]) -> _Rendered:
    pairs = [(name, value[name], render) for name, render in members.items()]
    return lambda scope, purse: {
        name: constant if render is None else render(scope, purse) for name, constant, render in pairs
    }


def _list(value: list[Any], items: list[_Rendered | None]) -> _Rendered:
    pairs = list(zip(value, items, strict=True))
    return lambda scope, purse: [
        constant if render is None else render(scope, purse) for constant, render in pairs
    ]


def _compiled_text(text: str, at: str, found: list[tuple[str, Expression]]) -> _Rendered:
    parts: list[str | Expression] = []
    try:
        for part in flow_template.split(text):
            if isinstance(part, flow_template.Expression):
                parts.append(expressions.compile(str(part)))
            else:
                parts.append(part)
    except (ExpressionError, flow_template.UnbalancedError) as exc:
        raise ExpressionError(f"{at}: {exc}") from exc
    found.extend((at, part) for part in parts if isinstance(part, Expression))
    match parts:
        case [Expression() as only]:
            return _alone(only, at)
    return _interpolated(parts, at)


def _alone(expression: Expression, at: str) -> _Rendered:
    def render(scope: Scope, purse: Purse) -> Any:
        try:
            return expression.evaluate(scope, purse)
        except EvaluationError as exc:
            exc.pointer = at
            raise

    return render


def _interpolated(parts: list[str | Expression], at: str) -> _Rendered:
    def render(scope: Scope, purse: Purse) -> str:
        try:
            text = "".join(part if isinstance(part, str) else _text(part, scope, purse) for part in parts)
            if len(text) > MAX_TEXT:
                raise EvaluationError("limit", f"this makes a text of more than {MAX_TEXT} characters")
        except EvaluationError as exc:
            exc.pointer = at
            raise
        return text

    return render


def _text(expression: Expression, scope: Scope, purse: Purse) -> str:
    value = expression.evaluate(scope, purse)
    if isinstance(value, str):
        purse.spend(len(value) // BYTES_PER_UNIT)
        return value
    if value is None:
        message = f"{expression.source} is null, which has no text: write a condition, or .?x.orValue('')"
        raise EvaluationError("undefined", message, expression=expression.source)
    # jsonb has an order of its own: what is recorded must read like what has just been made
    text = msgspec.json.encode(value, order="sorted").decode()
    purse.spend(len(text) // BYTES_PER_UNIT)
    return text
