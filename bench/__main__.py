"""`make bench`: every figure of one run on one machine, Tolstoy beside what is written by hand on the same Postgres.

`python -m bench` measures all, `python -m bench engine`, `audit` or `api` that part, `engine.http3 engine.fair`,
`api.key` or `api.oidc`, only these.
`BENCH_RUNS=100000` lets the memory be watched over as many runs.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Set
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import audit, engine, rounds, servers, tenant
from bench.figures import Figures
from bench.issuer import issuing
from bench.load import Load
from bench.rounds import Side
from bench.servers import Server
from bench.tenant import Tenant
from tolstoy.core.settings import Settings

STARTS = 3
WARM_REQUESTS, ALL_REQUESTS = 20_000, 100_000


def main(wanted: list[str]) -> None:
    figures = Figures()
    figures.add("machine.cores", len(os.sched_getaffinity(0)))
    if not wanted or "api" in wanted:
        with _folder() as folder:
            _api(figures, folder)
    elif proofs := {"api.key", "api.oidc"}.intersection(wanted):
        with _folder() as folder:
            _proofs(figures, folder, proofs)
    if not wanted or "audit" in wanted:
        with _folder() as folder:
            audit.measure(figures, folder)
    if chosen := engine.chosen(wanted):
        with _folder() as folder:
            engine.measure(figures, folder, chosen)
    figures.write()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tolstoy-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # root's Postgres runs as another user, who has to pass through
        yield folder


def _api(figures: Figures, folder: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as sender:
        subject = _start_up(figures, folder)
        with servers.tolstoy(folder) as api:
            address = servers.owner_address(folder)
            asyncio.run(tenant.neighbours(address))
            with servers.tolstoy(folder, WORKERS="2") as two:
                _two_workers(figures, sender, subject, api, two)
            # many more than are sent: what is measured is the counting
            with servers.tolstoy(folder, RATE_LIMIT="1000000", RATE_LIMIT_PER_USER="1000000") as limited:
                _limited(figures, sender, subject, api, limited)
            with servers.bare(folder, address, Settings().pool_size) as bare:
                for kind, requests in (
                    ("get", subject.gets()),
                    ("list", subject.lists()),
                    ("post", subject.posts()),
                ):
                    _against_bare(figures, sender, kind, Side(api, requests), Side(bare, requests))
        with servers.tolstoy(folder) as api:
            _by_key(figures, sender, subject, folder, api)
            _by_token(figures, sender, subject, folder, api)
        with servers.tolstoy(folder) as api:
            _memory(figures, sender, subject, api)


def _start_up(figures: Figures, folder: Path) -> Tenant:
    with servers.tolstoy(folder) as first:
        figures.add("api.first_start_s", first.started_in)
        subject = tenant.create(first)
    times = []
    for _ in range(STARTS):
        with servers.tolstoy(folder) as again:
            times.append(again.started_in)
    figures.add("api.start_s", median(times))
    return subject


def _against_bare(figures: Figures, sender: Executor, kind: str, api: Side, bare: Side) -> None:
    ours, theirs = rounds.compare(sender, api, bare)
    figures.add(f"api.{kind}.ratio", rounds.ratio(ours, theirs))
    # of what the server itself takes for a request: steadier where other programs use the machine as well
    figures.add(f"api.{kind}.cpu_ratio", rounds.cpu_ratio(ours, theirs))
    for name, turns in (("api", ours), ("bare", theirs)):
        figures.add(f"{name}.{kind}.rps", median(turn.per_second for turn in turns))
        figures.add(f"{name}.{kind}.cpu_us", median(turn.cpu_us for turn in turns))
    figures.add(f"load.{kind}.busy", max(turn.load_cpu for turn in (*ours, *theirs)))


def _two_workers(figures: Figures, sender: Executor, subject: Tenant, one: Server, two: Server) -> None:
    requests = subject.gets()
    single, double = rounds.compare(sender, Side(one, requests), Side(two, requests))
    figures.add("api.workers2.ratio", rounds.ratio(double, single))
    figures.add("api.workers2.rps", median(turn.per_second for turn in double))


def _proofs(figures: Figures, folder: Path, proofs: Set[str]) -> None:
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as sender,
        servers.tolstoy(folder) as api,
    ):
        subject = tenant.create(api)
        asyncio.run(tenant.neighbours(servers.owner_address(folder)))
        if "api.key" in proofs:
            _by_key(figures, sender, subject, folder, api)
        if "api.oidc" in proofs:
            _by_token(figures, sender, subject, folder, api)


def _by_key(figures: Figures, sender: Executor, subject: Tenant, folder: Path, believing: Server) -> None:
    with servers.tolstoy(folder, AUTH_MODE="api-key") as asking:
        _proven(
            "key",
            figures,
            sender,
            Side(asking, subject.by_key(believing).gets()),
            Side(believing, subject.gets()),
        )


def _by_token(figures: Figures, sender: Executor, subject: Tenant, folder: Path, believing: Server) -> None:
    with issuing() as issuer, servers.tolstoy(folder, **issuer.settings) as asking:
        known = subject.by_token(believing, issuer)
        _proven("oidc", figures, sender, Side(asking, known.gets()), Side(believing, subject.gets()))


def _proven(kind: str, figures: Figures, sender: Executor, asking: Side, believing: Side) -> None:
    """What proving who asks costs, against headers that are believed."""
    proven, believed = rounds.compare(sender, asking, believing)
    figures.add(f"api.{kind}.ratio", rounds.ratio(proven, believed))
    figures.add(f"api.{kind}.cpu_ratio", rounds.cpu_ratio(proven, believed))
    figures.add(f"api.{kind}.rps", median(turn.per_second for turn in proven))
    figures.add(f"api.{kind}.headers_rps", median(turn.per_second for turn in believed))


def _limited(figures: Figures, sender: Executor, subject: Tenant, free: Server, limited: Server) -> None:
    requests = subject.gets()
    without, counted = rounds.compare(sender, Side(free, requests), Side(limited, requests))
    figures.add("api.limited.ratio", rounds.ratio(counted, without))
    figures.add("api.limited.cpu_ratio", rounds.cpu_ratio(counted, without))


def _memory(figures: Figures, sender: Executor, subject: Tenant, api: Server) -> None:
    requests = subject.mixed()
    rounds.send(sender, Load(api.port, requests, count=WARM_REQUESTS))
    warm = api.rss_mb()
    rounds.send(sender, Load(api.port, requests, count=ALL_REQUESTS - WARM_REQUESTS))
    figures.add("api.rss_mb", api.rss_mb())
    figures.add("api.rss_growth_mb", api.rss_mb() - warm)


if __name__ == "__main__":
    main(sys.argv[1:])
