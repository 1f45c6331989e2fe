"""`tolstoy serve` on an embedded Postgres of its own, and what is left of it when it should be gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psutil

from tests.acceptance.embedded_server import until
from tests.processes import Served, start

STOPPED_BY_CTRL_C = (0, 128 + signal.SIGINT, -signal.SIGINT)


def cluster(folder: Path) -> Path:
    return folder / ".tolstoy" / "postgres" / "cluster"


def left_in(folder: Path) -> list[psutil.Process]:
    """The living processes that work in the folder: the service, its workers, and Postgres in its cluster."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(process)
    return found


def names_of(processes: list[psutil.Process]) -> set[str]:
    names = set()
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):  # it has ended meanwhile
            names.add(process.name())
    return names


def nothing_is_left_in(folder: Path) -> bool:
    """Python's own tracker of shared resources ends a moment after the process that it served."""
    until(lambda: left_in(folder) == [], seconds=2)
    return True


def postgres_of(folder: Path) -> int:
    return int((cluster(folder) / "postmaster.pid").read_text().split()[0])


def kill_all(folder: Path) -> None:
    """Kill -9 of everything in the folder, again and again until nothing new appears."""
    while processes := left_in(folder):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in processes:
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(5)


@contextlib.contextmanager
def serving_in(folder: Path, settings: Mapping[str, str] = {}, *arguments: str) -> Iterator[Served]:
    """Whatever the test does to it, nothing of it outlives the test."""
    served = start(folder, settings, *arguments)
    try:
        served.wait_until_up()
        yield served
    finally:
        if served.process.poll() is None:
            served.signal_group(signal.SIGKILL)
        served.process.wait(10)


def ended_by(served: Served, number: signal.Signals) -> int:
    """The exit code after a signal to the whole group, as a terminal sends it."""
    served.signal_group(number)
    return served.process.wait(30)


def copied(data: Path, folder: Path) -> None:
    """Give the folder a database that another start has made; Postgres's files keep their owner."""
    subprocess.run(["cp", "-a", str(data), str(folder / ".tolstoy")], check=True)


def created(served: Served, name: str) -> str:
    made = httpx.post(f"{served.url}/organizations", json={"name": name}, timeout=20)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def name_of(served: Served, organization_id: str) -> str:
    found = httpx.get(f"{served.url}/organizations/{organization_id}", timeout=20)
    assert found.status_code == 200, found.text
    return str(found.json()["name"])


def refused(folder: Path, settings: Mapping[str, str], *arguments: str) -> str:
    """What a start that must not succeed says."""
    served = start(folder, settings, *arguments)
    try:
        assert served.process.wait(60) == 1, served.log()
    finally:
        if served.process.poll() is None:
            os.killpg(served.process.pid, signal.SIGKILL)
    return served.log()
