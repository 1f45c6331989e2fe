"""The Makefile, in a copy of the tree as a clone would have it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.embedded_server import until
from tests.acceptance.embedded_service import (
    STOPPED_BY_CTRL_C,
    copied,
    created,
    ended_by,
    kill_all,
    left_in,
    names_of,
    nothing_is_left_in,
)
from tests.processes import Served, free_port

ROOT = Path(__file__).parents[2]
INSTALLS = "pip --disable-pip-version-check install"

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files are the tree's")
in_ci = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("TOLSTOY_TEST_SETUP")),
    reason="installs everything anew from the network, a minute's work: set TOLSTOY_TEST_SETUP=1 to run it",
)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """What git has, or would take."""
    folder = tmp_path / "clone"
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.check_output(command, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    yield folder
    kill_all(folder)


@pytest.fixture
def set_up(clone: Path) -> Path:
    """The clone after its set-up, with programs that pass on to those which run this test."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, command in (("python", sys.executable), ("tolstoy", f"{sys.executable} -m tolstoy")):
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    for marker in (".made", ".serve", ".dev"):
        (clone / ".venv" / marker).touch()
    return clone


def environment(settings: Mapping[str, str] = {}) -> dict[str, str]:
    """As the caller's, but for the settings of Tolstoy itself and of a make around this one."""
    outside = ("DATABASE_URL", "DIRECT_URL", "DATA_DIR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV")
    return {**{name: value for name, value in os.environ.items() if name not in outside}, **settings}


def make(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(
        ["make", *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def made_to_serve(folder: Path, *, seconds: float, target: str = "serve") -> Iterator[Served]:
    port = free_port()
    log_file = folder.parent / f"make-{port}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            ["make", target, f"PORT={port}"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(process, log_file, port)
    try:
        served.wait_until_up(seconds)
        yield served
    finally:
        if process.poll() is None:
            served.signal_group(signal.SIGKILL)
        process.wait(10)


def test_make_alone_says_what_it_can_do(clone: Path) -> None:
    said = make(clone)
    for target in ("serve", "dev", "test", "lint", "format", "bench", "lock", "clean"):
        assert re.search(rf"^  {target} +\S", said, re.M), said
    assert not (clone / ".venv").exists()


def test_a_fresh_clone_installs_before_it_serves(clone: Path) -> None:
    planned = make(clone, "-n", "serve")
    steps = [
        "-m venv .venv",
        "-r requirements/serve.txt",
        "--no-deps --no-build-isolation -e .",
        "tolstoy serve",
    ]
    assert [planned.find(step) for step in steps] == sorted(planned.find(step) for step in steps)
    assert -1 not in [planned.find(step) for step in steps]
    assert "requirements/dev.txt" not in planned
    assert "requirements/dev.txt" in make(clone, "-n", "test")


def test_what_is_installed_is_not_installed_again(set_up: Path) -> None:
    for target in ("serve", "dev", "test", "lint", "bench"):
        assert "pip" not in make(set_up, "-n", target)
    later = time.time() + 5
    os.utime(set_up / "requirements" / "serve.txt", (later, later))
    assert INSTALLS in make(set_up, "-n", "serve")


def test_arguments_choose_tests(set_up: Path) -> None:
    assert make(set_up, "-n", "test", "ARGS=-k tools").strip().endswith("-m pytest -k tools")


def test_make_serve_ends_with_ctrl_c_and_leaves_nothing(set_up: Path, made_data: Path) -> None:
    copied(made_data, set_up)
    with made_to_serve(set_up, seconds=30) as served:
        assert created(served, "Mine")
        assert (set_up / ".tolstoy").exists()
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
    assert nothing_is_left_in(set_up)
    assert "Traceback" not in served.log()


def test_make_dev_reloads(set_up: Path) -> None:
    assert make(set_up, "-n", "dev").strip().endswith("tolstoy serve --reload")


def test_make_clean_stops_the_server_and_leaves_what_git_has(set_up: Path, made_data: Path) -> None:
    """And .env, which somebody has written."""
    before = sorted(path for path in set_up.rglob("*") if path.is_file() and ".venv" not in path.parts)
    copied(made_data, set_up)
    (set_up / ".env").write_text("APP_NAME=Ours\n")
    with made_to_serve(set_up, seconds=30) as served:
        served.signal_group(signal.SIGKILL)
        served.process.wait()
        until(lambda: names_of(left_in(set_up)) == {"postgres"}, seconds=10)
        for rubbish in (
            ".mypy_cache/a",
            "service/tolstoy/__pycache__/b.pyc",
            "bench-results.json",
            "dist/c.whl",
        ):
            (set_up / rubbish).parent.mkdir(exist_ok=True)
            (set_up / rubbish).touch()
        make(set_up, "clean")
    assert nothing_is_left_in(set_up)
    after = sorted(path for path in set_up.rglob("*") if path.is_file())
    assert after == sorted([*before, set_up / ".env"])
    make(set_up, "clean")  # of what is clean


@in_ci
@pytest.mark.timeout(600)
def test_two_commands_from_a_fresh_clone(clone: Path) -> None:
    """The second one being curl; and the second start installs nothing and finds the data."""
    with made_to_serve(clone, seconds=400) as served:
        assert "Installing what Tolstoy needs (once)" in served.log()
        organization_id = created(served, "Mine")
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
    assert nothing_is_left_in(clone)
    with made_to_serve(clone, seconds=30) as served:
        assert httpx.get(f"{served.url}/organizations/{organization_id}").json()["name"] == "Mine"
        until(lambda: "Ctrl-C stops it" in served.log())
        assert "Installing" not in served.log()
        assert re.search(r"^ +Demo data +\.venv/bin/tolstoy db seed$", served.log(), re.M), served.log()
        seeded = subprocess.run([clone / ".venv/bin/tolstoy", "db", "seed"], cwd=clone, env=environment())
        assert seeded.returncode == 0
        assert ended_by(served, signal.SIGINT) in STOPPED_BY_CTRL_C
    assert nothing_is_left_in(clone)
    make(clone, "clean")
    assert not (clone / ".venv").exists()
    assert not (clone / ".tolstoy").exists()
