"""The scope is set before any row is read, whatever the plan.

A statement that enters its scope by itself is right only as long as the planner reads the tables after the scope is
set. The tests pin it for every such statement of the service.
"""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.conftest import Databases
from tests.tenancy.connections import connected
from tests.tenancy.plans import ADVERSE, plan_of, read_too_early, reads_s
from tests.tenancy.statements import STATEMENTS
from tolstoy.core.ids import PLATFORM
from tolstoy.db.tenancy import Door, Statement
from tolstoy.domain import organizations, tools


def test_all_statements_were_found() -> None:
    found = {name.split(":")[0].split("[")[0] for name in STATEMENTS}
    for noun in ("organizations", "users", "tools", "actions", "flows", "flow_versions", "execution_logs"):
        assert {f"domain.{noun}.TABLE", f"domain.{noun}._ONE"} <= found
    assert {"domain.flows._INSERT", "domain.users._INSERT", "domain.execution_logs._INSERT"} <= found


@pytest.mark.parametrize("settings", ADVERSE.values(), ids=ADVERSE)
async def test_no_table_is_read_before_the_scope_is_set(
    module_database: Databases, few_and_many: dict[str, tuple[UUID, UUID]], settings: dict[str, str]
) -> None:
    """Whatever the planner is told to prefer, with a generic plan as with one made for the arguments."""
    generic = {"plan_cache_mode": "force_generic_plan"}
    async with connected(module_database.service, {**generic, **settings}) as connection:
        for name, statement in STATEMENTS.items():
            plan = await plan_of(connection, statement, Door.MEMBER)
            assert reads_s(plan), name
            assert read_too_early(plan) == [], f"{name}:\n{json.dumps(plan, indent=1)}"


async def test_a_subquery_that_can_be_flattened_reads_too_early(
    module_database: Databases, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """Why `reading` has a LIMIT or OFFSET inside: with the order and limit outside, rows are missing."""
    flattened = Statement(
        "SELECT t.* FROM s CROSS JOIN LATERAL (SELECT id FROM tools WHERE org_id = $1 AND s.role IS NOT NULL) t"
        " ORDER BY t.id DESC LIMIT 51"
    )
    async with connected(module_database.service, {"plan_cache_mode": "force_generic_plan"}) as connection:
        assert read_too_early(await plan_of(connection, flattened, Door.MEMBER)) == ["tools"]
        assert await connection.fetch(flattened.text(Door.MEMBER), *few_and_many["few"]) == []


@pytest.mark.parametrize("settings", ADVERSE.values(), ids=ADVERSE)
async def test_statements_give_the_right_rows(
    module_database: Databases, few_and_many: dict[str, tuple[UUID, UUID]], settings: dict[str, str]
) -> None:
    """Run one after the other on one connection, for a small organization and a big one, as member and platform."""
    one, page = tools.TABLE.one(), tools.TABLE.page((), 51)
    filtered = tools.TABLE.page(("name = {}",), 201)
    including = tools.TABLE.page((), 51, extra=tools._ACTIONS)
    others = dict(few_and_many.values())
    text = {statement: statement.text(Door.MEMBER) for statement in (one, page, filtered, including)}
    async with connected(module_database.service, settings) as connection:
        for _ in range(7):  # the sixth time on, a plan may be generic
            for (org_id, user_id), (other, _) in (
                (few_and_many["few"], few_and_many["many"]),
                (few_and_many["many"], few_and_many["few"]),
            ):
                expected = 3 if org_id == few_and_many["few"][0] else 51
                for statement in (page, including):
                    rows = await connection.fetch(text[statement], org_id, user_id)
                    assert {row["org_id"] for row in rows} == {org_id}
                    assert len(rows) == expected
                    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
                assert await connection.fetch(text[filtered], org_id, user_id, str(org_id))
                assert not await connection.fetch(text[filtered], org_id, user_id, str(other))
                found = await connection.fetch(text[one], org_id, user_id, rows[0]["id"])
                assert [row["id"] for row in found] == [rows[0]["id"]]
                not_mine = await connection.fetch(text[one], other, others[other], rows[0]["id"])
                assert not_mine == []
            seen = await connection.fetch(
                organizations.TABLE.page((), 51).text(Door.PLATFORM), PLATFORM, PLATFORM
            )
            assert {org_id for org_id, _ in few_and_many.values()} <= {row["id"] for row in seen}
            assert await connection.fetch("SELECT FROM tools") == [], "and nothing stays behind"
