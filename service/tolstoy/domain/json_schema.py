"""The JSON Schemas that tenants write (draft 2020-12): what is wrong with one, and the validator made of one.

Nothing is ever fetched and patterns run in linear time: a schema cannot reach out, nor stall by a pattern.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import schema_weight

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

TOO_MUCH: Final = "there is too much of it to say where"

# What a pattern may take, prepared; a few characters can say many megabytes, and 50 ms to prepare them.
PATTERNS: Final = RegexOptions(size_limit=1024 * 1024)
MOST_PATTERNS: Final = 200

_META: Final = Draft202012Validator({"$ref": DIALECT}, offline=True, validate_formats=True, mask="this")
_DATA: Final = frozenset({"const", "default", "enum", "examples"})
_MAX_LISTED_BYTES: Final = 8 * 1024
_MOST_TYPES: Final = 7
# In bytes of the schema times bytes of the instance, which can be some 130 bytes of errors each.
_MOST_TOLD_AT_ONCE: Final = 1024 * 1024
_MOST_TOLD: Final = 4 * 1024 * 1024
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef"})


class Validator(Draft202012Validator):
    """`gathers`: its first error may hold many others."""

    weight: float
    gathers: bool


def validator(schema: dict[str, Any]) -> Validator:
    """Raises ValidationError where `check` has findings."""
    made = Validator(schema, offline=True, validate_formats=True, pattern_options=PATTERNS)
    made.weight = schema_weight.weight(schema)
    made.gathers = schema_weight.has_branches(schema)
    return made


class Teller:
    """Says what is wrong with instances: in full while that is little, since all errors are made before the first
    is given, each with a copy of its rule and of the value.
    """

    def __init__(self) -> None:
        self._left: float = _MOST_TOLD

    def errors(self, schema_validator: Draft202012Validator, instance: Any) -> Iterable[ValidationError]:
        """Of an invalid instance: all; if that is much, the first; none where the first holds too many others."""
        gathers, weight = True, float("inf")
        if isinstance(schema_validator, Validator):
            gathers, weight = schema_validator.gathers, schema_validator.weight
        cost = weight * _size(instance)
        if cost > min(self._left, _MOST_TOLD_AT_ONCE):
            return [] if gathers else _first(schema_validator, instance)
        self._left -= cost
        return schema_validator.iter_errors(instance)


def check(schema: dict[str, Any], at: str = "") -> Iterator[Finding]:
    """`at` is the pointer of the schema itself."""
    if schema.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
        yield Finding("unsupported_dialect", f"write {DIALECT} or leave $schema out", pointer(at, "$schema"))
        return
    if len(_patterns(schema)) > MOST_PATTERNS:
        yield Finding("too_many", f"a schema has at most {MOST_PATTERNS} different patterns", at)
        return
    # A place that fails is reported by each of the eight vocabularies that look at it.
    problems = dict.fromkeys(_problems(schema, at))
    for place, message in problems:
        yield Finding("invalid_schema", f"not JSON Schema 2020-12: {message}", place)
    if not problems:
        yield from _check_references(schema, at)


def _problems(schema: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """All of a small schema; of a large one the first, since making them all can take seconds and gigabytes."""
    if _size(schema) <= _MAX_LISTED_BYTES:
        yield from ((_below(at, error), _reason(error)) for error in _META.iter_errors(schema))
    elif not _META.is_valid(schema):
        if _has_long_type(schema):  # the one error about it would hold one for each of its items
            yield at, f"somewhere in it a type has more than {_MOST_TYPES} items"
        else:
            yield from ((_below(at, error), _reason(error)) for error in _first(_META, schema))


def _patterns(schema: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for node in schema_weight.nodes(schema):
        match node:
            case {"pattern": str(pattern)}:
                found.add(pattern)
        match node:
            case {"patternProperties": dict(by_pattern)}:
                found |= by_pattern.keys()
    return found


def _first(schema_validator: Draft202012Validator, instance: Any) -> list[ValidationError]:
    try:
        schema_validator.validate(instance)
    except ValidationError as exc:
        return [exc]
    return []


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _has_long_type(value: Any) -> bool:
    match value:
        case {"type": list(types)} if len(types) > _MOST_TYPES:
            return True
        case dict():
            return any(_has_long_type(member) for member in value.values())
        case list():
            return any(_has_long_type(item) for item in value)
    return False


def _check_references(schema: dict[str, Any], at: str) -> Iterator[Finding]:
    references = list(_references(schema, at))
    remote = [place for place, target in references if not target.startswith("#")]
    for place in remote:
        yield Finding(
            "remote_reference", "nothing is fetched: put the schema under $defs and write #/$defs/…", place
        )
    if remote:
        return
    try:
        validator(schema)
    except ValidationError as exc:
        # An unknown target is reported without its place, but with the target in the message.
        named = (place for place, target in references if f"'{target.removeprefix('#')}'" in exc.message)
        place = _below(at, exc) if exc.instance_path else next(named, at)
        yield Finding("invalid_schema", f"this schema cannot be used: {_reason(exc)}", place)


def _references(schema: Any, at: str) -> Iterator[tuple[str, str]]:
    match schema:
        case list():
            for index, item in enumerate(schema):
                yield from _references(item, pointer(at, index))
        case dict():
            for name, member in schema.items():
                if name in _REFERENCES and isinstance(member, str):
                    yield pointer(at, name), member
                elif name not in _DATA:
                    yield from _references(member, pointer(at, name))


def _below(at: str, error: ValidationError) -> str:
    for part in error.instance_path:
        at = pointer(at, part)
    return at


def _reason(error: ValidationError) -> str:
    if error.kind.name == "anyOf":
        return "write array, boolean, integer, null, number, object, string or an array of these"
    if "regex" in error.message:
        return "a pattern is a regular expression without lookaround, backreferences and repetitions of very much"
    return error.message if len(error.message) <= 200 else f"{error.message[:199]}…"
