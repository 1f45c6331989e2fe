"""A flow as data: its shape, what is wrong with one, and its JSON Schema. Nothing here runs a flow."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType, field, inspect

from tolstoy.core import shape, strict_json
from tolstoy.core.errors import MAX_FINDINGS, Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import flow_sites, flow_template, json_schema
from tolstoy.domain.flow_step import (
    KINDS,
    MAX_DOCUMENT_BYTES,
    MAX_DURATION_SECONDS,
    MAX_EXPRESSION,
    MAX_NESTING,
    MAX_STEPS,
    NESTED,
    ONLY_WITH,
    Shape,
    Step,
    Template,
)

SCHEMA_ADDRESS: Final = "/schemas/flow.json"
_WAITS: Final = ("seconds", "until")
_MOMENT: Final = Annotated[datetime, Meta(tz=True)]


class FlowDocument(Shape, frozen=True, kw_only=True):
    """`on_failure` runs when a step has failed the run, before the run ends.

    A run that takes longer than `max_duration_seconds` fails.
    """

    input_schema: Annotated[dict[str, Any], Meta(extra={"rule": "schema"})] | UnsetType = UNSET
    steps: list[Step]
    output: Template = UNSET
    on_failure: list[Step] = field(default_factory=list)
    max_duration_seconds: Annotated[float, Meta(gt=0, le=MAX_DURATION_SECONDS)] | UnsetType = UNSET


def check(document: object) -> list[Finding]:
    """All that is wrong with `document`; nothing when `msgspec.convert(document, FlowDocument)` will do.

    Pointers are relative to the document; that of a missing field names the place where it should be. What is
    too large or too deep is not looked into.
    """
    oversize = _check_size(document)
    if oversize:
        return [oversize]
    return bounded(_findings(document))


def bounded(found: Iterable[Finding]) -> list[Finding]:
    """In their order; where there are too many, no warning takes the place of an error."""
    kept: list[Finding] = []
    errors = warnings = 0
    for finding in found:
        if finding.severity != "warning":
            errors += 1
            kept.append(finding)
            if errors > MAX_FINDINGS:
                break
        elif warnings <= MAX_FINDINGS:
            warnings += 1
            kept.append(finding)
    if len(kept) <= MAX_FINDINGS:
        return kept
    kept.sort(key=lambda finding: finding.severity == "warning")
    detail = f"only the first {MAX_FINDINGS} are listed: mend these first"
    return [*kept[:MAX_FINDINGS], Finding("more_findings", detail, "", severity=kept[0].severity)]


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a document: all of `check` that such a schema can say."""
    made = msgspec.json.schema(FlowDocument)
    definitions = made["$defs"]
    definitions["Step"]["oneOf"] = [{"required": [kind]} for kind in KINDS]
    definitions["Step"]["dependentSchemas"] = {
        name: {"anyOf": [{"required": [kind]} for kind in kinds]} for name, kinds in ONLY_WITH.items()
    }
    definitions["Wait"]["oneOf"] = [{"required": [name]} for name in _WAITS]
    definitions["FlowDocument"]["properties"]["inputSchema"] = {"$ref": json_schema.DIALECT, "type": "object"}
    return {"$schema": json_schema.DIALECT, "$id": SCHEMA_ADDRESS, "title": "A Tolstoy flow", **made}


def _check_size(document: object) -> Finding | None:
    level: list[Any] = [document]
    for _ in range(strict_json.MAX_DEPTH + 1):
        level = [child for value in level for child in _children(value)]
        if not level:
            break
    else:
        return Finding("too_deep", f"nest no deeper than {strict_json.MAX_DEPTH} levels of JSON", "")
    size = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
    if size > MAX_DOCUMENT_BYTES:
        return Finding("document_too_large", f"write at most {MAX_DOCUMENT_BYTES} bytes, not {size}", "")
    return None


def _children(value: object) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.values()
        case list():
            yield from value


def _findings(document: object) -> Iterator[Finding]:
    yield from shape.check(_SHAPE, document, "", _RULES)
    if isinstance(document, dict):
        yield from _check_steps(document)


def _check_steps(document: dict[str, Any]) -> Iterator[Finding]:
    """What holds between the fields of a step and between steps.

    A key is used once in the whole document, nested steps and onFailure included: `steps.<key>` then means
    one step everywhere, one that is moved into a loop keeps its name, and a run can be resumed from a key.
    """
    first: dict[str, str] = {}
    count = 0
    for place, steps, nesting in _step_lists(document):
        if nesting == MAX_NESTING + 1:
            yield Finding("nested_too_deep", f"nest at most {MAX_NESTING} deep: use a flow step", place)
        for index, step in enumerate(steps):
            count += 1
            if isinstance(step, dict):
                at = pointer(place, index)
                yield from _check_key(step.get("key"), at, first)
                yield from _check_kind(step, at)
    if count > MAX_STEPS:
        yield Finding("too_many_steps", f"write at most {MAX_STEPS} steps, not {count}: use a flow step", "")


