"""Docker's place, where there is no engine: its "containers" are processes of this checkout.

As much of the command line as `tolstoy-deploy` uses; anything else ends with 125, as Docker does. STAND_IN names a
folder:

    registry.json         what can be pulled: {"host/tolstoy:1": {"id": "sha256:…", "env": {"serve": {"A": "b"}}}}
    images/ID.json        what was pulled or built: {"names": […], "env": {…}}
    containers/NAME.json  how each container stands; NAME.log what it says
    calls                 the command lines, one JSON array a line

An image's `env` is further environment of one command, and so what makes it a good or a bad one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOME = Path(os.environ["STAND_IN"])
WITH_VALUE = {"--name", "--env-file", "--tmpfs", "--cap-drop", "--security-opt", "--pids-limit", "--memory"} | {
    "--log-driver", "--log-opt", "--restart", "--publish"
}  # fmt: skip


class Refused(Exception):
    """What Docker would say on standard error."""


def read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None


def write(file: Path, value: Any) -> None:
    """As a whole: others read while this is written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(value))
    new.replace(file)


def image_of(name: str) -> tuple[str, dict[str, Any]]:
    """Its id, and what it is; by id or by name."""
    for file in (HOME / "images").glob("*.json"):
        image = read(file)
        if image is not None and name in (file.stem, *image["names"]):
            return file.stem, image
    raise Refused(f"No such image: {name}")


def container_file(name: str) -> Path:
    return HOME / "containers" / f"{name}.json"


def container_of(name: str) -> dict[str, Any]:
    found = read(container_file(name))
    if found is None:
        raise Refused(f"No such container: {name}")
    return dict(found)


def pull(arguments: list[str]) -> None:
    name = arguments[-1]
    offered = read(HOME / "registry.json").get(name)
    if offered is None:
        raise Refused(f"manifest for {name} not found: manifest unknown")
    for file in (HOME / "images").glob("*.json"):  # the name moves on
        image = read(file)
        write(file, {**image, "names": [other for other in image["names"] if other != name]})
    file = HOME / "images" / f"{offered['id']}.json"
    names = (read(file) or {"names": []})["names"]
    write(file, {"names": [*names, name], "env": offered["env"]})
    print(name)


def image_inspect(arguments: list[str]) -> None:
    id_, _ = image_of(arguments[-1])
    print(id_ if "-f" in arguments else json.dumps([{"Id": id_}]))


def rmi(arguments: list[str]) -> None:
    id_, _ = image_of(arguments[-1])
    if any(read(file)["image"] == id_ for file in (HOME / "containers").glob("*.json")):
        raise Refused("conflict: unable to delete, image is being used by a container")
    (HOME / "images" / f"{id_}.json").unlink()


def run(arguments: list[str]) -> None:
    """Only with -d: a process of its own looks after the container."""
    options: dict[str, list[str]] = {}
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option in ("-d", "--read-only"):
            options[option] = []
        elif option in WITH_VALUE:
            options.setdefault(option, []).append(arguments.pop(0))
        else:
            raise Refused(f"unknown flag: {option}")
    name, (id_, image) = options["--name"][0], image_of(arguments.pop(0))
    if container_file(name).exists():
        raise Refused(f"Conflict. The container name {name} is already in use")
    lines = Path(options["--env-file"][0]).read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines) | image["env"].get(arguments[0], {})
    for published in options.get("--publish", []):
        env["HOST"], env["PORT"], _ = published.split(":")
    env["HEARTBEAT_FILE"] = str(container_file(name).with_suffix(".heartbeat"))
    container = {
        "image": id_,
        "env": env,
        "command": arguments,
        "options": options,
        "status": "created",
        "restarts": 0,
    }
    write(container_file(name), container)
    subprocess.Popen(
        [sys.executable, __file__, "_look_after", name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while container_of(name)["status"] == "created":
        time.sleep(0.01)


def look_after(arguments: list[str]) -> None:
    """Start it, and again when it ends although nobody stopped it; pass SIGTERM on, and SIGKILL after that."""
    (name,) = arguments
    container, stopped = container_of(name), False
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ} | container[
        "env"
    ]

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True
        child.send_signal(signal.SIGTERM if number == signal.SIGTERM else signal.SIGKILL)

    while True:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
        with container_file(name).with_suffix(".log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tolstoy", *container["command"]],
                env=environment,
                cwd=HOME,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, set()),
            )
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGUSR1, stop)
        container |= {"status": "running", "pid": os.getpid()}
        write(container_file(name), container)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGUSR1})
        code = child.wait()
        if stopped or "--restart" not in container["options"]:
            write(container_file(name), container | {"status": "exited", "code": code})
            return
        container["restarts"] += 1
        write(container_file(name), container | {"status": "restarting"})
        time.sleep(0.2)
        if stopped:
            write(container_file(name), container | {"status": "exited", "code": code})
            return


def ended(name: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while container_of(name)["status"] != "exited":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(name: str, number: signal.Signals) -> None:
    container = container_of(name)
    if container["status"] != "exited":
        os.kill(container["pid"], number)


def stop(arguments: list[str]) -> None:
    _, seconds, *names = arguments
    for name in names:
        end(name, signal.SIGTERM)
    for name in names:
        if not ended(name, float(seconds)):
            end(name, signal.SIGUSR1)
            ended(name, 10)
        print(name)


def rm(arguments: list[str]) -> None:
    for name in arguments[1:]:
        end(name, signal.SIGUSR1)
        ended(name, 10)
        for file in container_file(name).parent.glob(f"{name}.*"):
            file.rename(HOME / f"gone.{time.time_ns()}.{file.name}")


def wait(arguments: list[str]) -> None:
    ended(arguments[0], 3600)
    print(container_of(arguments[0])["code"])


def inspect(arguments: list[str]) -> None:
    container = container_of(arguments[-1])
    templates = {
        "{{.Image}}": container["image"],
        "{{.State.Status}} {{.RestartCount}}": f"{container['status']} {container['restarts']}",
    }
    print(templates[arguments[1]] if arguments[0] == "-f" else json.dumps([container]))


def logs(arguments: list[str]) -> None:
    lines = container_file(arguments[-1]).with_suffix(".log").read_text(errors="replace").splitlines()
    print("\n".join(lines[-int(arguments[1]) :]))


def execute(arguments: list[str]) -> None:
    name, program, *rest = arguments
    container = container_of(name)
    if container["status"] != "running" or program != "tolstoy":
        raise Refused(f"container {name} is not running")
    sys.exit(
        subprocess.run(
            [sys.executable, "-m", "tolstoy", *rest], env=container["env"], cwd=HOME, check=False
        ).returncode
    )


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "pull": pull, "rmi": rmi, "run": run, "stop": stop, "rm": rm, "wait": wait, "inspect": inspect, "logs": logs,
    "exec": execute, "_look_after": look_after,
}  # fmt: skip


def main(arguments: list[str]) -> None:
    if arguments[0] != "_look_after":
        with (HOME / "calls").open("a") as calls:
            calls.write(json.dumps(arguments) + "\n")
    try:
        if arguments[:2] == ["image", "inspect"]:
            image_inspect(arguments[2:])
        elif arguments[0] in COMMANDS:
            COMMANDS[arguments[0]](arguments[1:])
        else:
            raise Refused(f"docker: {arguments[0]!r} is not a docker command")
    except Refused as exc:
        print(f"Error: {exc}", file=sys.stderr)
        sys.exit(125)


if __name__ == "__main__":
    main(sys.argv[1:])
