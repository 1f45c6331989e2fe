"""Roles, permissions and operations: that the tables are whole, and that the documentation shows them as they are."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from sanic import Sanic

from tolstoy.api import openapi
from tolstoy.api.app import create_app
from tolstoy.api.endpoint import endpoint
from tolstoy.api.permissions import PLATFORM, REQUIRED
from tolstoy.core.permissions import GIVEN, MEANINGS, PERMISSIONS, ROLES, roles_with
from tolstoy.core.settings import Settings
from tolstoy.db.tenancy import Scope

DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


@pytest.fixture(scope="module")
def operations() -> list[tuple[str, str, str, str | None]]:
    """Method, path, name and what it takes."""
    app = create_app(Settings(), name=f"permissions-{uuid4().hex}")
    found = [(method, path, one.name, one.requires) for path, method, one in openapi.operations(app)]
    Sanic.unregister_app(app)
    return sorted(found, key=lambda each: (each[1], each[0]))


def test_each_role_gives_something_and_each_permission_is_given() -> None:
    assert GIVEN.keys() == set(ROLES) and MEANINGS.keys() == set(PERMISSIONS)
    assert all(roles_with(permission) for permission in PERMISSIONS)
    assert all("read" in GIVEN[role] for role in ROLES)
    assert GIVEN["admin"] == set(PERMISSIONS)


def test_every_row_of_the_table_is_an_operation(operations: list[tuple[str, str, str, str | None]]) -> None:
    assert set(REQUIRED) == {name for _, _, name, requires in operations if requires is not None}


def test_an_operation_without_a_row_cannot_be_made() -> None:
    async def shred_everything(scope: Scope) -> None:
        """Shred everything."""

    with pytest.raises(LookupError, match=r"shred_everything: say in api/permissions\.py"):
        endpoint(tag="Service")(shred_everything)


def _permissions() -> str:
    rows = [f"| Permission | Lets one | {' | '.join(ROLES)} |", f"|---|---|{'---|' * len(ROLES)}"]
    for permission in PERMISSIONS:
        marks = " | ".join("✓" if permission in GIVEN[role] else "" for role in ROLES)
        rows.append(f"| `{permission}` | {MEANINGS[permission]} | {marks} |".replace("  ", " "))
    return "\n".join(rows)


def _operations(operations: list[tuple[str, str, str, str | None]]) -> str:
    rows = ["| Operation | Takes |", "|---|---|"]
    for method, path, _, requires in operations:
        if requires is not None:
            takes = "who runs the installation" if requires == PLATFORM else f"`{requires}`"
            rows.append(f"| `{method} {path}` | {takes} |")
    return "\n".join(rows)


def test_the_documentation_shows_both(operations: list[tuple[str, str, str, str | None]]) -> None:
    text = DOCUMENT.read_text()
    for table in (_permissions(), _operations(operations)):
        assert table in text, f"write into docs/access.md:\n{table}"
