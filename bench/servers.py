"""The servers that are measured, each a process of its own, as it is shipped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from tolstoy.cli.addresses import EMBEDDED_OWNER
from tolstoy.db import embedded

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    process: psutil.Process
    port: int
    started_in: float

    def cpu_seconds(self) -> float:
        """Of the process and its workers."""
        return sum(
            _cpu_seconds(process) for process in (self.process, *self.process.children(recursive=True))
        )

    def rss_mb(self) -> float:
        return self.process.memory_info().rss / 1024**2

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {content!r}")
        return content


@contextmanager
def tolstoy(folder: Path, **settings: str) -> Iterator[Server]:
    """`tolstoy serve` with production's logging, on the embedded Postgres of `folder`."""
    shipped = {"AUTH_MODE": "headers", "LOG_FORMAT": "json", "ACCESS_LOG": "true"}
    told = {"DATA_DIR": str(folder / "data"), **shipped, **settings}
    with _started(folder, [sys.executable, "-m", "tolstoy", "serve"], told) as server:
        yield server


@contextmanager
def bare(folder: Path, address: str, pool_size: int) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, "-m", "bench.bare", str(port), address, str(pool_size)]
    with _started(folder, command, {"PYTHONPATH": str(ROOT), "PORT": str(port)}) as server:
        yield server


@contextmanager
def worker(folder: Path, database_url: str, direct_url: str, **settings: str) -> Iterator[psutil.Process]:
    """`tolstoy worker` with production's logging, from when it takes jobs."""
    urls = {"DATABASE_URL": database_url, "DIRECT_URL": direct_url}
    told = {**urls, "EGRESS_ALLOW": "127.0.0.1/32", "LOG_FORMAT": "json", **settings}
    log = folder / f"worker-{time.monotonic_ns()}.log"
    with _process(folder, log, [sys.executable, "-m", "tolstoy", "worker"], told) as popen:
        _until(popen, log, lambda: b'"worker_works"' in log.read_bytes())
        yield psutil.Process(popen.pid)


@contextmanager
def tool(folder: Path) -> Iterator[int]:
    """The tool that the flows call; answers with its port."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.engine_tool", str(port)]
    with _process(folder, folder / "tool.log", command, {"PYTHONPATH": str(ROOT)}) as popen:
        _until(popen, folder / "tool.log", lambda: _answers(port))
        yield port


def script(module: str, *arguments: str) -> str:
    """What a Python program of this folder prints."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def _started(folder: Path, command: list[str], settings: Mapping[str, str]) -> Iterator[Server]:
    port = int(settings.get("PORT") or _free_port())
    log = folder / f"{port}.log"
    began = time.perf_counter()
    with _process(folder, log, command, {"PORT": str(port), **settings}) as popen:
        _until(popen, log, lambda: _answers(port))
        yield Server(psutil.Process(popen.pid), port, time.perf_counter() - began)


@contextmanager
def _process(
    folder: Path, log: Path, command: list[str], settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with log.open("wb") as out:
        popen = subprocess.Popen(
            command,
            env={**kept, **settings},
            cwd=folder,  # where no .env lies
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield popen
    finally:
        _stop(popen)
        log.unlink()


def _until(popen: subprocess.Popen[bytes], log: Path, up: Callable[[], bool]) -> None:
    began = time.perf_counter()
    while not up():
        if popen.poll() is not None or time.perf_counter() - began > 60:
            raise RuntimeError(f"{popen.args!r} does not serve:\n{log.read_text()[-3000:]}")
        time.sleep(0.005)


def _stop(popen: subprocess.Popen[bytes]) -> None:
    popen.terminate()
    try:
        popen.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def owner_address(folder: Path) -> str:
    server = embedded.running(folder / "data" / "postgres")
    assert server is not None, "Tolstoy serves on it"
    return server.url(user=EMBEDDED_OWNER)
