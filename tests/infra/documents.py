"""What a document has people type, and what its tables say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOYMENT = ROOT / "docs" / "deployment.md"
OPERATIONS = ROOT / "docs" / "operations.md"
README = ROOT / "README.md"

_BLOCK = re.compile(r"^```(?:bash|sh)\n(.*?)^```$", re.S | re.M)
_ANY_BLOCK = re.compile(r"^```.*?^```$", re.S | re.M)
_SPAN = re.compile(r"`([^`\n]+)`")
_INNER = re.compile(r"\$\(([^()]*)\)")
_KEPT = re.compile(r"\0(\d+)\0")
# what stands before a command: variables, who runs it, a folder gone to
_BEFORE = re.compile(r"[A-Z_]+=\S*|sudo|eval|!")


def commands(document: Path) -> list[list[str]]:
    """Words of every command in its blocks of bash and in its spans of code, those within others too."""
    text = document.read_text()
    lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [words for line in (*lines, *spans(document)) for words in _commands(line)]


def spans(document: Path) -> list[str]:
    """Code within sentences and tables, where | stands for itself again."""
    return [span.replace("\\|", "|") for span in _SPAN.findall(_ANY_BLOCK.sub("", document.read_text()))]


def calls(document: Path, program: str) -> list[list[str]]:
    """What follows the program's name in each of its commands."""
    return [words[1:] for words in commands(document) if words[0] == program]


def rows(document: Path, heading: str) -> list[list[str]]:
    """Of the table below that heading, without its own first line."""
    below = document.read_text().split(f"\n{heading}\n", 1)
    assert len(below) == 2, f"{document.name} has no {heading!r}"
    section = re.split(r"^#+ ", below[1], maxsplit=1, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(lines) > 1, f"{document.name} has no table below {heading!r}"
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines[1:]
    ]


def codes(cell: str) -> list[str]:
    return _SPAN.findall(cell)


def _commands(line: str) -> Iterator[list[str]]:
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    rest = re.sub(r"'[^']*'", keep, line)
    while found := _INNER.search(rest):
        yield from _split(found[1], kept)
        rest = rest[: found.start()] + "INNER" + rest[found.end() :]
    yield from _split(rest, kept)


def _split(text: str, kept: list[str]) -> Iterator[list[str]]:
    for part in re.split(r"\|\||&&|[|;()]", text):
        bare = _KEPT.sub(lambda found: kept[int(found[1])], part)
        try:
            words = shlex.split(bare, comments=True)
        except ValueError:  # a sentence with an apostrophe is no command
            continue
        while words and _BEFORE.fullmatch(words[0]):
            words = words[1:]
        if words:
            yield words
