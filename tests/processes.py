"""The real service as a process of its own, for tests to talk to, stop and kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Started:
    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def signal_group(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Stop it, and whatever becomes of that, leave nothing of it."""
        try:
            self.stop()
        finally:
            if self.process.poll() is None:
                self.signal_group(signal.SIGKILL)
                self.process.wait(10)


@dataclass
class Worker(Started):
    def works(self) -> bool:
        """Whether it takes jobs by now."""
        if self.process.poll() is not None:
            raise AssertionError(f"the worker ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        return '"worker_works"' in self.log()


@dataclass
class Served(Started):
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_up(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the service ended with {self.process.returncode}:\n{self.log()[-3000:]}"
                )
            try:
                if httpx.get(f"{self.url}/health", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the service does not answer:\n{self.log()[-3000:]}")


def start(folder: Path, settings: Mapping[str, str], *arguments: str) -> Served:
    """Start `tolstoy serve`; `settings` are all it is told, with a free PORT unless they have one."""
    port = int(settings.get("PORT") or free_port())
    log_file = folder / f"serve-{port}.log"
    process = _run(folder, log_file, {"PORT": str(port), **settings}, "tolstoy", "serve", *arguments)
    return Served(process, log_file, port)


def start_worker(folder: Path, settings: Mapping[str, str], name: str = "worker") -> Worker:
    """Start `tolstoy worker`; the same name again adds to the same log."""
    log_file = folder / f"{name}.log"
    return Worker(_run(folder, log_file, settings, "tolstoy", "worker"), log_file)


def start_tool(folder: Path) -> Served:
    """Start the echo server of tests/engine."""
    port = free_port()
    log_file = folder / f"tool-{port}.log"
    source = {"PYTHONPATH": str(Path(__file__).parents[1])}
    return Served(_run(folder, log_file, source, "tests.engine.echo_server", str(port)), log_file, port)


def _run(folder: Path, log_file: Path, settings: Mapping[str, str], *module: str) -> subprocess.Popen[bytes]:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "json",
        **settings,
    }
    with log_file.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


@contextmanager
def serving(folder: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    served = start(folder, settings)
    try:
        served.wait_until_up()
        yield served
    finally:
        served.end()
