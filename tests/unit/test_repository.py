"""What holds for the repository as a whole: pinned dependencies, small files, live links, nobody's machine."""

from __future__ import annotations

import os
import re
import subprocess
import typing
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tolstoy.core.permissions import Role

ROOT = Path(__file__).parents[2]
MOST_LINES = 300
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PATH_IN_TEXT = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?|[\w-]+/)`")

# Written in pieces, lest this file be found.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "crates" + ".io")
MACHINE_PATHS = ("/work" + "/", "/root" + "/", "/Users" + "/")


@cache
def files() -> tuple[Path, ...]:
    """What is committed, or would be by `git add .`; in an unpacked archive, everything."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode != 0:
        found = ROOT.rglob("*")
        return tuple(path for path in found if path.is_file() and ".venv" not in path.parts)
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def texts() -> list[tuple[str, str]]:
    return [(str(path.relative_to(ROOT)), path.read_text(errors="replace")) for path in files()]


def markdown() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


@pytest.mark.parametrize("name", ["serve", "dev", "infra", "image", "audit"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    requirements = text.replace("\\\n", " ").splitlines()
    assert len(requirements) > 20
    for requirement in requirements:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==\S+", requirement, re.I), requirement
        assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", requirement), requirement
    assert "://" not in text
    assert "index" not in re.findall(r"--([a-z]+)", text)


def test_what_tests_need_includes_what_serving_needs_in_the_same_version() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.M))

    assert pins("serve").items() <= pins("dev").items()


def test_no_file_names_a_package_registry_or_a_place_on_somebodys_machine() -> None:
    configured = (
        urlsplit(os.environ.get(name, ""))
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL")
    )
    hosts = [url.hostname for url in configured if url.hostname]
    forbidden = [*REGISTRIES, *MACHINE_PATHS, *hosts]
    found = [(name, word) for name, text in texts() for word in forbidden if word in text]
    assert found == []


def test_no_python_file_is_long() -> None:
    """Split by noun, not by "part 2"."""
    python = [
        path for path in files() if path.suffix == ".py" and path.parts[len(ROOT.parts)] != "migrations"
    ]
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in python}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_migrations_are_numbered_one_after_the_other() -> None:
    names = [
        path.name
        for path in files()
        if path.parent == ROOT / "migrations" / "models" and path.suffix == ".py"
    ]
    numbered = sorted(int(name.split("_")[0]) for name in names if name != "__init__.py")
    assert numbered == list(range(len(numbered)))
    dated = sorted(
        (name for name in names if name != "__init__.py"), key=lambda name: int(name.split("_")[0])
    )
    dates = [name.split("_")[1] for name in dated]
    assert dates == sorted(dates)


def test_links_between_documents_lead_somewhere() -> None:
    dead = []
    for document in markdown():
        for target in LINK.findall(document.read_text()):
            path, _, fragment = target.partition("#")
            if urlsplit(target).scheme or path.startswith("/"):  # the latter is an address of the service
                continue
            place = (document.parent / path).resolve() if path else document
            if not place.exists() or (fragment and fragment not in headings(place)):
                dead.append(f"{document.relative_to(ROOT)}: {target}")
    assert dead == []


def headings(document: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", document.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_paths_that_documents_name_exist() -> None:
    """A guide that describes another tree than the one there is worse than none."""
    below = [ROOT, ROOT / "service" / "tolstoy"]
    missing = []
    for document in markdown():
        for name in PATH_IN_TEXT.findall(document.read_text()):
            known = [base for base in below if (base / name.split("/")[0]).is_dir()]
            ignored = name.split("/")[0] in (".venv", ".tolstoy")
            places = [place for base in known for place in (base / name, base / f"{name}.py")]
            if known and not ignored and not any(place.exists() for place in places):
                missing.append(f"{document.relative_to(ROOT)}: {name}")
    assert missing == []


def test_every_role_is_in_the_threat_model_and_every_claim_has_its_tests() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line[:2] == "| "
    ]
    assert set(typing.get_args(Role)) <= {row[0] for row in rows}
    claims = [row for row in rows if len(row) == 4 and row[2] not in ("", "Cannot")]
    assert len(claims) >= 15
    assert [row[0] for row in claims if not re.findall(r"`tests/\w+/test_\w+\.py`", row[3])] == []


def test_what_is_pinned_is_audited() -> None:
    """Of the two files that are not named, one is part of `dev` and one of `image`."""
    audited = re.search(r"for file in ([a-z ]+); do", (ROOT / "Makefile").read_text())
    assert audited is not None
    assert set(audited[1].split()) == {path.stem for path in (ROOT / "requirements").iterdir()} - {
        "serve",
        "build",
    }


def test_make_help_tells_what_the_readme_tells() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    told = set(re.findall(r"\bmake ([a-z]+)\b(?! alone)", (ROOT / "README.md").read_text()))
    assert told & {"serve", "dev", "test", "lint", "bench"} == {"serve", "dev", "test", "lint", "bench"}
    assert {"serve", "dev", "test", "lint", "bench", "clean"} <= targets
