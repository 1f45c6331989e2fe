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
class Served:
    process: subprocess.Popen[bytes]
    port: int
    log_file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

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

    def signal_group(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


def start(folder: Path, settings: Mapping[str, str], *arguments: str) -> Served:
    """Start `tolstoy serve`; `settings` are all it is told, with a free PORT unless they have one."""
    port = int(settings.get("PORT") or free_port())
    log_file = folder / f"serve-{port}.log"
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "json",
        "PORT": str(port),
        **settings,
    }
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tolstoy", "serve", *arguments],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Served(process, port, log_file)


@contextmanager
def serving(folder: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    served = start(folder, settings)
    try:
        served.wait_until_up()
        yield served
    finally:
        try:
            served.stop()
        finally:
            if served.process.poll() is None:
                served.signal_group(signal.SIGKILL)
                served.process.wait(10)
