"""The text of the hot statements, built once for each table from the fields of the struct it is read into."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
from tortoise import Model

from tolstoy.db import tenancy
from tolstoy.db.tenancy import Statement

T = TypeVar("T", bound=msgspec.Struct)


class Table(Generic[T]):
    """How rows of one table become structs of one type.

    The struct's fields are columns of `source` (the model's table, unless it is read through a join), in the order
    of the struct; `computed` gives another expression for some, and those in `without`, at the end, are filled in
    elsewhere. Columns typed `msgspec.Raw` hold JSON, which goes to
    the response as the database wrote it.
    """

    def __init__(
        self,
        model: type[Model],
        struct: type[T],
        *,
        source: str | None = None,
        without: Sequence[str] = (),
        computed: Mapping[str, str] | None = None,
    ) -> None:
        self.model = model
        self.name = model._meta.db_table
        self.columns = tuple(name for name in struct.__struct_fields__ if name not in without)
        self.read = _reader(struct)
        self.tenant = (
            "org_id = $1" if "org_id" in model._meta.fields_db_projection else "$1::uuid IS NOT NULL"
        )
        self.source = source or self.name
        computed = computed or {}
        self._column_list = ", ".join(
            f"{computed[name]} AS {name}" if name in computed else name for name in self.columns
        )

    def one(self, *, extra: str = "") -> Statement:
        """By id ($3)."""
        return self.reading("id = $3", extra=extra)

    def reading(self, condition: str, *, extra: str = "") -> Statement:
        return tenancy.reading(
            f"SELECT {self._column_list} FROM {self.source} WHERE {self.tenant} AND {condition}", extra=extra
        )

    def page(self, conditions: tuple[str, ...], limit: int, *, extra: str = "") -> Statement:
        """Newest first. Each condition's {} takes the next argument from $3 on."""
        return _page(self.source, self._column_list, self.tenant, conditions, limit, extra)

    def insert(self, columns: Sequence[str], *, entered_user: str | None = None) -> Statement:
        """The values of `columns` from $3 on, the entering user's id in `entered_user`; returns the row."""
        names, values = list(columns), [f"${number}" for number in range(3, 3 + len(columns))]
        if "org_id" in self.columns and "org_id" not in names:
            names.append("org_id")
            values.append("$1")
        if entered_user is not None:
            names.append(entered_user)
            values.append("$2")
        return Statement(
            f"INSERT INTO {self.name} ({', '.join(names)}) SELECT {', '.join(values)} FROM s"
            f" RETURNING {self._column_list}"
        )

    def update(self, columns: tuple[str, ...]) -> str:
        """Plain SQL for use inside a transaction: org_id, id, then the values; returns the row."""
        if not columns:
            return f"SELECT {self._column_list} FROM {self.name} WHERE {self.tenant} AND id = $2"
        changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 3))
        return (
            f"UPDATE {self.name} SET {changes} WHERE {self.tenant} AND id = $2 RETURNING {self._column_list}"
        )


@lru_cache(maxsize=512)
def _page(
    source: str, columns: str, tenant: str, conditions: tuple[str, ...], limit: int, extra: str
) -> Statement:
    where = "".join(f" AND {text.format(f'${number}')}" for number, text in enumerate(conditions, 3))
    # the limit is written out: for a parameter there, Postgres plans anew at every execution
    return tenancy.reading(
        f"SELECT {columns} FROM {source} WHERE {tenant}{where}",
        limit=f"LIMIT {limit:d}",
        extra=extra,
        order=" ORDER BY id DESC",
    )


def json_object(struct: type[msgspec.Struct], alias: str, computed: Mapping[str, str] | None = None) -> str:
    """SQL that builds the JSON object of a row of `alias` as the API writes that struct."""
    hints = typing.get_type_hints(struct)
    pairs = (
        f"'{wire}', {_json_value(f'{alias}.{(computed or {}).get(column, column)}', hints[column])}"
        for column, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    )
    return f"jsonb_build_object({', '.join(pairs)})"


def _json_value(column: str, type_: object) -> str:
    return utc(column) if type_ is datetime else column


def utc(moment: str) -> str:
    """SQL for a time as the API writes it: Postgres would take the session's zone and leave out zeros at the end."""
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def json_text(value: object) -> str | None:
    """A value as the driver takes it for a jsonb column."""
    return None if value is None else msgspec.json.encode(value).decode()


def _reader(struct: type[T]) -> Callable[[asyncpg.Record], T]:
    hints = typing.get_type_hints(struct)
    raw = tuple(index for index, name in enumerate(struct.__struct_fields__) if _is_raw(hints[name]))
    build: Callable[..., T] = struct

    def read(record: asyncpg.Record) -> T:
        values: list[Any] = list(record)
        for index in raw:
            if index < len(values) and (text := values[index]) is not None:
                values[index] = msgspec.Raw(text)
        return build(*values)

    return read


def _is_raw(hint: object) -> bool:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) in (typing.Union, typing.Annotated):
        return any(_is_raw(part) for part in typing.get_args(hint))
    return hint is msgspec.Raw
