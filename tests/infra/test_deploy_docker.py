"""The same release program with a Docker engine, a registry and the real image, where they are to be had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.infra.containers import POSTGRES, Container, docker, need, run, yard
from tests.infra.containers import image as image  # the fixture
from tests.infra.nginx_here import needs_nginx
from tests.infra.release_host import ReleaseHost, needs_programs, service
from tests.infra.released import Released, prepared
from tests.processes import free_port

pytestmark = [needs_nginx, *needs_programs, pytest.mark.timeout(900)]  # the image may have to be built
PASSWORDS = {"tolstoy": "owner-password", "tolstoy_service": "service-password"}
REGISTRY = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass
class DockerHost(ReleaseHost):
    image_name: str = ""
    registry: str = ""
    made: list[str] = field(default_factory=list)

    def set_up_docker(self) -> None:
        """It has its own."""

    def image(self, name: str, **env: dict[str, str]) -> str:
        """The real one with another environment, pushed and no longer here."""
        pushed = f"{self.registry}/{name}"
        lines = [f"FROM {self.image_name}", f"ENV APP_NAME={pushed}"]
        lines += [f"ENV {key}={value}" for key, value in env.get("serve", {}).items()]
        build = ["docker", "build", "-q", "-t", pushed, "-"]
        subprocess.run(build, input="\n".join(lines), text=True, check=True, timeout=120, capture_output=True)
        docker("push", "-q", pushed)
        docker("rmi", pushed)
        self.made.append(pushed)
        return pushed

    def environment(self, **more: str) -> dict[str, str]:
        engine = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
        return super().environment(**engine, **more)

    def containers(self) -> dict[str, Any]:
        names = docker(
            "ps", "-a", "--filter", "name=^tolstoy-(worker-)?(blue|green)$", "--format", "{{.Names}}"
        ).split()
        return {name: json.loads(docker("inspect", "--format", "{{json .}}", name)) for name in names}

    def running(self) -> set[str]:
        return {name for name, found in self.containers().items() if found["State"]["Status"] == "running"}

    def end_containers(self) -> None:
        for name in self.containers():
            run("rm", "--force", name)
        for name in self.made:
            run("rmi", "--force", name)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs a registry to pull from: apt-get install docker-registry")
    port = free_port()
    config = folder / "registry.yml"
    config.write_text(REGISTRY.format(folder=folder / "images", port=port))
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([program, "serve", str(config)], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/v2/", timeout=5)
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline and process.poll() is None, "the registry does not start"
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def released(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    need(POSTGRES)
    folder = tmp_path_factory.mktemp("host")
    with yard() as opened, registry(folder) as place:
        told = ("USER=tolstoy", "PASSWORD=owner-password", "DB=tolstoy")
        options = tuple(f"--env=POSTGRES_{one}" for one in told)
        postgres = opened.start(POSTGRES, options=(*options, "--tmpfs=/var/lib/postgresql/data"))
        # by the network that a container is in if nobody says another
        docker("network", "connect", "bridge", postgres.name)
        ready = ("exec", postgres.name, "pg_isready", "--quiet", "--host=127.0.0.1", "--username=tolstoy")
        postgres.until(lambda: run(*ready).returncode == 0)
        address = docker(
            "inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", postgres.name
        )
        owner, served = (
            f"postgresql://{user}:{password}@{address}:5432/tolstoy?sslmode=disable"
            for user, password in PASSWORDS.items()
        )
        machine = DockerHost(folder, service(served, owner), image_name=image, registry=place)
        if machine.containers():
            pytest.skip("a Tolstoy runs in this engine already, which these tests would end")
        machine.set_up()
        machine.nginx.start()
        try:
            yield prepared(machine)
        finally:
            machine.end()


def _release(released: Released, name: str, **env: dict[str, str]) -> tuple[str, int, str]:
    image = released.machine.image(name, **env)
    with released.asked():
        code, said = released.machine.deploy(image)
    return image, code, said


def test_a_good_release_drops_nothing(released: Released) -> None:
    image, code, said = _release(released, "tolstoy:good")
    assert code == 0, said
    assert "Nothing to do: the schema is current." in said
    released.unchanged(image, "green", said)


def test_containers_are_bound_as_they_shall_be(released: Released) -> None:
    for name, found in released.machine.containers().items():
        limits = found["HostConfig"]
        assert (limits["ReadonlyRootfs"], limits["CapDrop"], limits["PidsLimit"]) == (True, ["ALL"], 512)
        assert limits["SecurityOpt"] == ["no-new-privileges"]
        assert limits["RestartPolicy"]["Name"] == "unless-stopped"
        assert limits["Memory"] == (768 if "worker" in name else 1024) << 20
        assert found["Config"]["User"] == "10001:10001"
        ports = [port for ports in (limits["PortBindings"] or {}).values() for port in ports]
        assert {port["HostIp"] for port in ports} == (set() if "worker" in name else {"127.0.0.1"})


def test_one_that_takes_more_memory_than_it_may_is_started_again(released: Released) -> None:
    """The kernel ends whom it likes of those in the container: here it is told to take the worker."""
    (name,) = (one for one in released.machine.running() if "worker" in one)
    worker = Container(name)
    child = docker("exec", name, "cat", "/proc/1/task/1/children").split()[0]
    docker("exec", name, "sh", "-c", f"echo 1000 > /proc/{child}/oom_score_adj")
    run("exec", name, "python", "-c", "held = []\nwhile True: held.append(b'x' * (1 << 24))")
    worker.until(lambda: released.machine.containers()[name]["RestartCount"] > 0)
    worker.until(lambda: run("exec", name, "tolstoy", "health").returncode == 0)


def test_a_release_that_never_becomes_ready(released: Released) -> None:
    """It listens where only it hears."""
    before = released.machine.serves(), released.machine.slot()
    with released.told("READY_SECONDS=8"):
        image, code, said = _release(released, "tolstoy:sick", serve={"HOST": "127.0.0.1"})
    assert code != 0
    assert "does not become ready (running 0)" in said
    released.unchanged(*before, said)
    assert run("image", "inspect", image).returncode != 0  # nor does it stay on the disk


def test_a_migration_that_fails(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    _, code, said = _release(released, "tolstoy:wrong", serve={"LOG_FORMAT": "nonsense"})
    assert (code != 0, "the migration failed (1)" in said) == (True, True), said
    assert "LOG_FORMAT: 'nonsense'" in said
    released.unchanged(*before, said)


def test_an_image_that_is_not_there(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    missing = f"{before[0].rpartition(':')[0]}:missing"
    code, said = released.machine.deploy(missing)
    assert (code != 0, f"{missing} cannot be pulled" in said) == (True, True), said
    released.unchanged(*before, said)


def test_the_same_image_again_is_only_looked_at(released: Released) -> None:
    before = {name: found["Id"] for name, found in released.machine.containers().items()}
    code, said = released.machine.deploy(released.machine.serves())
    assert (code, "runs already (green) and is well" in said) == (0, True), said
    assert {name: found["Id"] for name, found in released.machine.containers().items()} == before


def test_back_to_the_one_before(released: Released) -> None:
    current = released.machine.serves()
    with released.asked():
        code, said = released.machine.deploy("--rollback")
    assert code == 0, said
    first = released.machine.serves()
    assert first != current
    released.unchanged(first, "blue", said)
