"""`tolstoy serve` without DATABASE_URL: one command that brings its own Postgres, and leaves nothing running."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.acceptance.embedded_server import until
from tests.acceptance.embedded_service import (
    STOPPED_BY_CTRL_C,
    cluster,
    created,
    ended_by,
    left_in,
    name_of,
    names_of,
    nothing_is_left_in,
    postgres_of,
    refused,
    serving_in,
)
from tests.conftest import Databases
from tests.processes import Served, free_port, start

REPOSITORY = Path(__file__).parents[2]


def test_a_first_start_makes_all_it_needs_and_says_how_to_go_on(new_home: Path) -> None:
    """Database, schema, address, and a first request that works as it is printed; the next start finds it."""
    with serving_in(new_home) as served:
        status = httpx.get(f"{served.url}/status", timeout=20)
        assert status.status_code == 200
        assert status.json()["migrations"]["status"] == "current"

        until(lambda: "Ctrl-C stops it" in served.log())
        said = served.log()
        assert f"answers on http://localhost:{served.port}, with an embedded Postgres in .tolstoy" in said
        assert f"http://localhost:{served.port}/docs" in said
        assert re.search(r"tolstoy db seed$", said, re.M)
        command = re.search(r"curl -X POST (?:.*\\\n)*.*", said)
        assert command
        answer = subprocess.run(
            ["bash", "-c", f"{command[0].replace('curl', 'curl -sS')}"], capture_output=True, text=True
        )
        assert '"email":"me@example.com"' in answer.stdout, answer
        organization = httpx.get(f"{served.url}/organizations", timeout=20).json()["data"][0]

        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert nothing_is_left_in(new_home)
        assert "Traceback" not in served.log()
    with serving_in(new_home) as served:
        assert name_of(served, organization["id"]) == "My Organization"
        assert "migrated" not in served.log().partition("Ctrl-C")[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_end_it_end_it_as_well(home: Path, number: signal.Signals) -> None:
    """A process manager's SIGTERM to the service alone; a terminal window that is closed."""
    with serving_in(home) as served:
        assert served.stop(number) == 0
        assert nothing_is_left_in(home)


def test_ctrl_c_in_a_real_terminal(home: Path) -> None:
    """Pressed twice, as people do."""
    port = free_port()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve(sys.executable, [sys.executable, "-m", "tolstoy", "serve"], {"PORT": str(port)})  # noqa: S606
    said = b""

    def read() -> bytes:
        nonlocal said
        while select.select([terminal], [], [], 0.05)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:  # the other side is closed
                break
        return said

    until(lambda: b"Ctrl-C stops it" in read())
    assert b"PRODUCTION mode" not in said  # Sanic's warning in a terminal
    os.write(terminal, b"\x03")
    time.sleep(0.03)
    os.write(terminal, b"\x03")
    until(lambda: (read(), psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)[1])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in STOPPED_BY_CTRL_C
    assert nothing_is_left_in(home)
    assert b"Traceback" not in said
    os.close(terminal)


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.1, 1.5])
def test_ctrl_c_while_it_starts_leaves_nothing(new_home: Path, seconds: float) -> None:
    """In the imports, in initdb, in Postgres's start or in the migrations: and the next start succeeds."""
    served = start(new_home, {})
    time.sleep(seconds)
    assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C, served.log()
    assert nothing_is_left_in(new_home)


def test_a_killed_service_leaves_a_postgres_that_the_next_start_adopts(home: Path) -> None:
    """And stops at the end, as if it had started it."""
    with serving_in(home) as killed:
        organization_id = created(killed, "kept")
        server = postgres_of(home)
        killed.process.kill()
        killed.process.wait()
        assert psutil.pid_exists(server)
    with serving_in(home) as served:
        assert postgres_of(home) == server
        assert name_of(served, organization_id) == "kept"
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert nothing_is_left_in(home)


