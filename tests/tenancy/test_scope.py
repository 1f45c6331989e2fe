"""The scope is set before any row is read, ends with its transaction, and follows nobody.

A statement that enters its scope by itself is right only as long as the planner reads the tables after the scope is
set. The tests pin it for every such statement of the service, found by going through its modules.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import pkgutil
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

import tolstoy.api
import tolstoy.domain
from tests.conftest import Databases, Member, founded
from tests.processes import Served
from tolstoy.core.ids import PLATFORM, new_id
from tolstoy.db import tenancy
from tolstoy.db.database import Database, open_database
from tolstoy.db.models import Tool
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Door, Scope, Statement
from tolstoy.domain import organizations, tools

# Settings by which a planner may come to other plans; the service's role, like any, may change them.
ADVERSE = {
    "as configured": {},
    "no nested loops": {"enable_nestloop": "off"},
    "nested loops only": {"enable_hashjoin": "off", "enable_mergejoin": "off"},
    "joins as written": {"join_collapse_limit": "1", "from_collapse_limit": "1"},
    "generic plans": {"plan_cache_mode": "force_generic_plan"},
    "custom plans": {"plan_cache_mode": "force_custom_plan"},
    "no indexes": {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_indexonlyscan": "off"},
    "no materialisation": {"enable_material": "off", "enable_memoize": "off"},
    "eager to work in parallel": {
        "parallel_setup_cost": "0",
        "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0",
        "max_parallel_workers_per_gather": "4",
    },
    "rows cost nothing": {"cpu_tuple_cost": "0", "cpu_operator_cost": "1000", "seq_page_cost": "0"},
}


def _modules() -> Iterator[Any]:
    for package in (tolstoy.domain, tolstoy.api):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield import_module(found.name)


def _statements_of(name: str, value: Any) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, Statement):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _statements_of(f"{name}[{key!r}]", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _statements_of(f"{name}[{index}]", inner)


def _of_table(module: Any, table: Table[Any]) -> Iterator[tuple[str, Statement]]:
    """Also what is made as it is asked for: pages, with each condition of the module and with all of them."""
    conditions = tuple(getattr(module, "_CONDITIONS", {}).values())
    extras = {"": "", ", including": getattr(module, "_ACTIONS", "") or getattr(module, "_COUNTS", "")}
    for kind, extra in extras.items():
        if extra or not kind:
            yield f"one{kind}", table.one(extra=extra)
            yield f"page{kind}", table.page((), 51, extra=extra)
            yield f"page, all conditions{kind}", table.page((*conditions, "id < {}"), 51, extra=extra)
    for condition in conditions:
        yield f"page, {condition}", table.page((condition,), 51)
    if table.source == table.name:
        yield "insert", table.insert(("id",))


def _all_statements() -> Iterator[tuple[str, Statement]]:
    for module in _modules():
        short = module.__name__.removeprefix("tolstoy.")
        for name, value in vars(module).items():
            for inner, statement in _statements_of(name, value):
                yield f"{short}.{inner}", statement
            if isinstance(value, Table):
                for kind, statement in _of_table(module, value):
                    yield f"{short}.{name}: {kind}", statement


STATEMENTS = dict(_all_statements())


@contextlib.asynccontextmanager
async def _connected(options: Any, settings: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**options.asyncpg_kwargs())
    try:
        for name, value in settings.items():
            await connection.execute(f"SET {name} = '{value}'")
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def owner(module_database: Databases) -> AsyncIterator[asyncpg.Connection]:
    async with _connected(module_database.direct, {}) as connection:
        yield connection


async def _organization(owner: asyncpg.Connection, tools: int) -> tuple[UUID, UUID]:
    org_id, user_id = new_id(), new_id()
    await owner.execute("INSERT INTO organizations (id, name) VALUES ($1, 'one')", org_id)
    await owner.execute(
        "INSERT INTO users (org_id, id, email, email_key, role) VALUES ($1, $2, 'a', 'a', 'admin')",
        org_id,
        user_id,
    )
    await owner.executemany(
        "INSERT INTO tools (org_id, id, name, base_url, auth_type) VALUES ($1, $2, $3, 'https://x', 'none')",
        [(org_id, new_id(), str(org_id)) for _ in range(tools)],
    )
    return org_id, user_id


@pytest.fixture(scope="module")
async def few_and_many(owner: asyncpg.Connection) -> dict[str, tuple[UUID, UUID]]:
    """A small organization beside a big one, and statistics that know of it."""
    parties = {"few": await _organization(owner, 3), "many": await _organization(owner, 3000)}
    await owner.execute("ANALYZE")
    return parties


def _nodes(plan: dict[str, Any], inside: tuple[dict[str, Any], ...] = ()) -> Iterator[tuple[Any, Any]]:
    yield plan, inside
    for part in plan.get("Plans", []):
        yield from _nodes(part, (*inside, plan))


def _reads_s(plan: dict[str, Any]) -> bool:
    return any(node.get("CTE Name") == "s" for node, _ in _nodes(plan))


def _part(node: dict[str, Any], relationship: str) -> dict[str, Any]:
    return next(part for part in node["Plans"] if part["Parent Relationship"] == relationship)


def _read_too_early(plan: dict[str, Any]) -> list[str]:
    """The tables that this plan may read, or write, before the row of `s` is there.

    Early is what is neither the inner side of a join whose outer side reads `s`, nor fed by rows that come from `s`,
    nor a subplan (which is asked once for each row that has already been found).
    """
    early = []
    for node, inside in _nodes(plan):
        if "Relation Name" not in node:
            continue
        path = (*inside, node)
        late = any(
            below["Parent Relationship"] == "Inner" and _reads_s(_part(above, "Outer"))
            for above, below in itertools.pairwise(path)
        )
        late |= any(above.get("Parent Relationship") == "SubPlan" for above in path)
        late |= node["Node Type"] == "ModifyTable" and _fed(node, plan)
        if not late:
            early.append(node["Relation Name"])
    return early


def _fed(write: dict[str, Any], plan: dict[str, Any]) -> bool:
    """Whether a write takes its rows from `s`, perhaps by way of another write that does."""
    sources = {node["CTE Name"] for node, _ in _nodes(write) if "CTE Name" in node}
    if "s" in sources:
        return True
    others = {
        node.get("Subplan Name", "").removeprefix("CTE "): node
        for node, _ in _nodes(plan)
        if node["Node Type"] == "ModifyTable"
    }
    return any(name in others and _fed(others[name], plan) for name in sources)


# For the plans made for their arguments; NULL would let the planner leave out what can give no row.
_SAMPLES = {
    "uuid": f"'{new_id()}'",
    "text": "'x'",
    "varchar": "'x'",
    "jsonb": "'{}'",
    "timestamptz": "now()",
    "int4": "1",
}


async def _plan(connection: asyncpg.Connection, statement: Statement, door: Door) -> dict[str, Any]:
    text = statement.text(door)
    prepared = await connection.prepare(text)
    types = [f"{parameter.schema}.{parameter.name}" for parameter in prepared.get_parameters()]
    await connection.execute(f"PREPARE explained ({', '.join(types)}) AS {text}")
    try:
        values = ", ".join(_SAMPLES[parameter.name] for parameter in prepared.get_parameters())
        answer = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE explained ({values})")
    finally:
        await connection.execute("DEALLOCATE explained")
    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    return plan


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
    async with _connected(module_database.service, {**generic, **settings}) as connection:
        for name, statement in STATEMENTS.items():
            plan = await _plan(connection, statement, Door.MEMBER)
            assert _reads_s(plan), name
            assert _read_too_early(plan) == [], f"{name}:\n{json.dumps(plan, indent=1)}"


async def test_a_subquery_that_can_be_flattened_reads_too_early(
    module_database: Databases, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """Why `reading` has a LIMIT or OFFSET inside: with the order and limit outside, rows are missing."""
    flattened = Statement(
        "SELECT t.* FROM s CROSS JOIN LATERAL (SELECT id FROM tools WHERE org_id = $1 AND s.role IS NOT NULL) t"
        " ORDER BY t.id DESC LIMIT 51"
    )
    async with _connected(module_database.service, {"plan_cache_mode": "force_generic_plan"}) as connection:
        assert _read_too_early(await _plan(connection, flattened, Door.MEMBER)) == ["tools"]
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
    async with _connected(module_database.service, settings) as connection:
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


async def _with_tool(http: httpx.AsyncClient, email: str) -> tuple[Member, str]:
    member = await founded(http, email)
    body = {"name": email, "baseUrl": "https://example.com"}
    made = await http.post("/tools", json=body, headers=member.headers)
    return member, str(made.json()["id"])


async def test_organizations_that_share_a_connection_do_not_mix(server: str, http: httpx.AsyncClient) -> None:
    """Keep-alive: all requests of one connection run in one task, where a context variable would stay set."""
    parties = [await _with_tool(http, f"{name}@example.com") for name in ("one", "two")]
    one_connection = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=server, limits=one_connection, timeout=20) as shared:
        for turn in range(40):
            (member, mine), (_, theirs) = parties[turn % 2], parties[1 - turn % 2]
            seen = await shared.get("/tools", headers=member.headers)
            assert [tool["id"] for tool in seen.json()["data"]] == [mine]
            assert (await shared.get(f"/tools/{theirs}", headers=member.headers)).status_code == 404
            if turn % 4 == 0:
                changed = await shared.put(f"/tools/{mine}", json={"name": "Again"}, headers=member.headers)
                assert changed.json()["orgId"] == member.org_id
            if turn % 5 == 0:
                assert (await shared.get("/tools")).status_code == 400, "nobody is assumed"


async def test_pipelined_requests_do_not_mix(served: Served, http: httpx.AsyncClient) -> None:
    """Forty requests of two organizations, sent at once on one connection, answered in order."""
    parties = [await _with_tool(http, f"{name}@example.com") for name in ("three", "four")]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for turn in range(40):
        member, _ = parties[turn % 2]
        lines = ["GET /tools HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in member.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
    for turn in range(40):
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().lower()
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        body = json.loads(await reader.readexactly(int(length.split(":")[1])))
        assert [tool["id"] for tool in body["data"]] == [parties[turn % 2][1]]
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def database(module_database: Databases) -> AsyncIterator[Database]:
    opened = await open_database(module_database.service, size=4, waiters=2000, timeout_seconds=20)
    yield opened
    await opened.close()


async def _sees_nothing(database: Database) -> bool:
    connections = [await database.pool.acquire() for _ in range(database.size)]
    seen = [await connection.fetch("SELECT FROM tools") for connection in connections]
    for connection in connections:
        await database.pool.release(connection)
    return not any(seen)


async def test_the_scope_does_not_stay_on_a_pools_connection(
    database: Database, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """Neither after a statement, nor after a transaction, nor after one that failed."""
    scope = Scope(database, Door.MEMBER, *few_and_many["few"])
    assert len(await tenancy.fetch(scope, tools.TABLE.page((), 51))) == 3
    assert await _sees_nothing(database)
    async with tenancy.transaction(scope) as inner:
        assert await Tool.all().count() == 3
        assert len(await tenancy.fetch(inner, tools.TABLE.page((), 51))) == 3
    assert await Tool.all().count() == 0, "Tortoise too is outside again"
    assert await _sees_nothing(database)
    with pytest.raises(ZeroDivisionError):
        async with tenancy.transaction(scope):
            raise ZeroDivisionError
    assert await _sees_nothing(database)


async def test_a_task_that_outlives_its_transaction_is_outside(
    database: Database, few_and_many: dict[str, tuple[UUID, UUID]]
) -> None:
    """It inherits the context of the transaction it was started in, and can do nothing with it."""
    over = asyncio.Event()

    async def later() -> int:
        await over.wait()
        return await Tool.all().count()

    async with tenancy.transaction(Scope(database, Door.MEMBER, *few_and_many["few"])):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    async with tenancy.transaction(Scope(database, Door.MEMBER, *few_and_many["many"])):
        over.set()
        with pytest.raises(asyncpg.InterfaceError, match="released back to the pool"):
            await task


async def test_forty_organizations_at_once_see_their_own(
    database: Database, owner: asyncpg.Connection
) -> None:
    """Statements and transactions of all, interleaved on four connections: no wrong row among thousands."""
    parties = [await _organization(owner, 3) for _ in range(40)]
    page = tools.TABLE.page((), 51)

    async def one(number: int) -> set[UUID]:
        scope = Scope(database, Door.MEMBER, *parties[number % 40])
        if number % 4:
            rows = await tenancy.fetch(scope, page)
            return {row["org_id"] for row in rows} ^ {scope.org_id}
        async with tenancy.transaction(scope) as inner:
            seen = {tool.org_id for tool in await Tool.all()}
            rows = await tenancy.fetch(inner, page)
            return ({row["org_id"] for row in rows} | seen) ^ {scope.org_id}

    wrong = await asyncio.gather(*(one(number) for number in range(1200)))
    assert wrong == [set()] * 1200
    assert (database.busy, database.waiting) == (0, 0)
