"""What the expressions of a flow refer to: whether it exists, and can be there when they are evaluated."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from tolstoy.core.errors import Finding
from tolstoy.domain import expressions
from tolstoy.domain.expressions import Expression, Read
from tolstoy.domain.flow_relations import END, Verdict, verdict
from tolstoy.domain.flow_sites import (
    Hop,
    Role,
    Text,
    Trail,
    conditions,
    key_of,
    loops_around,
    texts_of_step,
    texts_of_template,
    trails,
)

_MOST_COMPARED: Final = 50
_FIELDS: Final = ("status", "output", "error")
_ABSENT: Final = {
    "item": "item is the item of a forEach, and this is in none",
    "index": "index is that of a forEach's item, and this is in none",
    "loops": "loops has the forEach steps around this, and there are none",
    "error": "error is there in onFailure: write steps.<key>.error of a step with onError continue",
    "secrets": "secrets are not to be read: a tool's credentials are added to its calls",
}
_ALWAYS: Final = ("inputs", "steps", "execution", "callbacks")
# Keywords by which a schema allows more than its `properties` say.
_OPEN: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas", "$dynamicRef"}
)
_FITTING: Final[Mapping[Role, tuple[frozenset[str], str]]] = {
    "condition": (frozenset({"BOOL"}), "true or false"),
    "items": (frozenset({"LIST"}), "a list"),
    "seconds": (frozenset({"INT", "UINT", "DOUBLE", "DURATION"}), "a number"),
    "moment": (frozenset({"STRING", "TIMESTAMP"}), "a time"),
}
_KINDS: Final = {
    "INT": "a number",
    "UINT": "a number",
    "DOUBLE": "a number",
    "STRING": "a text",
    "BOOL": "true or false",
    "NULL": "null",
    "LIST": "a list",
    "MAP": "an object",
    "TIMESTAMP": "a time",
    "DURATION": "a duration",
}


class Flow(msgspec.Struct, frozen=True):
    """What the references of a document are looked up in; of a callback step the loops around it."""

    steps: dict[str, Trail]
    input_names: frozenset[str] | None
    inputs_closed: bool
    callbacks: dict[str, tuple[str, ...]]


class Place(msgspec.Struct, frozen=True):
    """Where expressions are evaluated; `looked_at` and `asked_for` are the steps that conditions around it test."""

    trail: Trail
    variables: tuple[str, ...]
    loops: tuple[str, ...] = ()
    looked_at: frozenset[str] = frozenset()
    asked_for: frozenset[str] = frozenset()


def check(document: dict[str, Any]) -> Iterator[Finding]:
    flow = _flow(document)
    for trail in trails(document):
        yield from _check_step(trail, flow)
    end = Place((Hop("/steps", END, {}),), _ALWAYS)
    for text in texts_of_template(document.get("output"), "/output"):
        yield from check_text(text, end, flow)


def check_text(text: Text, place: Place, flow: Flow) -> Iterator[Finding]:
    try:
        expression = expressions.compile(text.source)
    except expressions.ExpressionError as exc:
        for name in exc.unknown:
            yield _error("unknown_variable", _absent(name, place), text.at)
        if not exc.unknown:
            yield _error("invalid_expression", f"{_shown(text.source)}: {exc}", text.at)
        return
    yield from _check_type(text, expression)
    told: set[tuple[str, str]] = set()
    for read in expression.reads:
        for finding in _check_read(read, expression, text.at, place, flow):
            if (finding.code, finding.detail) not in told:
                told.add((finding.code, finding.detail))
                yield finding


def no_flow() -> Flow:
    """For expressions that stand outside of a flow."""
    return Flow({}, None, False, {})


def _flow(document: dict[str, Any]) -> Flow:
    schema = document.get("inputSchema")
    names, closed = _input_names(schema) if isinstance(schema, dict) else (None, False)
    steps: dict[str, Trail] = {}
    callbacks: dict[str, tuple[str, ...]] = {}
    for trail in trails(document):
        key = key_of(trail[-1].step)
        if key is not None:
            steps.setdefault(key, trail)
            if "callback" in trail[-1].step:
                callbacks[key] = loops_around(trail)
    return Flow(steps, names, closed, callbacks)


def _input_names(schema: dict[str, Any]) -> tuple[frozenset[str] | None, bool]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not _OPEN.isdisjoint(schema):
        return None, False
    closed = False in (schema.get("additionalProperties"), schema.get("unevaluatedProperties"))
    return frozenset(properties), closed


def _check_step(trail: Trail, flow: Flow) -> Iterator[Finding]:
    step, at = trail[-1].step, trail[-1].at
    variables = (*_ALWAYS, *(("error",) if trail[0].place == "/onFailure" else ()))
    loops = loops_around(trail)
    if loops:
        variables += ("item", "index", "loops")
    held = [read for condition in conditions(trail) for read in _reads(condition)]
    place = Place(trail, variables, loops, _looked_at(held), _asked_for(held))
    for text in texts_of_step(step, at):
        yield from check_text(text, place, flow)


def _reads(source: str) -> tuple[Read, ...]:
    try:
        return expressions.compile(source).reads
    except expressions.ExpressionError:
        return ()


def _looked_at(reads: Iterable[Read]) -> frozenset[str]:
    """The steps whose status or output is looked at, so that the rest may count on an output.

    has(steps.a.output) tells nothing: the output of a skipped step is there, and null.
    """
    return frozenset(
        str(read.keys[0])
        for read in reads
        if read.root == "steps"
        and (
            (read.soft is None and read.keys[1:] in (("status",), ("output",)))
            or (_is_soft(read, 2) and len(read.keys) > 2)
        )
    )


def _asked_for(reads: Iterable[Read]) -> frozenset[str]:
    """The steps of which is asked whether they are there at all."""
    return frozenset(
        str(read.keys[0]) for read in reads if read.root == "steps" and read.keys and _is_soft(read, 0)
    )


def _is_soft(read: Read, depth: int) -> bool:
    return read.soft is not None and read.soft <= depth


def _check_type(text: Text, expression: Expression) -> Iterator[Finding]:
    kind = expression.value_type
    if "optional_type" in kind:
        detail = f"{_shown(text.source)} is an optional value: end it with .orValue(…)"
        yield _error("wrong_type", detail, text.at)
    elif kind == "BYTES" or kind.startswith("TYPE"):
        yield _error("wrong_type", f"{_shown(text.source)} is nothing that JSON has", text.at)
    elif text.role != "value" and kind != "DYN":
        fitting, words = _FITTING[text.role]
        if kind.split("<")[0] not in fitting:
            yield _error("wrong_type", f"{_shown(text.source)} is {_kind(kind)}: write {words}", text.at)


def _kind(name: str) -> str:
    outer = name.split("<")[0]
    return _KINDS.get(outer, outer)


def _check_read(read: Read, expression: Expression, at: str, place: Place, flow: Flow) -> Iterator[Finding]:
    if read.root not in place.variables:
        yield _error("unknown_variable", _absent(read.root, place), at)
        return
    match read.root, read.keys:
        case "steps", (str(key), *rest):
            yield from _check_step_read(read, key, rest, expression, at, place, flow)
        case "inputs", (str(name), *_):
            yield from _check_input(name, at, flow)
        case "loops", (str(key), *_) if key not in place.loops:
            yield _error(
                "unknown_variable", f"loops.{key} is no loop around this: there is {_list(place.loops)}", at
            )
        case "callbacks", (str(key), *_):
            yield from _check_callback(key, at, place, flow)


def _check_callback(key: str, at: str, place: Place, flow: Flow) -> Iterator[Finding]:
    if key not in flow.callbacks:
        there = (
            f"there is {_list(sorted(flow.callbacks))}"
            if flow.callbacks
            else "this flow has no callback step"
        )
        yield _error("unknown_step", f"callbacks.{key} is no callback step: {there}", at)
    elif not set(flow.callbacks[key]) <= set(place.loops):
        yield _error(
            "step_not_reached_yet", f"callbacks.{key} has an address for each item: read it in its loop", at
        )


def _check_step_read(
    read: Read, key: str, rest: list[str | int], expression: Expression, at: str, place: Place, flow: Flow
) -> Iterator[Finding]:
    target = flow.steps.get(key)
    if target is None:
        yield _error("unknown_step", f"steps.{key} is no step: {_nearest(key, flow.steps)}", at)
        return
    found = verdict(target, place.trail)
    if found.problem:
        yield _error("step_not_reached_yet", f"steps.{key} cannot be read here: {found.problem}", at)
    elif rest and rest[0] not in _FIELDS:
        detail = f"steps.{key} has status, output and error: write steps.{key}.output.{rest[0]}"
        yield _error("unknown_field", detail, at)
    else:
        yield from _check_presence(read, key, found, expression, at, place)


def _check_presence(
    read: Read, key: str, found: Verdict, expression: Expression, at: str, place: Place
) -> Iterator[Finding]:
    if found.may_be_absent:
        if key not in place.asked_for | _asked_for(expression.reads):
            detail = f"{key} may not have run, then steps.{key} is not there: ask has(steps.{key}) before"
            yield _warning("may_not_have_run", detail, at)
        return
    if read.keys[1:2] != ("output",) or len(read.keys) == 2 or _is_soft(read, 2):
        return
    if key in place.looked_at | _looked_at(expression.reads):
        return
    remedy = f"then steps.{key}.output is null: ask has({read.written}) before, or write .? and .orValue(…)"
    if found.may_be_skipped:
        yield _warning("may_be_skipped", f"{key} may be skipped, {remedy}", at)
    elif found.may_have_failed:
        yield _warning("may_have_failed", f"{key} may fail and the flow goes on, {remedy}", at)


def _check_input(name: str, at: str, flow: Flow) -> Iterator[Finding]:
    if flow.input_names is not None and name not in flow.input_names:
        severity: Literal["error", "warning"] = "error" if flow.inputs_closed else "warning"
        detail = f"inputs.{name} is not in the inputSchema: {_nearest(name, flow.input_names)}"
        yield Finding("undeclared_input", detail, at, severity=severity)


def _absent(root: str, place: Place) -> str:
    why = _ABSENT.get(root)
    if why is not None:
        return f"{why}; there is {', '.join(place.variables)}"
    return f"there is no variable {root[:80]}: {_nearest(root, place.variables)}"


def _nearest(name: str, names: Collection[str]) -> str:
    if len(names) > _MOST_COMPARED:  # each comparison costs, and there may be thousands to tell of
        return f"there are {len(names)} others"
    near = difflib.get_close_matches(name[:80], sorted(names), n=1)
    return f"did you mean {near[0]}?" if near else f"there is {_list(names)}"


def _list(names: Iterable[str]) -> str:
    some = sorted(names)
    return ", ".join(some[:10]) + (f" and {len(some) - 10} more" if len(some) > 10 else "") or "none"


def _shown(source: str) -> str:
    return source if len(source) <= 60 else f"{source[:59]}…"


def _error(code: str, detail: str, at: str) -> Finding:
    return Finding(code, detail, at, severity="error")


def _warning(code: str, detail: str, at: str) -> Finding:
    return Finding(code, detail, at, severity="warning")