def test_two_services_share_one_database_and_the_last_to_end_stops_it(home: Path) -> None:
    with serving_in(home) as first, serving_in(home) as second:
        organization_id = created(first, "shared")
        assert ended_by(first, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert name_of(second, organization_id) == "shared"
        assert created(second, "after the first has ended")
        assert ended_by(second, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert nothing_is_left_in(home)


def test_two_first_starts_at_once_make_one_database(new_home: Path) -> None:
    with serving_in(new_home) as first, serving_in(new_home) as second:
        assert name_of(second, created(first, "shared")) == "shared"
        for served in (first, second):
            assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
    assert nothing_is_left_in(new_home)


def test_where_database_url_is_set_no_server_is_started(new_home: Path, database: Databases) -> None:
    urls = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving_in(new_home, {**urls, "RUN_WORKER": "false"}) as served:
        assert created(served, "elsewhere")
        assert [process.pid for process in left_in(new_home)] == [served.process.pid]
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
    # the key of stored secrets is kept there all the same
    assert [entry.name for entry in (new_home / ".tolstoy").iterdir()] == ["app.key"]


def test_a_port_in_use_is_told_before_anything_is_started(new_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(new_home, {"PORT": str(port)})
    assert said == (
        f"tolstoy: PORT: {port} is in use on 127.0.0.1; stop what listens there, or write another port\n"
    )
    assert not (new_home / ".tolstoy").exists()


def test_a_host_that_is_not_here_is_told(new_home: Path) -> None:
    assert refused(new_home, {"HOST": "192.0.2.1"}).startswith(
        "tolstoy: HOST: '192.0.2.1' is no address of this"
    )


def test_a_data_dir_that_cannot_be_written_is_named(new_home: Path) -> None:
    """/proc takes no folders, not even root's."""
    said = refused(new_home, {"DATA_DIR": "/proc/data"})
    assert re.fullmatch(r"tolstoy: Postgres cannot use /proc/data/postgres: .*\(DATA_DIR\)\.\n", said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_dir_is_named(new_home: Path) -> None:
    new_home.chmod(0o500)
    try:
        said = refused(new_home.parent, {"DATA_DIR": str(new_home / "data")})
    finally:
        new_home.chmod(0o700)
    assert f"cannot use {new_home}/data/postgres" in said
    assert "DATA_DIR" in said


def test_dot_env_in_the_working_directory_counts(home: Path) -> None:
    (home / ".tolstoy").rename(home / "elsewhere")
    (home / ".env").write_text("DATA_DIR=elsewhere\nAPP_NAME=Ours\n")
    with serving_in(home) as served:
        assert created(served, "in the other folder")
        until(lambda: "Ours answers on" in served.log())
    assert not (home / ".tolstoy").exists()


def served_by(served: Served) -> list[int]:
    return [int(pid) for pid in re.findall(r'"action":"worker_serves","pid":(\d+)', served.log())]


def test_dead_workers_are_replaced_and_none_is_left(home: Path) -> None:
    """Neither after Ctrl-C nor after kill -9 of what supervises them, who would hold the port."""
    settings = {"PORT": str(free_port()), "WORKERS": "2"}
    with serving_in(home, settings) as served:
        until(lambda: len(served_by(served)) == 2)
        psutil.Process(served_by(served)[0]).kill()
        until(lambda: len(served_by(served)) == 3)
        assert created(served, "with the one that is left or the new one")
        served.process.kill()
        served.process.wait()
        until(lambda: names_of(left_in(home)) == {"postgres"})
    with serving_in(home, settings) as served:
        assert created(served, "on the same port")
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert nothing_is_left_in(home)
        assert "Traceback" not in served.log()


def test_reload_follows_the_code_and_survives_a_mistake_in_it(home: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(REPOSITORY / "service", code / "service", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "migrations", code / "migrations")
    package = code / "service" / "tolstoy"

    def version() -> str:
        try:
            answer = httpx.get(f"{served.url}/status/detailed", timeout=20)
        except httpx.TransportError:
            return "away"
        return str(answer.json()["versions"]["tolstoy"])

    with serving_in(home, {"PYTHONPATH": str(code / "service")}, "--reload") as served:
        organization_id = created(served, "before")
        server = postgres_of(home)
        (package / "__init__.py").write_text('__version__ = "9.9.9"\n')
        until(lambda: version() == "9.9.9")
        assert postgres_of(home) == server
        until(
            lambda: served.log().count('"action":"worker_works"') == 2
        )  # the worker beside it runs the new code

        (package / "engine" / "worker.py").write_text("neither is this\n")
        until(lambda: "the worker ended; it starts again when a file changes" in served.log())
        until(lambda: version() == "9.9.9")
        shutil.copyfile(REPOSITORY / "service/tolstoy/engine/worker.py", package / "engine" / "worker.py")
        until(lambda: served.log().count('"action":"worker_works"') == 3)

        (package / "api" / "app.py").write_text(mistaken := "this is no Python\n")
        until(lambda: "the service ended; it starts again when a file changes" in served.log())
        assert "this is no Python" in served.log()
        shutil.copyfile(REPOSITORY / "service/tolstoy/api/app.py", package / "api" / "app.py")
        assert mistaken not in (package / "api" / "app.py").read_text()
        until(lambda: version() == "9.9.9")
        assert name_of(served, organization_id) == "before"

        restarts = served.log().count('"action":"reload"')
        time.sleep(1)
        assert served.log().count('"action":"reload"') == restarts == 5, "only what changed restarts it"
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
        assert nothing_is_left_in(home)
    assert cluster(home).exists()
