"""Runs what a worker has claimed, until it ends, waits, or is another worker's."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import asyncpg
import msgspec

from tolstoy.core import log, moments
from tolstoy.core.errors import UnavailableError
from tolstoy.db import tenancy
from tolstoy.db.database import Database
from tolstoy.domain import callbacks, flow_credentials
from tolstoy.domain.canonical import canonical
from tolstoy.engine import credential, endings, recall
from tolstoy.engine.actions import Actions
from tolstoy.engine.authority import Authority
from tolstoy.engine.credential import Credential
from tolstoy.engine.drive import drive
from tolstoy.engine.failures import HandedBackError
from tolstoy.engine.frame import Facts
from tolstoy.engine.journal import Journal, LostLeaseError, Record, outlasting
from tolstoy.engine.live import LiveEffects
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.plan import Plan, compile_document, of_action
from tolstoy.engine.run import Identity, Run
from tolstoy.engine.trail import Trail, cancelled
from tolstoy.engine.weighed import Weighed

MOST_CLAIMS = 10  # without getting on: then it is the run that ends its workers
_PLANS_KEPT_BYTES = 8 << 20  # of their documents; a plan takes some hundred times as much
_DOCUMENT = tenancy.reading(
    "SELECT document FROM flow_versions WHERE org_id = $1 AND flow_id = $3 AND version = $4"
)

_SIGNALLED = tenancy.reading(
    "SELECT id, cancel_requested_at IS NOT NULL AS cancelled FROM executions"
    " WHERE org_id = $1 AND id = ANY ($3::uuid[]) AND (signalled OR cancel_requested_at IS NOT NULL)"
)


class Runner:
    def __init__(
        self, database: Database, outbounds: Outbounds, *, max_payload_bytes: int, public_url: str
    ) -> None:
        self._database = database
        self._outbounds = outbounds
        self._authority = Authority(database, outbounds)
        self._journal = Journal(database, outbounds.hear)
        self._actions = Actions(database)
        self._plans: Weighed[tuple[UUID, UUID | str, int], Plan] = Weighed(_PLANS_KEPT_BYTES)
        self._max_payload_bytes = max_payload_bytes
        self._public_url = public_url
        self.running: dict[UUID, Run] = {}

    async def work(self, org_id: UUID, execution_id: UUID, job: int) -> None:
        """All that can be done of a run now; raises HandedBackError."""
        row = await self._journal.claim(org_id, execution_id, job)
        if row is None:
            return
        try:
            if row["claims"] > MOST_CLAIMS:
                await self._give_up(row)
                return
            run = await self._prepared(row)
            before = self.running.get(execution_id)
            if before is not None:  # its job was thought dead and handed out again, to this very process
                before.stop(LostLeaseError())
            self.running[execution_id] = run
            if row["cancel_requested_at"] is not None:
                run.stop(cancelled())
            try:
                await drive(run)
            finally:
                if self.running.get(execution_id) is run:
                    del self.running[execution_id]
        except LostLeaseError:
            log.get().warning("a run is another worker's now", action="lease_lost", execution_id=execution_id)
        except HandedBackError:
            with contextlib.suppress(LostLeaseError, UnavailableError):
                await self._journal.record(org_id, Record(row["id"], row["epoch"], [], handed_back=True))
            raise
        except UnavailableError:
            raise
        except Exception as exc:
            # a mistake of ours: the run must end and say so, rather than go round for ever
            log.get().error("a run failed", action="run_broke", execution_id=execution_id, exc_info=exc)
            with contextlib.suppress(LostLeaseError):
                await endings.end(self._database, self._journal, row, "failed", endings.BROKEN)

    async def _give_up(self, row: asyncpg.Record) -> None:
        """Without a look at its state: it may be that which ends its workers."""
        if row["cancel_requested_at"] is not None:
            await endings.end(self._database, self._journal, row, "cancelled", cancelled().error)
        else:
            error = endings.crashed(row["claims"])
            await endings.end(self._database, self._journal, row, "failed", error)

    async def signal(self, execution_id: UUID) -> None:
        """Something happened to a run that may be here: what it waits for, or a cancel."""
        if (run := self.running.get(execution_id)) is not None:
            await self._look(run.identity.org_id, [execution_id])

    async def look(self) -> None:
        """As `signal` for every run here, since a notification may be lost."""
        by_org: dict[UUID, list[UUID]] = {}
        for run in self.running.values():
            by_org.setdefault(run.identity.org_id, []).append(run.identity.id)
        for org_id, runs in by_org.items():
            await self._look(org_id, runs)

    async def _look(self, org_id: UUID, runs: list[UUID]) -> None:
        for row in await tenancy.fetch(tenancy.engine(self._database, org_id), _SIGNALLED, runs):
            run = self.running.get(row["id"])
            if run is not None and row["cancelled"]:
                run.stop(cancelled())
            elif run is not None:
                run.signal()

    def hand_back(self) -> None:
        """Leave every run where it is, for other workers."""
        for run in self.running.values():
            run.stop(HandedBackError())

    async def _prepared(self, row: asyncpg.Record) -> Run:
        org_id, run_id = row["org_id"], row["id"]
        plan = await self._plan(row)
        actions = await self._actions.named(org_id, plan.actions)
        recalled, undone = (
            ({}, {}) if row["epoch"] == 1 else await recall.read(self._database, org_id, run_id)
        )
        identity = Identity(org_id, run_id, row["user_id"], row["depth"], row["deadline_at"])
        secret: bytes = row["callback_secret"]

        def callback(path: str) -> str:
            return f"{self._public_url}/callbacks/{callbacks.write(org_id, run_id, path, secret)}"

        execution = {
            "id": str(run_id),
            "flowId": None if row["flow_id"] is None else str(row["flow_id"]),
            "version": row["version"],
            "trigger": row["trigger"],
            "createdAt": moments.text(row["created_at"]),
        }
        facts = Facts(canonical(msgspec.json.decode(row["inputs"])), execution, callback, plan.loops)
        trail = Trail(org_id, run_id, row["epoch"], self._journal, recalled, undone)
        effects = LiveEffects(
            self._database,
            self._outbounds,
            self._authority,
            identity,
            max_payload_bytes=self._max_payload_bytes,
        )
        return Run(identity, plan, facts, actions, trail, effects, await self._named(org_id, plan))

    async def _named(self, org_id: UUID, plan: Plan) -> dict[UUID, Credential]:
        """The credentials that http steps name; flows without such steps pay no round trip for them."""
        if not plan.credentials:
            return {}
        scope, ids = tenancy.engine(self._database, org_id), sorted(plan.credentials)
        return credential.by_id(
            await outlasting(lambda: tenancy.fetch(scope, flow_credentials.FOR_CALLS, ids))
        )

    async def _plan(self, row: asyncpg.Record) -> Plan:
        key = (row["org_id"], row["flow_id"] or row["action_key"], row["version"] or 0)
        plan = self._plans.get(key)
        if plan is None:
            plan, size = await self._compiled(row)
            self._plans.put(key, plan, size)
        return plan

    async def _compiled(self, row: asyncpg.Record) -> tuple[Plan, int]:
        if row["flow_id"] is None:
            return of_action(row["action_key"]), 1
        text = await self._document(row)
        # a large one takes seconds, and the others' leases would run out meanwhile
        plan = await asyncio.to_thread(lambda: compile_document(msgspec.json.decode(text)))
        return plan, len(text)

    async def _document(self, row: asyncpg.Record) -> str:
        scope = tenancy.engine(self._database, row["org_id"])
        found = await outlasting(lambda: tenancy.fetchrow(scope, _DOCUMENT, row["flow_id"], row["version"]))
        if found is None:
            raise RuntimeError(f"flow {row['flow_id']} has no version {row['version']}")
        return str(found["document"])
