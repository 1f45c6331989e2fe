"""Deliberate mistakes in the program, as mutations.txt lists them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.infra.deployed import Deployed
from tests.infra.stacks import ROOT

BLOCK = re.compile(r"^(?P<file>\w+): (?P<name>.+) \((?P<caught>.+)\)\n- (?P<old>.+)\n\+ ?(?P<new>.*)$", re.M)


@dataclass(frozen=True)
class Mutation:
    file: str
    name: str
    caught: str
    old: str
    new: str

    def applied(self, folder: Path) -> Path:
        """A copy of the program with the mistake in it."""
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        shutil.copytree(
            ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns(".venv", "__pycache__")
        )
        file = folder / "infra" / "tolstoy_infra" / f"{self.file}.py"
        text = file.read_text()
        assert self.old in text, f"{self.file}.py has no {self.old!r} any more"
        file.write_text(text.replace(self.old, self.new))
        return folder


def read() -> list[Mutation]:
    text = Path(__file__).with_name("mutations.txt").read_text()
    found = BLOCK.findall(text)
    assert len(found) == text.count("\n- "), "a block is not as the others are"
    return [
        Mutation(file, name, caught, old.replace("\\n", "\n"), new.replace("\\n", "\n"))
        for file, name, caught, old, new in found
    ]


def names(mutations: list[Mutation]) -> list[str]:
    return [one.name.replace(" ", "-") for one in mutations]


def checks_of(*modules: ModuleType) -> dict[str, Callable[[Deployed], None]]:
    """By name."""
    return {
        name: one for module in modules for name, one in vars(module).items() if name.startswith("check_")
    }
