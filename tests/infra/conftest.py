"""Lets the tests import the Pulumi program, which finds its modules beside its __main__."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "infra"))
