"""Many runs at once, by filter: in batches, each a transaction of its own, so that no lock is held for long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from tolstoy.core.errors import Finding, InvalidError, ProblemError, WriteConflictError
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import execution_control
from tolstoy.domain.execution_control import (
    ExecutionResume,
    Reason,
    RunFinishedError,
    outlasting_conflicts,
    why_cancelled,
)
from tolstoy.domain.flow_versions import VersionNumber
from tolstoy.domain.text import Moment

MOST = 10_000
MOST_SECONDS = 20.0
MOST_REFUSED = 100
_BATCH = 200

Unfinished = Literal["queued", "running", "waiting"]
Stopped = Literal["failed", "cancelled"]
Ids = Annotated[list[UUID], Meta(min_length=1, max_length=MOST)]
DryRun = Annotated[bool, Meta(description="true or false, whether only to count what matches")]


class _Filter(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    flow_id: UUID | None = None
    version: VersionNumber | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    ids: Ids | None = None


class CancelFilter(_Filter, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    status: Annotated[
        Unfinished | None,
        Meta(description="queued, running or waiting; left out: each of them, or where ids are given any"),
    ] = None


class ResumeFilter(_Filter, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    status: Annotated[
        Stopped | None,
        Meta(description="failed or cancelled; left out: both, or where ids are given any"),
    ] = None


class ExecutionsCancel(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    filter: Annotated[
        CancelFilter, Meta(description="an object, all of which holds for what is cancelled; not empty")
    ]
    reason: Reason | None = None
    dry_run: DryRun = False


class ExecutionsResume(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    filter: Annotated[
        ResumeFilter,
        Meta(
            description="an object, all of which holds for what is resumed; not empty. Without ids, runs that flow"
            " steps started are passed over, as their parents start new ones"
        ),
    ]
    version: Annotated[
        VersionNumber | None,
        Meta(description="the number of a published version; left out: of each the one it ran before"),
    ] = None
    dry_run: DryRun = False


class Refused(Struct, frozen=True):
    id: UUID
    code: str
    detail: str


class _Done(Struct, kw_only=True, rename="camel"):
    matched: int = 0
    refused: Annotated[list[Refused], Meta(description=f"The first {MOST_REFUSED}.")] = field(
        default_factory=list
    )
    more: Annotated[bool, Meta(description="More match than one request does: send it again.")] = False

    def refuse(self, run: UUID, problem: ProblemError) -> None:
        if len(self.refused) < MOST_REFUSED:
            said = [problem.detail, *(finding.detail for finding in problem.findings[:3])]
            self.refused.append(Refused(run, problem.code, " ".join(said)))


class ExecutionsCancelled(_Done, kw_only=True, rename="camel"):
    cancelled: Annotated[int, Meta(description="With those that their workers have yet to stop.")] = 0


class ExecutionsResumed(_Done, kw_only=True, rename="camel"):
    resumed: int = 0


T = TypeVar("T", bound=_Done)

_MATCHING = (
    "FROM executions WHERE org_id = $1 AND id > $3 AND ($4::text[] IS NULL OR status = ANY ($4::text[]))"
    " AND ($5::uuid IS NULL OR flow_id = $5) AND ($6::int IS NULL OR version = $6)"
    " AND ($7::timestamptz IS NULL OR created_at > $7) AND ($8::timestamptz IS NULL OR created_at < $8)"
    " AND ($9::uuid[] IS NULL OR id = ANY ($9::uuid[]))"
)
_OWN = f"{_MATCHING} AND ($9::uuid[] IS NOT NULL OR parent_id IS NULL)"
# The oldest first: a run is cancelled before those that its steps started, which would else fail it.
_ORDER = " ORDER BY id"
_CANCEL = tenancy.reading(
    f"SELECT id {_MATCHING}",
    limit=f"LIMIT {_BATCH}",
    extra=", tolstoy.cancel_run(t.id, $10) AS now_is",
    order=_ORDER,
)
_RESUME = tenancy.reading(f"SELECT id {_OWN}", limit=f"LIMIT {_BATCH}", order=_ORDER)
_COUNT_TO_CANCEL = tenancy.reading(f"SELECT count(*) AS matched {_MATCHING}")
_COUNT_TO_RESUME = tenancy.reading(f"SELECT count(*) AS matched {_OWN}")


async def cancel(scope: Scope, sent: ExecutionsCancel) -> ExecutionsCancelled:
    criteria = _criteria(sent.filter, ("queued", "running", "waiting"))
    done = ExecutionsCancelled()
    if sent.dry_run:
        return await _counted(scope, _COUNT_TO_CANCEL, criteria, done)
    why, pace = why_cancelled(scope, sent.reason), _Pace()
    while pace.goes_on(done):
        rows = await outlasting_conflicts(
            scope, partial(tenancy.fetch, scope, _CANCEL, pace.last, *criteria, why)
        )
        for row in rows:
            if row["now_is"] in ("succeeded", "failed"):
                done.refuse(row["id"], RunFinishedError(f"The run has {row['now_is']} already."))
            else:
                done.cancelled += 1
        pace.did([row["id"] for row in rows], done)
    done.more = pace.cut_off and await _matched(scope, _COUNT_TO_CANCEL, criteria, pace.last) > 0
    return done


async def resume(scope: Scope, sent: ExecutionsResume) -> ExecutionsResumed:
    criteria = _criteria(sent.filter, ("failed", "cancelled"))
    done = ExecutionsResumed()
    if sent.dry_run:
        return await _counted(scope, _COUNT_TO_RESUME, criteria, done)
    pace, one = _Pace(), ExecutionResume(version=sent.version)
    while pace.goes_on(done):
        rows = await tenancy.fetch(scope, _RESUME, pace.last, *criteria)
        runs = [row["id"] for row in rows]
        refused = await outlasting_conflicts(scope, partial(_resumed, scope, runs, one))
        for run, problem in refused.items():
            done.refuse(run, problem)
        done.resumed += len(runs) - len(refused)
        pace.did(runs, done)
    done.more = pace.cut_off and await _matched(scope, _COUNT_TO_RESUME, criteria, pace.last) > 0
    return done


class _Pace:
    """How far a request has come, and whether it still may go on."""

    def __init__(self) -> None:
        self.last = UUID(int=0)
        self._until = time.monotonic() + MOST_SECONDS
        self._exhausted = False

    def goes_on(self, done: _Done) -> bool:
        return not self._exhausted and done.matched < MOST and time.monotonic() < self._until

    def did(self, runs: Sequence[UUID], done: _Done) -> None:
        done.matched += len(runs)
        self._exhausted = len(runs) < _BATCH
        self.last = runs[-1] if runs else self.last

    @property
    def cut_off(self) -> bool:
        return not self._exhausted


async def _resumed(scope: Scope, runs: Sequence[UUID], sent: ExecutionResume) -> dict[UUID, ProblemError]:
    """What is refused; a refusal is raised before anything of its run is written."""
    refused: dict[UUID, ProblemError] = {}
    async with tenancy.transaction(scope) as inner:
        for run in runs:
            try:
                await execution_control.resume(inner, run, sent)
            except WriteConflictError:
                raise
            except ProblemError as exc:
                if exc.status >= 500:
                    raise
                refused[run] = exc
    return refused


async def _counted(scope: Scope, statement: tenancy.Statement, criteria: Sequence[object], done: T) -> T:
    done.matched = await _matched(scope, statement, criteria, UUID(int=0))
    done.more = done.matched > MOST
    return done


async def _matched(scope: Scope, statement: tenancy.Statement, criteria: Sequence[object], last: UUID) -> int:
    row = await tenancy.fetchrow(scope, statement, last, *criteria)
    return 0 if row is None else int(row["matched"])


def _criteria(given: CancelFilter | ResumeFilter, statuses: Sequence[str]) -> list[object]:
    if all(value is None for value in msgspec.structs.astuple(given)):
        detail = f"write one or more of {', '.join(sorted(given.__struct_encode_fields__))}"
        raise InvalidError(findings=[Finding("empty_filter", detail, "/filter")])
    chosen = [given.status] if given.status else None if given.ids else list(statuses)
    times: list[datetime | None] = [given.created_after, given.created_before]
    return [chosen, given.flow_id, given.version, *times, given.ids]
