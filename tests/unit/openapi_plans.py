"""Plans of documents, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from tolstoy.core.errors import InvalidError
from tolstoy.domain.openapi.operations import Planned
from tolstoy.domain.openapi.plan import Plan, plan


def actions(said: Any, **more: Any) -> dict[str, Planned]:
    return {action.key: action for action in plan(said, **more).actions}


def only(said: Any) -> Planned:
    (action,) = plan(said).actions
    return action


def warned(made: Plan) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.pointer) for finding in made.warnings]


def refusal(said: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidError) as caught:
        plan(said)
    return [(finding.code, finding.pointer) for finding in caught.value.findings]