def _step_lists(document: dict[str, Any]) -> Iterator[tuple[str, list[Any], int]]:
    """Every list of steps, whatever else is wrong: its place, itself, and how many steps enclose it."""
    pending = [
        (place, steps, 0)
        for name in ("onFailure", "steps")
        for place, steps in flow_sites.select(document, (name,), "")
    ]
    while pending:
        place, steps, nesting = pending.pop()
        yield place, steps, nesting
        inner = [
            (inside, found, nesting + 1)
            for index, step in enumerate(steps)
            for path in NESTED
            for inside, found in flow_sites.select(step, path, pointer(place, index))
        ]
        pending.extend(reversed(inner))


def _check_key(key: object, at: str, first: dict[str, str]) -> Iterator[Finding]:
    if isinstance(key, str) and first.setdefault(key, at) != at:
        detail = f"write another key: {shape.quoted(key)} is that of {first[key]}"
        yield Finding("duplicate_key", detail, pointer(at, "key"))


def _check_kind(step: dict[str, Any], at: str) -> Iterator[Finding]:
    yield from _exactly_one(step, KINDS, at, "kind")
    if isinstance(step.get("wait"), dict):
        yield from _exactly_one(step["wait"], _WAITS, pointer(at, "wait"), "wait")
    for name, kinds in ONLY_WITH.items():
        if name in step and any(kind in step for kind in KINDS) and not any(kind in step for kind in kinds):
            hint = "; a flow step has its own at flow/inputs" if name == "inputs" and "flow" in step else ""
            detail = f"leave {name} out: it belongs to a step with {' or '.join(kinds)}{hint}"
            yield Finding("misplaced_field", detail, pointer(at, name))


def _exactly_one(value: dict[str, Any], names: tuple[str, ...], at: str, noun: str) -> Iterator[Finding]:
    given = [name for name in names if name in value]
    if not given:
        yield Finding(f"no_{noun}", f"write one of {', '.join(names)}", at)
    elif len(given) > 1:
        yield Finding(f"several_{noun}s", f"keep one of {', '.join(given)}", at)


def _check_template(value: Any, at: str) -> Iterator[Finding]:
    match value:
        case str():
            try:
                parts = list(flow_template.split(value))
            except flow_template.UnbalancedError as exc:
                yield Finding("unbalanced_braces", str(exc), at)
            else:
                yield from _check_parts(parts, at)
        case dict():
            for name, member in value.items():
                yield from _check_template(member, pointer(at, name))
        case list():
            for index, item in enumerate(value):
                yield from _check_template(item, pointer(at, index))


def _check_parts(parts: list[str], at: str) -> Iterator[Finding]:
    for part in parts:
        if isinstance(part, flow_template.Expression):
            if not part:
                yield Finding("empty_expression", "write an expression between {{ and }}", at)
            elif len(part) > MAX_EXPRESSION:
                yield Finding(
                    "too_long", f"write at most {MAX_EXPRESSION} characters between {{{{ and }}}}", at
                )


def _check_expression(value: str, at: str) -> Iterator[Finding]:
    if not value.strip():
        yield Finding("empty_expression", "write an expression, as in inputs.total > 0", at)
    elif value.lstrip().startswith("{{"):
        yield Finding("braces_in_condition", "leave {{ and }} out: this is an expression as a whole", at)


def _check_alone(value: str, at: str) -> Iterator[Finding]:
    broken = list(_check_template(value, at))
    yield from broken
    if not broken:
        match list(flow_template.split(value)):
            case [flow_template.Expression()]:
                pass
            case _:
                yield Finding("not_an_expression", "write one expression and nothing around its {{ }}", at)


def _check_time(value: str, at: str) -> Iterator[Finding]:
    if "{{" in value:
        yield from _check_alone(value, at)
        return
    try:
        msgspec.convert(value, _MOMENT)
    except msgspec.ValidationError:
        yield Finding("invalid_time", "write a time with its offset, as in 2030-01-31T09:00:00Z", at)


_SHAPE: Final = inspect.type_info(FlowDocument)
_RULES: Final[dict[str, Callable[[Any, str], Iterator[Finding]]]] = {
    "alone": _check_alone,
    "expression": _check_expression,
    "schema": json_schema.check,
    "template": _check_template,
    "time": _check_time,
}
