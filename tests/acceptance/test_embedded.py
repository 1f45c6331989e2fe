"""The embedded Postgres: started, shared and stopped."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from tests.acceptance.embedded_server import HOLDER, alive, run, script, told, until
from tolstoy.db import embedded
from tolstoy.db.embedded import EmbeddedPostgres, leased, running, start, stop


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
    url = EmbeddedPostgres(Path("/d"), 1, Path("/a b/é")).url(user="o@r", database="x/y?")
    assert url == "postgresql://o%40r@/x%2Fy%3F?host=/a%20b/%C3%A9&port=5432"


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
    until(lambda: not any(map(alive, pids)))


def test_a_big_log_is_put_aside_at_start(data: Path) -> None:
    """One old log is kept."""
    data.mkdir()
    with (data / "server.log").open("w") as log:
        log.truncate(embedded.LOG_LIMIT + 1)
    start(data)
    assert (data / "server.log").stat().st_size < embedded.LOG_LIMIT
    assert (data / "server.log.1").stat().st_size > embedded.LOG_LIMIT
