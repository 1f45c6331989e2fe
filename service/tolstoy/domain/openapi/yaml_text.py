"""YAML as the JSON that it stands for: by the JSON schema of YAML 1.2, with limits on what aliases multiply.

YAML 1.1, which PyYAML reads otherwise, would take `no` for false, `1:30` for 90 and 2026-01-01 for a date.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

import yaml

from tolstoy.core.strict_json import MAX_DEPTH
from tolstoy.domain.openapi.notes import refused

# In characters, with each alias written out and 16 for each value: a bomb is refused before anything is made of it.
MAX_WEIGHT: Final = 32 << 20
_OF_A_VALUE: Final = 16

_RESOLVERS: Final = (
    ("tag:yaml.org,2002:null", r"^(?:null|Null|NULL|~|)$", "nN~\0"),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]{0,18})$", "-0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$",
        "-0123456789",
    ),
    ("tag:yaml.org,2002:merge", r"^<<$", "<"),
)

# Any other says more than JSON, or how a text is to be read: !!int takes 1:30 for 90, and very long for a long one.
_TAGS: Final = frozenset({None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))})


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's way of saying it

    def construct_document(self, node: yaml.Node) -> Any:
        # before merges are written out, which may well say a name again
        _check_names(node)
        return super().construct_document(node)


def _check_names(root: yaml.Node) -> None:
    pending, met = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending += node.value
        elif isinstance(node, yaml.MappingNode):
            pending += [value for _, value in node.value]
            _check_names_of(node)


def _check_names_of(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a name is a text", key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key.value[:80]!r} appears more than once in its mapping", key.start_mark
            )
        seen.add(key.value)


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(
        _tag, re.compile(_pattern), [char if char != "\0" else "" for char in _first]
    )


def to_json(text: str) -> bytes:
    """Raises InvalidError."""
    try:
        scales = _Scales()
        for event in yaml.parse(text, Loader=_Loader):
            scales.put(event)
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    except yaml.YAMLError as exc:
        raise refused("malformed", f"this is neither JSON nor YAML: {_said(exc)}") from exc
    except (TypeError, ValueError, OverflowError) as exc:  # sets, bytes, .nan: YAML has what JSON has not
        raise refused("malformed", f"this YAML says more than JSON can: {exc}") from exc


class _Weight(NamedTuple):
    """Of a value with its aliases written out; `height` is how deep it is."""

    characters: int = _OF_A_VALUE
    height: int = 0


class _Scales:
    """Weighs a document by its events, before anything is made of it."""

    def __init__(self) -> None:
        self._anchored: dict[str, _Weight] = {}
        self._open: list[tuple[str | None, _Weight]] = []
        self._documents = 0

    def put(self, event: Any) -> None:
        if getattr(event, "tag", None) not in _TAGS:
            raise refused("malformed", f"the tag {event.tag[:80]} is not taken: {_place(event.start_mark)}")
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise refused("malformed", f"more than one document: {_place(event.start_mark)}")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open.append((event.anchor, _Weight()))
                self._check(_Weight())
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                anchor, weight = self._open.pop()
                self._add(anchor, _Weight(weight.characters, weight.height + 1))
            case yaml.ScalarEvent():
                self._add(event.anchor, _Weight(_OF_A_VALUE + len(event.value)))
            case yaml.AliasEvent():
                self._add(None, self._of_alias(event))

    def _of_alias(self, event: Any) -> _Weight:
        weight = self._anchored.get(event.anchor)
        if weight is None:
            detail = f"*{event.anchor} stands for nothing, or within what it stands for"
            raise refused("circular_alias", f"{detail}: {_place(event.start_mark)}")
        return weight

    def _add(self, anchor: str | None, weight: _Weight) -> None:
        if anchor is not None:
            self._anchored[anchor] = weight
        self._check(weight)
        if self._open:
            above, so_far = self._open[-1]
            total = _Weight(so_far.characters + weight.characters, max(so_far.height, weight.height))
            self._open[-1] = (above, total)

    def _check(self, weight: _Weight) -> None:
        if weight.characters > MAX_WEIGHT:
            raise refused("too_large", "with its aliases written out, this YAML is too large")
        if weight.height + len(self._open) > MAX_DEPTH:
            raise refused("too_deep", f"nested deeper than {MAX_DEPTH} levels")


def _said(exc: yaml.YAMLError) -> str:
    problem = getattr(exc, "problem", None) or str(exc).partition("\n")[0]
    mark = getattr(exc, "problem_mark", None)
    return f"{problem}, {_place(mark)}" if mark is not None else problem


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"
