"""The shipped files in a real Nginx of a test's own: the distribution's nginx.conf, other ports, another folder."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.processes import free_port
from tolstoy_infra.host import Host, files

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
STOCK = Path("/etc/nginx")
needs_nginx = pytest.mark.skipif(
    PROGRAM is None or not (STOCK / "nginx.conf").exists(),
    reason="needs the distribution's nginx: apt-get install nginx",
)


@dataclass
class Nginx:
    """Its folder is what / is on a machine."""

    root: Path
    host: Host
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    local_port: int = field(default_factory=free_port)
    blue: int = field(default_factory=free_port)
    green: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def local_url(self) -> str:
        return f"http://127.0.0.1:{self.local_port}"

    @property
    def pid_file(self) -> Path:
        return self.root / "run/nginx.pid"

    def log(self) -> str:
        return (self.root / "var/log/nginx/access.log").read_text(errors="replace")

    def logged(self, text: str) -> bool:
        """Whether the log has it; a line is written after its request was answered."""
        deadline = time.monotonic() + 10
        while text not in self.log() and time.monotonic() < deadline:
            time.sleep(0.02)
        return text in self.log()

    def moved(self, text: str) -> str:
        """The text with this machine's folders and ports for those of a host."""
        text = re.sub(
            r"(?<![\w.])/(etc/nginx|etc/tolstoy|var/log/nginx|var/lib/tolstoy|run/nginx)",
            rf"{self.root}/\1",
            text,
        )
        for theirs, ours in ((80, self.port), (443, self.tls_port), (8081, self.local_port)):
            text = re.sub(rf"(listen (?:127\.0\.0\.1:)?){theirs}\b", rf"\g<1>{ours}", text)
        for theirs, ours in ((3001, self.blue), (3002, self.green)):
            text = re.sub(rf"(server 127\.0\.0\.1:){theirs}\b", rf"\g<1>{ours}", text)
        return text

    def put(self) -> None:
        """The host's files, and the distribution's as first boot leaves them."""
        for file in files(self.host):
            if file.path.startswith("/etc/nginx/"):
                self.write(file.path, file.text)
        stock = (STOCK / "nginx.conf").read_text()
        # the folders of a test are closed to others
        user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
        self.write("/etc/nginx/nginx.conf", re.sub(r"^user .*", user, stock, flags=re.MULTILINE))
        shutil.copy(STOCK / "mime.types", self.root / "etc/nginx/mime.types")
        for folder in ("etc/nginx/sites-enabled", "var/log/nginx", "var/lib/tolstoy/acme", "run"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        site = self.root / "etc/nginx/sites-enabled/tolstoy"
        site.symlink_to(self.root / "etc/nginx/sites-available/tolstoy")

    def write(self, path: str, text: str) -> None:
        target = self.root / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.moved(text))

    def serve(self, slot: str) -> None:
        """As tolstoy-deploy says it."""
        flag = self.root / "var/lib/tolstoy/slot" / slot
        flag.parent.mkdir(exist_ok=True)
        flag.touch()

    def command(self, *arguments: str) -> list[str]:
        # -e: the log it has before it has read where its log is
        log = self.root / "var/log/nginx/start.log"
        return [
            str(PROGRAM),
            "-e",
            str(log),
            "-p",
            str(self.root),
            "-c",
            str(self.root / "etc/nginx/nginx.conf"),
            *arguments,
        ]

    def check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=30, check=False)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command("-g", "daemon off;"), stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not (self.pid_file.exists() and self.pid_file.read_text().strip()):
            assert self.process.poll() is None, (self.root / "var/log/nginx/start.log").read_text()
            assert time.monotonic() < deadline, "nginx does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


@contextmanager
def nginx(root: Path, host: Host, *, before: int | None = None) -> Iterator[Nginx]:
    """Running, before the service on that port if there is one."""
    here = Nginx(root, host) if before is None else Nginx(root, host, blue=before)
    here.put()
    if before is not None:
        here.serve("blue")
    here.start()
    try:
        yield here
    finally:
        here.stop()
