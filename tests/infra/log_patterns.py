"""CloudWatch's filter patterns for JSON, as far as the program uses them: terms joined by `&&`."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

_TERM = re.compile(r'\$\.(?P<key>\w+) (?P<operator>=|>=) (?P<value>"[^"]*"|[0-9.]+)')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": operator.eq, ">=": operator.ge}


def matches(pattern: str, line: str) -> bool:
    """Whether CloudWatch would count that line. A line that is no JSON matches nothing; a text is no number."""
    inner = re.fullmatch(r"\{ (.+) \}", pattern)
    assert inner, f"{pattern!r} is no pattern for JSON"
    terms = [_TERM.fullmatch(term.strip("()")) for term in inner[1].split(" && ")]
    assert all(terms), f"{pattern!r} has a term that this does not know"
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return False
    return isinstance(event, dict) and all(_holds(term, event) for term in terms if term)


def _holds(term: re.Match[str], event: dict[str, Any]) -> bool:
    wanted, found = json.loads(term["value"]), event.get(term["key"])
    if isinstance(wanted, str) != isinstance(found, str) or found is None:
        return False
    return _COMPARE[term["operator"]](found, wanted)
