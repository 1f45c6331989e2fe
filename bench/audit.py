"""What the audit log costs a write: the same server with its triggers on tools, and with them switched off.

Writers of one organization wait for each other from the event to the end of the transaction, those of different ones
do not: so creations are sent to one organization, and to as many as there are connections.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from statistics import median

import asyncpg

from bench import rounds, servers, tenant
from bench.figures import Figures
from bench.load import Load
from bench.servers import Server

ROUNDS = 5
SECONDS = 2.5


def measure(figures: Figures, folder: Path) -> None:
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as sender,
        servers.tolstoy(folder, RUN_WORKER="false") as api,
    ):
        address = servers.owner_address(folder)
        one = tenant.create(api).posts()
        many = [tenant.create(api).posts()[number] for number in range(tenant.CONNECTIONS)]
        for kind, requests in (("one", one), ("many", many)):
            _compare(figures, kind, sender, api, address, requests)


def _compare(
    figures: Figures,
    kind: str,
    sender: Executor,
    api: Server,
    address: str,
    requests: Sequence[Sequence[bytes]],
) -> None:
    rates: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for told in (True, False) if number % 2 else (False, True):
            asyncio.run(_switch(address, told))
            rates[told].append(rounds.send(sender, Load(api.port, requests, seconds=SECONDS)).per_second)
    asyncio.run(_switch(address, True))
    figures.add(f"audit.{kind}.rps", median(rates[True]))
    figures.add(f"audit.{kind}.untold_rps", median(rates[False]))
    figures.add(f"audit.{kind}.ratio", median(a / b for a, b in zip(rates[True], rates[False], strict=True)))


async def _switch(address: str, told: bool) -> None:
    connection = await asyncpg.connect(address)
    try:
        does = "ENABLE" if told else "DISABLE"
        await connection.execute(f"ALTER TABLE tools {does} TRIGGER tools_audited")
    finally:
        await connection.close()
