"""How a flow's runs have gone lately."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tolstoy.core.ids import first_id_at
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import crud, flows
from tolstoy.domain.executions import Status, Trigger
from tolstoy.domain.flow_versions import VersionNumber
from tolstoy.domain.text import Moment

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Window = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]{0,3}m|([1-9][0-9]{0,2}|1[0-9]{3}|20[0-9]{2}|21[0-5][0-9]|2160)h|([1-9]|[1-8][0-9]|90)d)$(?!\n)",
        description="minutes, hours or days, as in 30m, 24h or 7d; at most 90d",
    ),
]


class FlowStatsQuery(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    window: Window = "24h"
    version: Annotated[VersionNumber | None, Meta(description="Only runs of this version.")] = None


class Durations(Struct, frozen=True):
    """In seconds, from a run's start to its end."""

    p50: float | None
    p95: float | None
    max: float | None


class FlowStats(Struct, frozen=True, rename="camel"):
    flow_id: UUID
    version: int | None
    since: Annotated[Moment, Meta(description="It is about the runs made after this.")]
    executions: int
    statuses: Annotated[dict[Status, int], Meta(description="How many of them are in each status now.")]
    triggers: Annotated[dict[Trigger, int], Meta(description="How many each trigger started.")]
    success_rate: Annotated[
        float | None,
        Meta(description="Of those that succeeded or failed, the part that succeeded; null for none."),
    ]
    duration_seconds: Annotated[Durations, Meta(description="Of those that succeeded or failed.")]


class _Counted(Struct, frozen=True):
    statuses: dict[Status, int]
    triggers: dict[Trigger, int]
    durations: Durations


def _counts(column: str, values: tuple[str, ...]) -> str:
    pairs = ", ".join(f"'{value}', count(*) FILTER (WHERE {column} = '{value}')" for value in values)
    return f"jsonb_build_object({pairs})"


_SECONDS = "extract(epoch FROM finished_at - started_at)"
_ENDED = "FILTER (WHERE status IN ('succeeded', 'failed'))"
_DURATIONS = (
    f"jsonb_build_object('p50', percentile_cont(0.5) WITHIN GROUP (ORDER BY {_SECONDS}) {_ENDED},"
    f" 'p95', percentile_cont(0.95) WITHIN GROUP (ORDER BY {_SECONDS}) {_ENDED}, 'max', max({_SECONDS}) {_ENDED})"
)
_READ = tenancy.reading(
    "SELECT id FROM flows WHERE org_id = $1 AND id = $3",
    extra=(
        f", (SELECT jsonb_build_object('statuses', {_counts('status', get_args(Status))},"
        f" 'triggers', {_counts('trigger', get_args(Trigger))}, 'durations', {_DURATIONS}) FROM executions e"
        " WHERE e.org_id = $1 AND e.flow_id = t.id AND e.id >= $4 AND ($5::int IS NULL OR e.version = $5)) AS counted"
    ),
)
_read_counted = msgspec.json.Decoder(_Counted).decode


async def get(scope: Scope, flow_id: UUID, query: FlowStatsQuery) -> FlowStats:
    since = datetime.now(UTC) - timedelta(**{_UNITS[query.window[-1]]: int(query.window[:-1])})
    # ids are made in the order of time, and the index has them
    row = await tenancy.fetchrow(scope, _READ, flow_id, first_id_at(since), query.version)
    if row is None:
        raise crud.missing(flows.TABLE, flow_id)
    counted = _read_counted(row["counted"])
    succeeded, failed = counted.statuses["succeeded"], counted.statuses["failed"]
    return FlowStats(
        flow_id,
        query.version,
        since,
        sum(counted.statuses.values()),
        counted.statuses,
        counted.triggers,
        succeeded / (succeeded + failed) if succeeded + failed else None,
        counted.durations,
    )
