"""Programs on the PATH of what is tested, in the place of those of a machine."""

from __future__ import annotations

from pathlib import Path


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file
