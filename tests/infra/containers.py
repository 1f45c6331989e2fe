"""A Docker engine where one answers: the image built by it, and containers that are gone when the test is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

ROOT = Path(__file__).parents[2]
PYTHON, POSTGRES = "python:3.12-slim", "postgres:17-alpine"
# As it is to be run: nothing to write to but /tmp, no rights, and bounds
GUARDED = (
    "--read-only",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--pids-limit=128",
    "--memory=300m",
)


def docker(*arguments: str, seconds: float = 120) -> str:
    """Its output; raises AssertionError with what it says where it fails."""
    ended = run(*arguments, seconds=seconds)
    assert ended.returncode == 0, f"docker {' '.join(arguments)}:\n{ended.stdout}{ended.stderr}"
    return ended.stdout.strip()


def run(*arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT
    )


def need(*images: str) -> None:
    """Skips where no engine answers, or it has none of an image and gets none."""
    if shutil.which("docker") is None:
        pytest.skip("needs a Docker engine: there is no docker on the PATH")
    if run("info", seconds=20).returncode != 0:
        pytest.skip("needs a Docker engine: none answers")
    for image in images:
        there = run("image", "inspect", image).returncode == 0
        if not there and (pulled := run("pull", "-q", image, seconds=300)).returncode != 0:
            pytest.skip(f"needs the image {image}: {pulled.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="session")
def image() -> str:
    """TOLSTOY_IMAGE, or the image built from this checkout."""
    need()
    if given := os.environ.get("TOLSTOY_IMAGE"):
        return given
    need(PYTHON)
    told = ("--build-arg=VERSION=9.8.7", "--build-arg=REVISION=abcdef0")
    docker("build", "--file=docker/Dockerfile", "--tag=tolstoy:test", *told, ".", seconds=900)
    return "tolstoy:test"


@dataclass(frozen=True)
class Container:
    name: str

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(docker("inspect", "--format={{json .State}}", self.name))
        return found

    def log(self) -> str:
        ended = run("logs", self.name)
        return ended.stdout + ended.stderr

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{self.state()}\n{self.log()[-3000:]}"
            time.sleep(0.2)

    def until_it_is(self, health: str) -> None:
        """By the word of the engine, which has asked the HEALTHCHECK."""
        self.until(lambda: self.state()["Health"]["Status"] == health)

    def stop(self) -> dict[str, Any]:
        """Its last state, after SIGTERM; SIGKILL after a minute would show as exit code 137."""
        docker("stop", "--time=60", self.name, seconds=90)
        return self.state()

    def port(self, number: int) -> int:
        return int(docker("port", self.name, f"{number}/tcp").splitlines()[0].rsplit(":", 1)[1])


@dataclass
class Yard:
    """A network of its own, with the containers in it."""

    network: str
    names: list[str]

    def start(self, image: str, *command: str, options: tuple[str, ...] = (), alias: str = "") -> Container:
        name = f"{self.network}-{len(self.names)}"
        self.names.append(name)
        place = (f"--network={self.network}", *((f"--network-alias={alias}",) if alias else ()))
        docker("run", "--detach", f"--name={name}", *place, *options, image, *command)
        return Container(name)


@contextmanager
def yard() -> Iterator[Yard]:
    opened = Yard(f"tolstoy-test-{uuid4().hex[:8]}", [])
    docker("network", "create", opened.network)
    try:
        yield opened
    finally:
        if opened.names:
            run("rm", "--force", "--volumes", *opened.names)
        run("network", "rm", opened.network)
