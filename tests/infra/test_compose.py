"""docker/compose.yaml: what it promises, read from it; and all of it up, where a Docker engine answers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import typer
import yaml

from tests.infra.containers import POSTGRES, need
from tests.infra.containers import image as image  # the fixture
from tests.infra.test_image import SUM
from tests.processes import free_port
from tolstoy.cli.main import app
from tolstoy.core.database_urls import parse
from tolstoy.core.settings import FIELDS, Settings, load

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker" / "compose.yaml"
TEMPLATES = ROOT / "infra" / "templates" / "nginx"
NGINX = "nginx:1.28-alpine"
OURS = ["migrate", "api", "worker"]


def filled(text: str) -> str:
    """With the defaults of what the environment may say."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(filled(FILE.read_text()))["services"]


def settings_of(name: str) -> Settings:
    return load(SERVICES[name]["environment"], dotenv=None)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_a_read_only_root_no_rights_it_does_not_need_and_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] and service["mem_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert not {"privileged", "network_mode", "pid", "ipc"} & service.keys()
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))
    added = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name == "postgres" else set()
    assert set(service.get("cap_add", [])) == added


def test_only_nginx_is_reached_from_outside_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"nginx": ["127.0.0.1:8080:80"]}


def test_what_is_ours_is_one_image_and_its_commands() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [SERVICES[name]["command"] for name in OURS] == [["db", "deploy"], ["serve"], ["worker"]]
    assert {SERVICES[name]["command"][0] for name in OURS} <= commands.keys()
    assert {SERVICES[name]["image"] for name in OURS} == {"tolstoy:local"}
    for name in OURS:
        build = SERVICES[name]["build"]
        context = (FILE.parent / build["context"]).resolve()
        assert context == ROOT and (context / build["dockerfile"]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_its_settings_are_accepted_and_the_service_is_not_the_owner(name: str) -> None:
    assert SERVICES[name]["environment"].keys() <= {variable.name for variable in FIELDS.values()}
    settings = settings_of(name)
    assert (settings.auth_mode, settings.host, settings.run_worker) == ("headers", "127.0.0.1", False)
    service, owner = parse(settings.database_url or ""), parse(settings.direct_url or "")
    assert service.user != owner.user
    assert (service.host, service.database) == (owner.host, owner.database)
    made = SERVICES["postgres"]["environment"]
    assert (made["POSTGRES_USER"], made["POSTGRES_DB"]) == (owner.user, owner.database)
    assert made["POSTGRES_PASSWORD"] == owner.password


def test_they_start_one_after_the_other() -> None:
    waits = {name: service.get("depends_on") for name, service in SERVICES.items()}
    done = {"migrate": {"condition": "service_completed_successfully"}}
    assert waits == {
        "postgres": None,
        "migrate": {"postgres": {"condition": "service_healthy"}},
        "api": done,
        "worker": done,
        "nginx": {"api": {"condition": "service_healthy"}},
    }
    assert all("healthcheck" in service for service in SERVICES.values())
    assert SERVICES["api"]["healthcheck"]["test"] == ["CMD", "tolstoy", "health"]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_it_is_killed_only_after_its_own_patience_is_over(name: str) -> None:
    grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
    assert grace > settings_of(name).shutdown_timeout_seconds + 5  # SECONDS_TO_HAND_BACK


def test_nginx_has_the_machines_own_files_but_for_where_the_api_is() -> None:
    mounts = dict(volume.removesuffix(":ro").split(":") for volume in SERVICES["nginx"]["volumes"])
    assert all(volume.endswith(":ro") for volume in SERVICES["nginx"]["volumes"])
    places = {target: (FILE.parent / source).resolve() for source, target in mounts.items()}
    assert places == {
        "/etc/nginx/tolstoy": TEMPLATES,
        "/etc/nginx/tolstoy/upstream.conf": ROOT / "docker" / "upstream.conf",
        "/etc/nginx/conf.d/default.conf": TEMPLATES / "http.conf",
        "/etc/nginx/conf.d/tolstoy.conf": TEMPLATES / "site.conf",
    }
    assert all(place.exists() for place in places.values())


def test_the_upstream_is_what_the_machines_files_look_for() -> None:
    own = (ROOT / "docker" / "upstream.conf").read_text()
    for text in (own, (TEMPLATES / "upstream.conf").read_text()):
        assert len(re.findall(r"(?m)^map \S+ \$tolstoy_slot \{", text)) == 1
    assert re.findall(r"(?m)^upstream (\w+) \{", own) == ["tolstoy"]
    pool = r"map \$tolstoy_slot \$tolstoy_pool \{\s+default tolstoy;"
    assert re.search(pool, (TEMPLATES / "http.conf").read_text())
    (slot,) = re.findall(r"default (\w+);", own)
    assert slot not in ("none", "blue", "green")  # which have a meaning of their own there
    servers = re.findall(r"server ([\w.-]+):(\d+)", own)
    assert servers == [("api", str(settings_of("api").port))]


def compose() -> list[str]:
    """`docker compose`, or docker-compose; skips without either."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
        return [docker, "compose"]
    if alone := shutil.which("docker-compose"):
        return [alone]
    pytest.skip("needs `docker compose` or docker-compose: neither is here")


def composed(*arguments: str, project: str = "tolstoy-test", **told: str) -> str:
    command = [*compose(), "--file", str(FILE), "--project-name", project, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | told, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_compose_itself_takes_the_file() -> None:
    services = yaml.safe_load(composed("config"))["services"]
    assert services.keys() == SERVICES.keys()


@pytest.fixture(scope="module")
def up(image: str) -> Iterator[tuple[str, str]]:
    """The project's name, and where it answers."""
    compose()
    need(POSTGRES, NGINX)
    project, port = f"tolstoy-test-{uuid4().hex[:8]}", str(free_port())
    told = {"TOLSTOY_IMAGE": image, "PORT": port}
    try:
        composed("up", "--detach", "--no-build", project=project, **told)
        yield project, f"http://127.0.0.1:{port}"
    finally:
        composed("down", "--volumes", "--timeout", "30", project=project, **told)


async def until(client: httpx.AsyncClient, path: str, *wanted: Any, seconds: float = 60) -> dict[str, Any]:
    """The answer, once its status is one of these."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = await client.get(path)
            if answer.status_code == 200 and answer.json()["status"] in wanted:
                found: dict[str, Any] = answer.json()
                return found
            said = answer.text
        except httpx.TransportError as exc:
            said = repr(exc)
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.2)


async def test_a_flow_runs_through_nginx_api_and_worker(up: tuple[str, str]) -> None:
    async with httpx.AsyncClient(base_url=up[1], timeout=20) as http:
        await until(http, "/status", "ok")
        made = (
            await http.post("/organizations", json={"name": "A", "owner": {"email": "a@example.com"}})
        ).json()
        http.headers.update({"X-Org-ID": made["id"], "X-User-ID": made["owner"]["id"]})
        flow = (await http.post("/flows", json=SUM)).json()["id"]
        await http.post(f"/flows/{flow}/publish")
        begun = await http.post(f"/flows/{flow}/executions", json={"inputs": {"a": 2, "b": 40}})
        assert begun.status_code == 202, begun.text
        ended = await until(http, f"/executions/{begun.json()['id']}", "succeeded", "failed")
        assert (ended["status"], ended["output"]) == ("succeeded", {"total": 42})
        assert (await http.get("/metrics")).status_code == 404  # Nginx's word: not for the outside
        assert begun.headers["X-Frame-Options"] == "DENY"


async def test_all_of_it_is_healthy_and_the_migration_has_ended_well(up: tuple[str, str]) -> None:
    def states() -> dict[str, tuple[str, int, str]]:
        found = {}
        for container in composed("ps", "--all", "--quiet", project=up[0]).split():
            shown = subprocess.run(
                ["docker", "inspect", container], capture_output=True, text=True, check=True
            )
            (one,) = json.loads(shown.stdout)
            state = one["State"]
            health = state.get("Health", {}).get("Status", "none")
            name = one["Config"]["Labels"]["com.docker.compose.service"]
            found[name] = (state["Status"], state["ExitCode"], health)
        return found

    well = {name: ("running", 0, "healthy") for name in SERVICES} | {"migrate": ("exited", 0, "none")}
    deadline = time.monotonic() + 60
    while (seen := states()) != well:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.5)
