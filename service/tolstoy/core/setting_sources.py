"""Where the texts of settings come from: the environment, files that it names, and `.env`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream


def dotenv(path: Path, problems: list[str]) -> dict[str, str]:
    """What a `.env` file says; what is wrong with it is added to the problems."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "not UTF-8 text")
        problems.append(f"{path}: cannot be read ({reason}); make it a readable text file")
        return {}
    values = {}
    # not dotenv_values: it would replace ${…} from os.environ, in passwords too, and pass over a broken line
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            problems.append(f"{path}: line {binding.original.line} cannot be read; write NAME=value")
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values


def find(names: tuple[str, str | None], sources: list[Mapping[str, str]]) -> tuple[str, str | None]:
    """The first of these names that says something, or the first of them, and what it says."""
    for source in sources:
        for name in filter(None, names):
            if text := source.get(name):
                return name, text
            if path := source.get(f"{name}_FILE"):
                return name, _read_file(f"{name}_FILE", path)
    return names[0], None


def _read_file(name: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "not UTF-8 text")
        raise ValueError(f"{name} names {path!r} ({reason}); write the path of a readable file") from error
    if not text:
        raise ValueError(f"{name} names {path!r}, which is empty; write the value into it")
    return text
