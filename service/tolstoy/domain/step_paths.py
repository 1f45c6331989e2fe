"""The paths of a run's steps: a key, behind the loops around it with the number of the item: `lines[3].charge`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tolstoy.domain.flow_step import MAX_PATH

_KEY: Final = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_PATH: Final = re.compile(rf"(?:{_KEY}\[(?:0|[1-9][0-9]{{0,5}})\]\.)*{_KEY}")
_LOOP: Final = re.compile(rf"({_KEY})\[(\d+)\]\.")


class StepPath(NamedTuple):
    loops: tuple[tuple[str, int], ...]
    key: str

    @property
    def text(self) -> str:
        return self.around(len(self.loops)) + self.key

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.loops)

    def around(self, loops: int) -> str:
        """What the paths of all steps begin with that the first `loops` of its loops are around as well."""
        return "".join(f"{name}[{index}]." for name, index in self.loops[:loops])


def read(text: str) -> StepPath | None:
    """None for what cannot be the path of a step."""
    if len(text) > MAX_PATH or not _PATH.fullmatch(text):
        return None
    return StepPath(tuple((name, int(index)) for name, index in _LOOP.findall(text)), text.rpartition(".")[2])
