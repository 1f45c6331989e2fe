"""The shipped release program with a real Nginx and real services, asked by clients all the while."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Databases
from tests.infra.nginx_here import needs_nginx
from tests.infra.release_host import ReleaseHost, needs_programs, service
from tests.infra.released import DEAD, FIRST, Released, prepared, waiting_flow

pytestmark = [needs_nginx, *needs_programs]


@pytest.fixture(scope="module")
async def released(
    module_database: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Released]:
    machine = ReleaseHost(
        tmp_path_factory.mktemp("host"), service(module_database.database_url, module_database.direct_url)
    )
    machine.set_up()
    machine.nginx.start()
    try:
        assert machine.slot() == "none"
        yield prepared(machine)
    finally:
        machine.end()


def test_a_good_release_drops_nothing(released: Released) -> None:
    old = released.machine.slot()
    with released.asked():
        code, said = released.release("tolstoy:good")
    assert code == 0, said
    new = "green" if old == "blue" else "blue"
    assert "applied" in said or "Nothing to do: the schema is current." in said  # the migrations came first
    released.unchanged("tolstoy:good", new, said)


def test_what_the_old_one_has_in_hand_is_answered(released: Released) -> None:
    """A request that waits longer than the whole release: the old one says where it can be followed."""
    new = "green" if released.machine.slot() == "blue" else "blue"
    flow = waiting_flow(released.machine, released.headers, 20)
    process = released.machine.begin(released.machine.image("tolstoy:unhurried"))
    with ThreadPoolExecutor(1) as pool:
        deadline = time.monotonic() + 60
        while f"tolstoy-{new}" not in released.machine.running() and time.monotonic() < deadline:
            time.sleep(0.05)
        url = f"{released.machine.nginx.url}/flows/{flow}/executions?wait=50"
        asked = pool.submit(httpx.post, url, json={}, headers=released.headers, timeout=60)
        said, _ = process.communicate(timeout=100)
        answer = asked.result(60)
    assert process.returncode == 0, said
    assert (answer.status_code, answer.json()["finishedAt"]) == (202, None), answer.text
    followed = httpx.get(released.machine.nginx.url + answer.headers["Location"], headers=released.headers)
    assert followed.json()["id"] == answer.json()["id"]


def test_a_release_that_never_becomes_ready(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.asked(), released.told("READY_SECONDS=4"):
        code, said = released.release("tolstoy:sick", serve={"DATABASE_URL": DEAD})
    assert code != 0
    assert "does not become ready" in said
    assert "the old release goes on" in said
    assert "database" in said  # the end of its log
    released.unchanged(*before, said)


@pytest.mark.parametrize(
    ("kind", "env"),
    [("api", {"serve": {"LOG_LEVEL": "nonsense"}}), ("worker", {"worker": {"LOG_LEVEL": "nonsense"}})],
)
def test_a_release_that_ends_at_once_is_not_waited_for(
    released: Released, kind: str, env: dict[str, dict[str, str]]
) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.asked():
        code, said = released.release(f"tolstoy:crashing-{kind}", **env)
    assert code != 0
    assert "does not become ready (r" in said  # restarting, or running for another time
    assert "LOG_LEVEL: 'nonsense'" in said
    released.unchanged(*before, said)


def test_a_worker_that_cannot_work_keeps_the_api_back(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.told("READY_SECONDS=12"):  # in which the API is ready
        code, said = released.release("tolstoy:idle", worker={"DATABASE_URL": DEAD})
    assert code != 0
    assert "tolstoy-worker-" in said
    released.unchanged(*before, said)


def test_a_migration_that_fails(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.asked():
        code, said = released.release("tolstoy:wrong", db={"DIRECT_URL": DEAD})
    assert code != 0
    assert "the migration failed" in said
    assert not any(call[:1] == ["run"] and call[-2] == "serve" for call in released.machine.calls()[-20:])
    released.unchanged(*before, said)


def test_an_image_that_is_not_there(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    code, said = released.machine.deploy("tolstoy:missing")
    assert (code != 0, "tolstoy:missing cannot be pulled" in said) == (True, True), said
    released.unchanged(*before, said)


def test_an_nginx_that_does_not_turn_to_the_new_one(released: Released, tmp_path: Path) -> None:
    """It looks in another place than the release program writes to."""
    before = released.machine.serves(), released.machine.slot()
    with released.asked():
        image = released.machine.image("tolstoy:unseen")
        code, said = released.machine.deploy(image, TOLSTOY_STATE=str(tmp_path / "elsewhere"))
    assert code != 0
    assert "Nginx does not turn to the new release" in said
    released.unchanged(*before, said)


def test_an_nginx_that_is_not_there(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.told("SLOT_URL=http://127.0.0.1:1/slot"):
        code, said = released.release("tolstoy:unproxied")
    assert (code, "Nginx does not answer" in said) == (1, True), said
    released.unchanged(*before, said)


def test_an_nginx_that_would_refuse_a_reload_keeps_no_release_back(released: Released) -> None:
    """And says nothing of it: `nginx -t` is content with a port that another program has."""
    slot = released.machine.slot()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        site = released.machine.root / "etc/nginx/sites-enabled/other"
        site.write_text(f"server {{ listen 127.0.0.1:{taken.getsockname()[1]}; }}")
        try:
            assert released.machine.nginx.check().returncode == 0
            with released.asked():
                code, said = released.release("tolstoy:unreloaded")
        finally:
            site.unlink()
    assert code == 0, said
    released.unchanged("tolstoy:unreloaded", "green" if slot == "blue" else "blue", said)


def test_the_same_image_again_is_only_looked_at(released: Released) -> None:
    before = released.machine.containers()
    image = released.machine.serves()
    with released.asked():
        code, said = released.machine.deploy(image)
    assert (code, f"{image} runs already" in said) == (0, True), said
    assert released.machine.containers() == before


def test_the_same_image_again_heals_what_is_sick(released: Released) -> None:
    slot, image = released.machine.slot(), released.machine.serves()
    released.machine.run_docker("rm", "-f", f"tolstoy-worker-{slot}")
    with released.asked():
        code, said = released.machine.deploy(image)
    assert (code, "serves as" in said) == (0, True), said
    released.unchanged(image, "green" if slot == "blue" else "blue", said)


def test_a_name_that_moved_is_another_image(released: Released) -> None:
    code, said = released.release(released.machine.serves(), worker={"WORKER_CONCURRENCY": "7"})
    assert code == 0, said
    worker = released.machine.containers()[f"tolstoy-worker-{released.machine.slot()}"]
    assert worker["env"]["WORKER_CONCURRENCY"] == "7"


def test_back_and_forth_again(released: Released) -> None:
    old, new = "tolstoy:old", "host/tolstoy:new"
    with released.told("KEEP_IMAGES=2"):
        assert released.release(old)[0] == 0
        assert released.release(new)[0] == 0
        calls = len(released.machine.calls())
        with released.asked():
            code, said = released.machine.deploy("--rollback")
        assert code == 0, said
        assert released.machine.serves() == old
        done = released.machine.calls()[calls:]
        assert not any(
            "db" in call or call[0] == "pull" for call in done
        )  # the schema stays, the image is here
        assert released.machine.deploy("--rollback")[0] == 0
    assert released.machine.serves() == new
    assert released.machine.images() == {old, new}  # as many as are to be kept
    remembered = (released.machine.state / "images").read_text().splitlines()
    assert [line.split()[1] for line in remembered] == [new, old]


def test_once_more_to_read_the_settings_again(released: Released) -> None:
    image, slot = released.machine.serves(), released.machine.slot()
    told = released.machine.root / "etc/tolstoy/tolstoy.env"
    told.write_text(told.read_text() + "RETENTION_DAYS=9\n")
    with released.asked():
        code, said = released.machine.deploy("--again")
    assert code == 0, said
    released.unchanged(image, "green" if slot == "blue" else "blue", said)
    assert released.machine.containers()[f"tolstoy-{released.machine.slot()}"]["env"]["RETENTION_DAYS"] == "9"


def test_one_that_is_interrupted_cleans_up(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    with released.asked():
        process = released.machine.begin(released.machine.image("tolstoy:cut", serve={"DATABASE_URL": DEAD}))
        new = "green" if before[1] == "blue" else "blue"
        deadline = time.monotonic() + 60
        while f"tolstoy-worker-{new}" not in released.machine.running() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    released.unchanged(*before, said)


def test_two_at_once_are_one_too_many(released: Released) -> None:
    before = released.machine.serves(), released.machine.slot()
    first = released.machine.begin(released.machine.image("tolstoy:slow", serve={"DATABASE_URL": DEAD}))
    deadline = time.monotonic() + 30
    while len(released.machine.containers()) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    code, said = released.machine.deploy(FIRST)
    assert (code, "another release is under way" in said) == (1, True), said
    first.terminate()
    first.communicate(timeout=60)
    released.unchanged(*before, said)


def test_status_says_what_runs(released: Released) -> None:
    slot, image = released.machine.slot(), released.machine.serves()
    code, said = released.machine.deploy("--status")
    assert code == 0, said
    assert f"role single, slot {slot}" in said
    assert f"tolstoy-{slot}: well" in said
    assert f"tolstoy-worker-{slot}: well" in said
    assert image in said


@pytest.mark.parametrize("arguments", [(), ("a:1", "b:2"), ("--nonsense",)])
def test_what_it_does_not_understand_it_does_not_do(released: Released, arguments: tuple[str, ...]) -> None:
    before = released.machine.containers()
    code, said = released.machine.deploy(*arguments)
    assert (code, "tolstoy-deploy IMAGE" in said) == (2, True)
    assert released.machine.containers() == before


def test_containers_have_bounds_and_no_rights(released: Released) -> None:
    slot = released.machine.slot()
    containers: dict[str, Any] = released.machine.containers()
    api, worker = containers[f"tolstoy-{slot}"]["options"], containers[f"tolstoy-worker-{slot}"]["options"]
    for options in (api, worker):
        assert {"--read-only", "--tmpfs", "--pids-limit"} <= options.keys()
        assert (options["--cap-drop"], options["--security-opt"]) == (["ALL"], ["no-new-privileges"])
        assert options["--restart"] == ["unless-stopped"]
        assert (options["--log-driver"], "max-size=10m" in options["--log-opt"]) == (["json-file"], True)
    assert (api["--memory"], worker["--memory"]) == (["1024m"], ["768m"])
    (published,) = api["--publish"]
    assert published.startswith("127.0.0.1:")
    assert "--publish" not in worker
    assert "GATEWAY_SECRET" not in json.dumps(released.machine.calls())
