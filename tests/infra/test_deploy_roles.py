"""Releases on the machines of a fleet, each of which has one part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.infra.hosts import host
from tests.infra.nginx_here import needs_nginx
from tests.infra.release_host import ReleaseHost, needs_programs, service
from tests.infra.released import DEAD

pytestmark = needs_programs
Made = Callable[..., ReleaseHost]


@pytest.fixture
def made(database: Databases, tmp_path: Path) -> Iterator[Made]:
    machines: list[ReleaseHost] = []

    def make(role: str, **more: str) -> ReleaseHost:
        machine = ReleaseHost(
            tmp_path, service(database.database_url, database.direct_url), host(role=role, **more)
        )
        machine.set_up()
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        machine.end()


def test_a_machine_of_workers_needs_no_nginx(made: Made) -> None:
    machine = made("worker")
    for name, container in (("one", "tolstoy-worker-blue"), ("two", "tolstoy-worker-green")):
        code, said = machine.deploy(machine.image(f"tolstoy:{name}"))
        assert code == 0, said
        assert machine.containers().keys() == machine.running() == {container}
    code, said = machine.deploy("tolstoy:two")
    assert (code, "runs already (green) and is well" in said) == (0, True), said

    file = machine.root / "etc/tolstoy/host.env"
    file.write_text(file.read_text() + "READY_SECONDS=4\n")
    code, said = machine.deploy(machine.image("tolstoy:sick", worker={"DATABASE_URL": DEAD}))
    assert code != 0, said
    assert machine.containers().keys() == machine.running() == {"tolstoy-worker-green"}
    assert machine.deploy("--status")[0] == 0


@needs_nginx
def test_a_machine_of_the_api_has_no_worker_and_logs_to_cloudwatch(made: Made) -> None:
    machine = made("api", log_group="/tolstoy/prod")
    machine.nginx.start()
    code, said = machine.deploy(machine.image("tolstoy:one"))
    assert code == 0, said
    assert machine.containers().keys() == machine.running() == {"tolstoy-blue"}
    options = machine.containers()["tolstoy-blue"]["options"]
    assert options["--log-driver"] == ["awslogs"]
    assert {"awslogs-region=eu-central-1", "awslogs-group=/tolstoy/prod", "mode=non-blocking"} <= set(
        options["--log-opt"]
    )
    (stream,) = (option for option in options["--log-opt"] if option.startswith("awslogs-stream="))
    assert stream.endswith("/tolstoy-blue")
