"""The workflow of GitHub's, as far as it can be looked at without GitHub."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.programs import program
from tests.infra.stacks import ROOT

FILE = ROOT / ".github" / "workflows" / "deploy.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text())
JOBS: dict[str, Any] = WORKFLOW["jobs"]


def commands(job: str) -> str:
    return "\n".join(step.get("run", "") for step in JOBS[job]["steps"])


def test_no_keys_of_aws() -> None:
    assert not re.search(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)|aws-access-key|AKIA", FILE.read_text())


def test_who_may_ask_for_a_role() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    asking = {name for name, job in JOBS.items() if job.get("permissions", {}).get("id-token") == "write"}
    assert asking == {"preview", "release"}
    for name in asking:
        assert JOBS[name]["permissions"] == {"contents": "read", "id-token": "write"}


def test_only_main_is_released_and_only_what_was_tested() -> None:
    assert WORKFLOW[True] == {"pull_request": None, "push": {"branches": ["main"]}}  # YAML's `on`
    assert [name for name in JOBS if "pulumi up" in commands(name)] == ["release"]
    assert JOBS["release"]["if"].startswith("github.event_name == 'push'")
    assert JOBS["release"]["needs"] == JOBS["preview"]["needs"] == "test"
    assert JOBS["release"]["concurrency"] == {"group": "release", "cancel-in-progress": False}


def test_a_fork_gets_no_role() -> None:
    assert "github.event.pull_request.head.repo.full_name == github.repository" in JOBS["preview"]["if"]
    assert "pull_request_target" not in FILE.read_text()


def test_each_job_takes_its_own_role() -> None:
    for job, role in (("preview", "AWS_PREVIEW_ROLE"), ("release", "AWS_DEPLOY_ROLE")):
        (taken,) = (
            step["with"]["role-to-assume"]
            for step in JOBS[job]["steps"]
            if "role-to-assume" in step.get("with", {})
        )
        assert taken == f"${{{{ vars.{role} }}}}"


def test_what_a_client_writes_is_not_in_a_command() -> None:
    """An expression in a command is put in before the shell sees it."""
    for job in JOBS:
        assert "${{" not in commands(job)


def test_what_is_run_is_there() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for target in re.findall(r"\bmake ([a-z-]+)", "\n".join(map(commands, JOBS))):
        assert target in targets
    for file in re.findall(r"-f (\S+)", commands("release")):
        assert (ROOT / file).is_file()
    arguments = re.findall(r"--build-arg (\w+)=", commands("release"))
    declared = re.findall(r"^ARG (\w+)", (ROOT / "docker" / "Dockerfile").read_text(), re.M)
    assert set(arguments) <= set(declared)
    assert (ROOT / ".ci" / "run").is_file()


def test_a_command_that_fails_before_a_pipe_fails(tmp_path: Path) -> None:
    """GitHub's own default is `bash -e`, to which `pulumi preview | tee` is as good as its tee."""
    assert WORKFLOW["defaults"] == {"run": {"shell": "bash"}}  # with pipefail, where it is asked for by name
    (preview,) = (step["run"] for step in JOBS["preview"]["steps"] if step.get("name") == "pulumi preview")
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PULUMI_STACK": "prod",
        "GITHUB_STEP_SUMMARY": "/dev/null",
    }

    def code(answer: int, *options: str) -> int:
        program(tmp_path, "pulumi", f'#!/bin/sh\ntest "$1" != preview || exit {answer}\n')
        shell = ["bash", "--noprofile", "--norc", "-e", *options, "-c"]
        return subprocess.run([*shell, preview], env=env, capture_output=True).returncode

    assert code(3, "-o", "pipefail") == 3
    assert (code(3), code(0, "-o", "pipefail")) == (0, 0), "it is the pipe that tells"


def test_the_commands_are_sound() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed")
    for step in (step for job in JOBS.values() for step in job["steps"] if "run" in step):
        script = "#!/bin/bash\n" + step["run"]
        checked = subprocess.run([program, "-"], input=script, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout
