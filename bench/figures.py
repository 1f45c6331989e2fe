"""The figures: printed as they come, and kept as JSON for whoever compares."""

from __future__ import annotations

import json
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "bench-results.json"


class Figures:
    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def add(self, name: str, value: float) -> None:
        self._values[name] = rounded = round(value, 3 if value < 10 else 1)
        print(f"bench {name} {rounded:g}", flush=True)

    def write(self) -> None:
        RESULTS.write_text(json.dumps(self._values, indent=2) + "\n")
