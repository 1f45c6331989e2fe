"""The places of a flow's document: its steps as they are nested, and the texts in them that are evaluated.

All here takes any JSON: what is not shaped as it should be is passed over.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from tolstoy.core.strict_json import pointer
from tolstoy.domain import flow_template
from tolstoy.domain.flow_step import MAX_EXPRESSION, MAX_NESTING, MAX_STEPS, NESTED

Role = Literal["value", "condition", "items", "seconds", "moment"]

_TEMPLATES: Final[tuple[tuple[tuple[str, ...], Role], ...]] = (
    (("inputs",), "value"),
    (("http", "url"), "value"),
    (("http", "headers"), "value"),
    (("http", "query"), "value"),
    (("http", "body"), "value"),
    (("transform",), "value"),
    (("wait", "seconds"), "seconds"),
    (("wait", "until"), "moment"),
    (("forEach", "items"), "items"),
    (("flow", "inputs"), "value"),
)


class Hop(msgspec.Struct, frozen=True):
    """A step in its list; the hops from the outermost list to a step are its trail."""

    place: str
    index: int
    step: dict[str, Any]

    @property
    def at(self) -> str:
        return pointer(self.place, self.index)


Trail = tuple[Hop, ...]


class Text(msgspec.Struct, frozen=True):
    """An expression in the document."""

    at: str
    source: str
    role: Role


def trails(document: Any) -> Iterator[Trail]:
    """Of every step, each after the steps around it."""
    if isinstance(document, dict):
        found = (
            trail
            for name in ("steps", "onFailure")
            for trail in _trails(document.get(name), pointer("", name), ())
        )
        yield from (trail for trail, _ in zip(found, range(MAX_STEPS), strict=False))


def key_of(step: dict[str, Any]) -> str | None:
    key = step.get("key")
    return key if isinstance(key, str) else None


def loops_around(trail: Trail) -> tuple[str, ...]:
    """Their keys, of the last step of `trail`."""
    return tuple(key_of(hop.step) or "" for hop in trail[:-1] if "forEach" in hop.step)


def texts_of_step(step: dict[str, Any], at: str) -> Iterator[Text]:
    """All expressions of a step, but none of the steps inside it."""
    yield from _condition(step.get("executeIf"), pointer(at, "executeIf"))
    for path, role in _TEMPLATES:
        value: Any = step
        place = at
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
            place = pointer(place, name)
        yield from texts_of_template(value, place, role)
    for place, when in _cases(step, at):
        yield from _condition(when, place)


def texts_of_template(value: Any, at: str, role: Role = "value") -> Iterator[Text]:
    match value:
        case str() if "{{" in value:
            yield from _parts(value, at, role)
        case dict():
            for name, member in value.items():
                yield from texts_of_template(member, pointer(at, name))
        case list():
            for index, item in enumerate(value):
                yield from texts_of_template(item, pointer(at, index))


def conditions(trail: Trail) -> Iterator[str]:
    """What holds when the last step of `trail` runs."""
    for hop, following in zip(trail, (*trail[1:], None), strict=True):
        yield from (text.source for text in _condition(hop.step.get("executeIf"), ""))
        if following is not None:
            for place, when in _cases(hop.step, hop.at):
                if following.place == place.removesuffix("when") + "steps":
                    yield from (text.source for text in _condition(when, ""))


def _trails(steps: Any, place: str, around: Trail) -> Iterator[Trail]:
    if not isinstance(steps, list) or len(around) > MAX_NESTING:
        return
    for index, step in enumerate(steps):
        if isinstance(step, dict):
            trail = (*around, Hop(place, index, step))
            yield trail
            for path in NESTED:
                for inner, found in select(step, path, trail[-1].at):
                    yield from _trails(found, inner, trail)


def select(value: Any, path: tuple[str, ...], at: str) -> Iterator[tuple[str, list[Any]]]:
    """The lists at `path` in `value`, with their places; "*" stands for every item."""
    match path, value:
        case (), list():
            yield at, value
        case ("*", *rest), list():
            for index, item in enumerate(value):
                yield from select(item, tuple(rest), pointer(at, index))
        case (name, *rest), dict() if name in value:
            yield from select(value[name], tuple(rest), pointer(at, name))


def _cases(step: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for place, cases in select(step, ("switch", "cases"), at):
        for index, case in enumerate(cases):
            if isinstance(case, dict):
                yield pointer(pointer(place, index), "when"), case.get("when")


def _condition(value: Any, at: str) -> Iterator[Text]:
    if isinstance(value, str) and 0 < len(value) <= MAX_EXPRESSION:
        source = value.strip()
        if source and not source.startswith("{{"):
            yield Text(at, source, "condition")


def _parts(text: str, at: str, role: Role) -> Iterator[Text]:
    try:
        parts = list(flow_template.split(text))
    except flow_template.UnbalancedError:
        return
    for part in parts:
        if isinstance(part, flow_template.Expression) and 0 < len(part) <= MAX_EXPRESSION:
            yield Text(at, str(part), role)
