"""A host that `tolstoy-deploy` can be run on: real Nginx, real services, and the stand-in of Docker."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.infra.hosts import environment_file, host
from tests.infra.nginx_here import Nginx
from tests.infra.programs import program
from tolstoy_infra.host import TEMPLATES, Host

DEPLOY = TEMPLATES / "tolstoy-deploy"
STAND_IN = Path(__file__).with_name("docker_stand_in.py")
needs_programs = [
    pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name}: apt-get install {package}")
    for name, package in (("flock", "util-linux"), ("curl", "curl"), ("bash", "bash"))
]
QUIET = host(rate_per_second=1_000_000)  # the load is not what is being tested


def service(database_url: str, direct_url: str) -> dict[str, str]:
    """What the secret says on AWS, and the variables that say less is needed here."""
    return {
        "USE_AWS_SECRETS": "false",
        "DATABASE_URL": database_url,
        "DIRECT_URL": direct_url,
        "AUTH_MODE": "gateway",
        "RATE_LIMIT": "0",  # the load of a release's test is one user's
        "RATE_LIMIT_PER_USER": "0",
        "GATEWAY_SECRET": "a-secret-of-the-gateway-of-32-characters",
        "APP_KEY": f"{'k' * 42}8=",
        "WORKERS": "1",
        "LOG_LEVEL": "warning",
    }


@dataclass
class ReleaseHost:
    root: Path
    env: dict[str, str]  # what the containers are told beside what every host tells them
    host: Host = QUIET

    def __post_init__(self) -> None:
        self.nginx = Nginx(self.root, self.host)
        self.bin, self.docker = self.root / "bin", self.root / "docker"
        self.state = self.root / "var/lib/tolstoy"

    def set_up(self) -> None:
        if self.host.role != "worker":
            self.nginx.put()
        self.set_up_docker()
        told = environment_file(self.host, "/etc/tolstoy/tolstoy.env")
        self.nginx.write(
            "/etc/tolstoy/tolstoy.env", told + "".join(f"{k}={v}\n" for k, v in self.env.items())
        )
        ours = {
            "BLUE_PORT": self.nginx.blue,
            "GREEN_PORT": self.nginx.green,
            "SLOT_URL": f"{self.nginx.local_url}/slot",
            "READY_SECONDS": 60,
            "SWITCH_SECONDS": 3,
        }
        shipped = environment_file(self.host, "/etc/tolstoy/host.env")
        self.nginx.write("/etc/tolstoy/host.env", shipped + "".join(f"{k}={v}\n" for k, v in ours.items()))

    def set_up_docker(self) -> None:
        program(self.bin, "docker", f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
        (self.docker / "images").mkdir(parents=True)
        (self.docker / "registry.json").write_text("{}")

    def image(self, name: str, **env: dict[str, str]) -> str:
        """An image in the registry: the service of this checkout, with further environment for a command."""
        registry = json.loads((self.docker / "registry.json").read_text())
        digest = hashlib.sha256(json.dumps([name, env]).encode()).hexdigest()
        version = {"APP_NAME": name}  # by which the one that answers is known
        env = {"serve": version | env.get("serve", {}), **{key: env[key] for key in env if key != "serve"}}
        registry[name] = {"id": f"sha256:{digest}", "env": env}
        (self.docker / "registry.json").write_text(json.dumps(registry))
        return name

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "STAND_IN": str(self.docker),
            "TOLSTOY_ETC": str(self.root / "etc/tolstoy"),
            "TOLSTOY_STATE": str(self.state),
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            **more,
        }

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(DEPLOY), *arguments],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def deploy(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Its exit code and what it said."""
        process = self.begin(*arguments, **environment)
        said, _ = process.communicate(timeout=110)
        return process.returncode, said

    def run_docker(self, *arguments: str) -> None:
        subprocess.run(["docker", *arguments], env=self.environment(), check=True, timeout=30)

    def slot(self) -> str:
        return httpx.get(f"{self.nginx.local_url}/slot", timeout=10).text

    def serves(self) -> str:
        """The image that answers."""
        answer = httpx.get(f"{self.nginx.url}/openapi.json", timeout=20)
        assert answer.status_code == 200, answer.text
        title: str = answer.json()["info"]["title"]
        return title.removesuffix(" API")

    def containers(self) -> dict[str, Any]:
        """Those that are there, by name."""
        return {
            file.stem: json.loads(file.read_text()) for file in (self.docker / "containers").glob("*.json")
        }

    def running(self) -> set[str]:
        return {name for name, container in self.containers().items() if container["status"] == "running"}

    def images(self) -> set[str]:
        """The names of those that are kept here."""
        return {
            name
            for file in (self.docker / "images").glob("*.json")
            for name in json.loads(file.read_text())["names"]
        }

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.docker / "calls").read_text().splitlines()]

    def end(self) -> None:
        self.end_containers()
        self.nginx.stop()

    def end_containers(self) -> None:
        for container in self.containers().values():
            if container["status"] != "exited":
                os.kill(container["pid"], signal.SIGUSR1)
        deadline = time.monotonic() + 20
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.05)
