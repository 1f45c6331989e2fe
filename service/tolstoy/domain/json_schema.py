"""The JSON Schemas that tenants write (draft 2020-12): what is wrong with one, and the validator made of one.

Nothing is ever fetched and patterns run in linear time: a schema cannot reach out, nor stall by a pattern.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from tolstoy.core.errors import Finding
from tolstoy.core.strict_json import pointer

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_META: Final = Draft202012Validator({"$ref": DIALECT}, offline=True, validate_formats=True, mask="this")
_DATA: Final = frozenset({"const", "default", "enum", "examples"})
_MAX_LISTED_BYTES: Final = 64 * 1024
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef"})


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Raises ValidationError where `check` has findings."""
    return Draft202012Validator(schema, offline=True, validate_formats=True, pattern_options=RegexOptions())


def check(schema: dict[str, Any], at: str = "") -> Iterator[Finding]:
    """`at` is the pointer of the schema itself."""
    if schema.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
        yield Finding("unsupported_dialect", f"write {DIALECT} or leave $schema out", pointer(at, "$schema"))
        return
    # A place that fails is reported by each of the eight vocabularies that look at it.
    problems = {(_below(at, error), _reason(error)): None for error in _errors(schema)}
    for place, message in problems:
        yield Finding("invalid_schema", f"not JSON Schema 2020-12: {message}", place)
    if not problems:
        yield from _check_references(schema, at)


def _errors(schema: dict[str, Any]) -> Iterable[ValidationError]:
    """All of a small schema; of a large one the first, since making them all can take seconds."""
    if len(msgspec.json.encode(schema)) <= _MAX_LISTED_BYTES:
        return _META.iter_errors(schema)
    try:
        _META.validate(schema)
    except ValidationError as exc:
        return [exc]
    return []


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
        return "a pattern is a regular expression without lookaround and backreferences"
    return error.message if len(error.message) <= 200 else f"{error.message[:199]}…"
