"""Every statement of the service that enters its scope by itself, found by going through its modules."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import tolstoy.api
import tolstoy.domain
from tests.tenancy.catalog import GROWS
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Statement


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
    if table.source == table.name and table.name not in GROWS:
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
