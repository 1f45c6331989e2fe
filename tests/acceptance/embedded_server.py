"""Processes that use the embedded server, and what can be asked of it and done to it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil

from tolstoy.db.embedded import EmbeddedPostgres

HOLDER = """
    import sys
    from pathlib import Path
    from tolstoy.db.embedded import leased

    with leased(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        sys.stdin.read()
"""


@contextlib.contextmanager
def script(source: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs this Python."""
    command = [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> str:
    """The next line the process prints."""
    assert process.stdout
    return process.stdout.readline().strip()


def run(server: EmbeddedPostgres, *statements: str) -> object:
    """The last statement's value, over asyncpg."""

    async def values() -> list[object]:
        connection = await asyncpg.connect(server.url())
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return asyncio.run(values())[-1]


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what must come true; the deadline only ends a test that hangs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether a process runs, zombies not counted."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def kill(pid: int) -> None:
    """Kill -9, and see it dead."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))


def plant_pid(data: Path, pid: int) -> None:
    """Leave the files of a server that was killed, its pid now that of another process."""
    left = f"{pid}\n{data / 'cluster'}\n1700000000\n5432\n.\n"
    (data / "cluster" / "postmaster.pid").write_text(f"{left}\n  1 1\nready   \n")
    (data / "cluster" / ".s.PGSQL.5432.lock").write_text(left)
