"""The embedded Postgres after real kills: of it, of what started it, of half of it."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests.acceptance.embedded_server import HOLDER, alive, kill, plant_pid, run, script, told, until
from tolstoy.db.embedded import leased, running, start, stop

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to leave zombies")


def test_the_server_of_a_killed_owner_is_adopted_and_stopped_at_the_end(data: Path) -> None:
    """Kill -9 leaves Postgres up and no claim on it."""
    with script(HOLDER, data) as owner:
        pid = int(told(owner))
        owner.kill()
        owner.wait()
    assert alive(pid)
    with leased(data) as server:
        assert server.pid == pid
        assert run(server, "SELECT 1") == 1
    until(lambda: not alive(pid))


def test_a_killed_postmaster_is_replaced(data: Path) -> None:
    """Committed rows are there after the recovery."""
    killed = start(data)
    run(killed, "CREATE TABLE kept AS SELECT 42 AS n")
    kill(killed.pid)
    server = start(data)
    assert server.pid != killed.pid
    assert run(server, "SELECT n FROM kept") == 42


@on_linux
def test_a_zombie_postmaster_does_not_count_as_running(data: Path) -> None:
    """As in a container whose first process does not reap: there the killed stay in the process table."""
    source = """
        import ctypes, os, signal, sys
        from pathlib import Path
        import psutil
        from tolstoy.db.embedded import running, start, stop

        data, subreaper = Path(sys.argv[1]), 36
        assert ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0) == 0
        killed = start(data).pid
        os.kill(killed, signal.SIGKILL)
        while (status := psutil.Process(killed).status()) != "zombie":
            pass
        print(status, running(data), start(data).pid != killed, stop(data), stop(data))
    """
    with script(source, data) as process:
        assert told(process) == "zombie None True True False"


def test_a_busy_backend_of_a_killed_postmaster_gives_way(data: Path) -> None:
    """It does not notice that its postmaster is gone, and would keep the next one out until it finishes."""

    async def orphan() -> int:
        server = start(data)
        busy, watch = await asyncpg.connect(server.url()), await asyncpg.connect(server.url())
        pid: int = busy.get_server_pid()
        work = asyncio.create_task(busy.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
        while not await watch.fetchval("SELECT state = 'active' FROM pg_stat_activity WHERE pid = $1", pid):
            await asyncio.sleep(0.01)
        kill(server.pid)
        watch.terminate()
        assert alive(pid)
        await asyncio.to_thread(start, data)
        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)):
            await work
        return pid

    assert not alive(asyncio.run(orphan()))
    server = running(data)
    assert server and run(server, "SELECT 1") == 1


def test_a_pid_that_another_program_got_is_not_the_server(data: Path) -> None:
    """As after a container's restart, where pids are small and soon used again."""
    start(data)
    stop(data)
    plant_pid(data, os.getpid())
    assert running(data) is None
    assert stop(data) is False
    assert run(start(data), "SELECT 1") == 1


def test_a_pid_that_another_folders_postgres_got_is_not_the_server(data: Path, short: Path) -> None:
    """The other is neither used nor stopped."""
    start(data)
    stop(data)
    other = start(short / "data")
    plant_pid(data, other.pid)
    assert running(data) is None
    assert stop(data) is False
    assert start(data).pid != other.pid
    stop(data)
    assert running(short / "data") == other


def test_a_killed_initdb_leaves_nothing_in_the_way(data: Path) -> None:
    """Half a cluster is not taken for one, and is cleared away."""
    with script(HOLDER, data) as one:
        until(lambda: any(data.glob("cluster.*/base")))
        killed = [psutil.Process(one.pid), *psutil.Process(one.pid).children(recursive=True)]
        for process in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        one.wait()
    assert not (data / "cluster").exists()
    assert any(data.glob("cluster.*"))
    assert run(start(data), "SELECT 1") == 1
    assert not any(data.glob("cluster.*"))


def test_a_shutdown_that_hangs_becomes_immediate(data: Path) -> None:
    """A backend that is stopped hears no polite request."""

    async def hang() -> None:
        connection = await asyncpg.connect(start(data).url())
        os.kill(connection.get_server_pid(), signal.SIGSTOP)
        stopping = asyncio.create_task(asyncio.to_thread(stop, data, timeout_seconds=0.1))
        log = data / "server.log"
        await asyncio.to_thread(until, lambda: "immediate shutdown" in log.read_text())
        os.kill(connection.get_server_pid(), signal.SIGCONT)  # else Postgres gives it 5 s more
        assert await stopping
        connection.terminate()

    asyncio.run(hang())
    assert running(data) is None
