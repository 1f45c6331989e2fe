"""Runs what documents show.

A mark above a block of bash has its commands run, in their order, in one shell, where the server's address is
$TOLSTOY. Every answer must be a success, or where the block shows a mistake, a refusal.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"<!-- run: (requests|refused) -->")
BLOCK = re.compile(rf"{MARK.pattern}\n+```(?:bash|sh)\n(.*?)^```$", re.S | re.M)
STATUS = {"requests": "2", "refused": "4"}
CHECKED_CURL = """
set -euo pipefail
curl() {
  local status
  status=$(command curl -sS -o "$ANSWER" -w '%{http_code}' "$@")
  cat "$ANSWER"
  [[ $status == "$EXPECTED"* ]] || { echo "$status to curl $*" >&2; exit 1; }
}
"""


def run(document: Path, folder: Path, variables: Mapping[str, str]) -> str:
    """What the document's commands print, when all went as it says."""
    text = document.read_text()
    blocks: list[tuple[str, str]] = BLOCK.findall(text)
    assert blocks
    assert len(blocks) == len(MARK.findall(text)), "a mark stands right above a block of bash"
    script = "\n".join([CHECKED_CURL, *(f"EXPECTED={STATUS[kind]}\n{block}" for kind, block in blocks)])
    environment = {"PATH": os.environ["PATH"], "ANSWER": str(folder / "answer"), **variables}
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=100)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout
