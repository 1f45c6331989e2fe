"""The CLI in a home of its own: its state in a folder, its plugins ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.cli.plugin import version
from tests.infra.stacks import ROOT

SECONDS = 300


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    text: str  # all that was said

    @property
    def ok(self) -> bool:
        return self.code == 0


class Pulumi:
    """A copy of the project in `folder`, its program unmodified, and the `pulumi` of PATH."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.project, self.journal = folder / "project", folder / "journal.json"
        shutil.copytree(
            ROOT / "infra", self.project / "infra", ignore=shutil.ignore_patterns(".venv", "__pycache__")
        )
        shutil.copy(ROOT / "Pulumi.yaml", self.project)
        # what `make infra` installs is among what the tests need
        (self.project / "infra" / ".venv").symlink_to(sys.prefix)
        home, programs = folder / "home", folder / "bin"
        (folder / "state").mkdir()
        for name in ("aws", "random"):
            place = home / "plugins" / f"resource-{name}-v{version(name)}"
            _program(place / f"pulumi-resource-{name}", f"tests.infra.cli.plugin {name}")
        if shutil.which("pulumi-language-python") is None:
            _program(programs / "pulumi-language-python", "tests.infra.cli.language_host")
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of the tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "MOTO_ENDPOINT": endpoint,
            "MOTO_JOURNAL": str(self.journal),
        }

    def run(self, *arguments: str, given: str | None = None) -> Ran:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.project,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stdout + done.stderr)

    def done(self, *arguments: str, given: str | None = None) -> str:
        ran = self.run(*arguments, given=given)
        assert ran.ok, ran.text
        return ran.out

    def configure(self, settings: Mapping[str, str], secrets: tuple[str, ...] = ()) -> None:
        for key, value in settings.items():
            # by standard input, as docs/deployment.md has it: an argument would be in the shell's history
            kind = ["--secret"] if key in secrets else []
            self.done("config", "set", key, *kind, given=value)

    def preview(self) -> list[tuple[str, str]]:
        """What would be done to which resource, as operation and name; what stays the same is left out."""
        told = json.loads(self.done("preview", "--json"))
        return sorted(
            (step["op"], step["urn"].rpartition("::")[2]) for step in told["steps"] if step["op"] != "same"
        )

    def outputs(self) -> dict[str, Any]:
        return dict(json.loads(self.done("stack", "output", "--json")))

    def state(self) -> str:
        return self.done("stack", "export")

    def kept(self) -> dict[str, Any]:
        """What moto does not keep."""
        return dict(json.loads(self.journal.read_text()))


def _program(file: Path, command: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {command} "$@"\n')
    file.chmod(0o755)
