"""Each command in the documents about AWS exists, takes what is given, and names what is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from tests.infra.documents import DEPLOYMENT, OPERATIONS, README, ROOT, calls, commands, spans
from tests.infra.hosts import with_tls
from tolstoy.cli.main import app
from tolstoy_infra import host, settings

DOCUMENTS = [DEPLOYMENT, OPERATIONS]
TEMPLATES = ROOT / "infra" / "templates"
SCRIPT = TEMPLATES / "tolstoy-deploy"
# what the AWS CLI has beyond the services' own operations, with the options used
CLI_ONLY = {
    ("ecr", "get-login-password"): {"region"},
    ("logs", "tail"): {"follow", "filter-pattern", "region"},
    ("s3", "mb"): {"region"},
}
EVERYWHERE = {"region", "query", "output"}
# Ubuntu's and its packages' own
UNITS = {"nginx", "docker", "certbot.timer"}
PLACES = {
    "/var/log/nginx/access.log",
    "/var/log/nginx/error.log",
    "/var/log/letsencrypt/letsencrypt.log",
    "/var/log/cloud-init-output.log",
    "/var/log/unattended-upgrades/",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_what_the_release_program_is_told_it_understands(document: Path, tmp_path: Path) -> None:
    (tmp_path / "host.env").write_text("")
    environment = {**os.environ, "TOLSTOY_ETC": str(tmp_path), "TOLSTOY_STATE": str(tmp_path)}
    usage = subprocess.run(
        [SCRIPT, "--help"], capture_output=True, text=True, env=environment, check=True
    ).stdout
    known = re.findall(r"^tolstoy-deploy (\S+)", usage, re.M)
    assert len(known) >= 4
    told = [given for given in calls(document, "tolstoy-deploy") if given]
    if document == OPERATIONS:
        assert {given[0] for given in told} == set(known), "each way to call it has its place in the runbook"
    assert [given for given in told if len(given) != 1 or given[0] not in known] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, README], ids=lambda one: one.stem)
def test_what_tolstoy_is_told_it_understands(document: Path) -> None:
    told = [given for name in ("tolstoy", ".venv/bin/tolstoy") for given in calls(document, name) if given]
    for given in calls(document, "docker"):  # within a container, or as the only program of the image
        if given[:1] == ["exec"] and "tolstoy" in given:
            told.append(given[given.index("tolstoy") + 1 :])
        elif given[:1] == ["run"]:
            told.append(given[given.index("IMAGE") + 1 :])
    assert told
    for given in told:
        command: Any = typer.main.get_command(app)
        words = list(given)
        while hasattr(command, "commands"):
            assert words and words[0] in command.commands, f"tolstoy {' '.join(given)}"
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, f"tolstoy {' '.join(given)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_what_make_is_told_there_is(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    assert {given[0] for given in calls(document, "make") if given} <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_what_a_stack_is_told_it_takes(document: Path) -> None:
    told = [given[2:] for given in calls(document, "pulumi") if given[:2] == ["config", "set"]]
    assert told
    for given in told:
        secret = "--secret" in given
        name, *value = [word for word in given if word != "--secret"]
        if name in ("NAME", "aws:region"):
            continue
        key = settings._KEYS[name]
        assert key.secret == secret, f"{name} is {'' if key.secret else 'not '}secret"
        if value and not re.search(r"[$…]|INNER", value[0].replace(":…@", "")):
            key.read(value[0])


def test_the_settings_of_the_least_stack_are_enough() -> None:
    """The fourth step, read as a stack would."""
    text = DEPLOYMENT.read_text().split("## 4. ")[1].split("## 5. ")[0]
    found = re.findall(r"^pulumi config set (--secret )?(\S+) '?([^'\n]+)'?$", text, re.M)
    given = {name: value for _, name, value in found}
    region = given.pop("aws:region")
    made = settings.parse("prod", region, given, {name for secret, name, _ in found if secret})
    assert (made.topology, made.image, made.alarm_email) == ("single", None, "ops@example.com")
    assert made.database_url.split(":")[1] != made.direct_url.split(":")[1], "the owner is another user"


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model({"s3api": "s3"}.get(service, service))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_what_aws_is_asked_it_knows(document: Path) -> None:
    told = [given for given in calls(document, "aws") if len(given) > 1]
    assert len(told) >= 4
    wrong = [problem for given in told if (problem := unknown_to_aws(given))]
    assert wrong == []


def unknown_to_aws(given: list[str]) -> str | None:
    service, operation, *rest = given
    options = {word[2:] for word in rest if word.startswith("--")}
    if (service, operation) in CLI_ONLY:
        more = options - CLI_ONLY[service, operation]
        return f"aws {service} {operation} has no {more}" if more else None
    try:
        operations = {xform_name(name, "-"): name for name in model(service).operation_names}
    except UnknownServiceError as exc:
        return str(exc)
    if operation not in operations:
        return f"aws {service} has no {operation}"
    shape = model(service).operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-"): name in shape.required_members for name in shape.members}
    # of the CLI's own: pages, and everything of a command's invocation
    more = options - members.keys() - EVERYWHERE
    missing = {name for name, required in members.items() if required} - options
    return f"aws {service} {operation}: unknown {more}, missing {missing}" if more or missing else None


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no pulumi on PATH to be asked")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_what_pulumi_is_told_it_understands(document: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PULUMI_HOME": str(tmp_path), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    asked: set[tuple[str, ...]] = set()
    for given in calls(document, "pulumi"):
        words = [word for word in given if re.fullmatch(r"[a-z][a-z-]*", word)]
        parts = 2 if given and given[0] in ("config", "stack", "state") and len(words) > 1 else 1
        options = [word for word in given if word.startswith("-") and word not in ("--help",)]
        asked.add((" ".join(words[:parts]), *options))
    assert asked
    for command, *options in sorted(asked):
        if not command:
            continue
        helped = subprocess.run(
            ["pulumi", *command.split(), "--help"],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        ).stdout
        # one that it does not know, it takes for an argument of the command above; aliases have another name there
        usage = re.findall(r"^  pulumi((?: [a-z-]+)+)", helped, re.M)
        assert usage and len(usage[0].split()) == len(command.split()), f"pulumi has no {command}"
        for option in options:
            assert re.search(rf"(^|[ ,]){option}\b", helped, re.M), f"pulumi {command} has no {option}"


def on_the_machine() -> str:
    """Everything that is put there, as one text, the paths included."""
    one = with_tls(log_group="/tolstoy/prod", dns01=True)
    return host.render(one) + "".join(f"{file.path}\n{file.text}\n" for file in host.files(one))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_places_on_the_machine_are_there(document: Path) -> None:
    found = set(re.findall(r"(?<![\w.:/])/(?:etc|usr|var|opt)/[\w./-]+", document.read_text()))
    assert found
    known = on_the_machine()
    assert {path for path in found - PLACES if path not in known} == set()


def test_units_on_the_machine_are_there() -> None:
    shipped = {path.name for path in (TEMPLATES / "systemd").iterdir()}
    known = shipped | {name.removesuffix(".service") for name in shipped} | UNITS
    told: set[str] = set()
    for words in commands(OPERATIONS):
        if words[0] == "systemctl":
            told |= {word for word in words[2:] if not word.startswith("-")}
        elif words[0] == "journalctl":
            told.add(words[words.index("-u") + 1])
    assert {"tolstoy-tls", "nginx", "certbot.timer"} <= told <= known


def test_containers_are_called_so() -> None:
    text = OPERATIONS.read_text()
    named = set(re.findall(r"\btolstoy-(?:worker-)?(?:blue|green)\b|\btolstoy-migrate\b", text))
    script = SCRIPT.read_text()
    assert named == {"tolstoy-blue", "tolstoy-green", "tolstoy-worker-blue", "tolstoy-migrate"}
    assert 'echo "tolstoy-$1"' in script and 'echo "tolstoy-worker-$1"' in script
    assert "start tolstoy-migrate" in script


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.stem)
def test_addresses_on_the_machine_answer(document: Path) -> None:
    """Of the listener that is the machine's own."""
    asked = set(re.findall(r"http://127\.0\.0\.1:8081(/\w+)", document.read_text()))
    assert asked
    listener = (TEMPLATES / "nginx" / "http.conf").read_text().split("listen 127.0.0.1:8081;")[1]
    assert {path for path in asked if f"location = {path} {{" not in listener} == set()


def test_the_image_is_built_as_its_file_wants() -> None:
    (build,) = (given for given in calls(DEPLOYMENT, "docker") if given[0] == "build" and "-t" in given)
    file = (ROOT / build[build.index("-f") + 1]).read_text()
    arguments = set(re.findall(r"^ARG (\w+)", file, re.M))
    given = {build[at + 1].split("=")[0] for at, word in enumerate(build) if word == "--build-arg"}
    assert given == {"VERSION", "REVISION"} <= arguments
    assert any(span.startswith("--build-arg PYTHON=") for span in spans(DEPLOYMENT)) and "PYTHON" in arguments
    assert build[-1] == "."
