"""The files that are shipped to a machine, each looked at by the program that will read it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.infra.hosts import environment_file
from tests.infra.nginx_here import Nginx, needs_nginx
from tests.infra.programs import program
from tests.infra.test_host import HOSTS, config, every
from tolstoy_infra.host import TEMPLATES, Host, files, render

SCRIPTS = ("tolstoy-deploy", "tolstoy-tls", "first-boot")


def needs(name: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name}: apt-get install {package}")


def ran(*command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command], env=env, capture_output=True, text=True, timeout=60, check=False)


def test_every_template_is_shipped_to_some_machine() -> None:
    shipped = {Path(file.path).name for made in HOSTS.values() for file in files(made)}
    there = {str(file.relative_to(TEMPLATES)) for file in TEMPLATES.rglob("*") if file.is_file()}
    renamed = {
        "docker-config.json": "config.json",
        "apt.conf": "52tolstoy",
        "sysctl.conf": "60-tolstoy.conf",
        "nginx/http.conf": "tolstoy.conf",
        "nginx/site.conf": "tolstoy",
        "nginx/site-tls.conf": "tolstoy",
        "systemd/nginx-override.conf": "tolstoy.conf",
    }
    assert {name for name in there if renamed.get(name, Path(name).name) not in shipped} == set()


@needs("cloud-init", "cloud-init")
@every
def test_cloud_init_knows_what_is_asked_of_it(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(render(HOSTS[kind]))
    checked = ran("cloud-init", "schema", "--config-file", str(file))
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    file.write_text(
        render(HOSTS[kind])
        .replace("runcmd:", "runcmds: 1\nruncmd:")
        .replace("package_update: true", "package_update: 7")
    )
    assert ran("cloud-init", "schema", "--config-file", str(file)).returncode != 0  # it does look


@needs("shellcheck", "shellcheck")
@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_has_nothing_to_say(name: str) -> None:
    checked = ran("shellcheck", str(TEMPLATES / name))
    assert checked.returncode == 0, checked.stdout
    assert os.access(TEMPLATES / name, os.X_OK)


@needs_nginx
@pytest.mark.parametrize("kind", ["single", "tls", "api"])
def test_nginx_takes_its_configuration_without_a_word(kind: str, tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, HOSTS[kind])
    nginx.put()
    if HOSTS[kind].tls:
        nginx.write("/etc/tolstoy/host.env", environment_file(HOSTS[kind], "/etc/tolstoy/host.env"))
        env = {**os.environ, "TOLSTOY_ETC": str(tmp_path / "etc/tolstoy")}
        assert ran(str(TEMPLATES / "tolstoy-tls"), "--own", env=env).returncode == 0
    checked = nginx.check()
    assert checked.returncode == 0, checked.stderr
    # Debian's own file names protocols of old; nothing that we wrote is warned of
    assert not [line for line in checked.stderr.splitlines() if "[" in line], checked.stderr


@needs("systemd-analyze", "systemd")
def test_systemd_understands_its_units(tmp_path: Path) -> None:
    for file in files(HOSTS["tls"]):
        if file.path.startswith("/etc/systemd/system/"):
            target = tmp_path / file.path.removeprefix("/etc/systemd/system/")
            target.parent.mkdir(exist_ok=True)
            target.write_text(re.sub(r"/usr/local/bin/", f"{TEMPLATES}/", file.text))
    # what the override is of
    (tmp_path / "nginx.service").write_text("[Service]\nExecStart=/bin/true\n")
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    units = [str(file) for file in tmp_path.iterdir() if file.is_file()]
    assert {Path(unit).name for unit in units} == {
        "nginx.service",
        "tolstoy-tls.service",
        "tolstoy-tls.timer",
    }
    assert _said_of(tmp_path, ran("systemd-analyze", "verify", *units, env=env)) == ""
    for name in ("tolstoy-tls.timer", "nginx.service.d/tolstoy.conf"):
        (tmp_path / name).write_text((tmp_path / name).read_text() + "[Service]\nNonsense=1\nRestart=maybe\n")
    assert "maybe" in _said_of(tmp_path, ran("systemd-analyze", "verify", *units, env=env))  # it does look


def _said_of(folder: Path, checked: subprocess.CompletedProcess[str]) -> str:
    """Of our units; this machine's own may be out of order."""
    return "\n".join(line for line in checked.stderr.splitlines() if str(folder) in line or "tolstoy" in line)


@needs("apt-config", "apt")
def test_apt_reads_its_settings(tmp_path: Path) -> None:
    read = ran("apt-config", "-c", str(TEMPLATES / "apt.conf"), "dump")
    assert read.returncode == 0, read.stderr
    for line in (TEMPLATES / "apt.conf").read_text().splitlines():
        assert line in read.stdout


@needs("dockerd", "docker.io")
def test_docker_takes_its_settings(tmp_path: Path) -> None:
    said = ran("dockerd", "--validate", "--config-file", str(TEMPLATES / "daemon.json")).stderr
    if "unknown flag" in said:
        pytest.skip("this dockerd is too old to be asked: --validate came with 23.0")
    assert "configuration OK" in said


# In the place of what first boot calls: each says that it was called.
SAYS = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\ntest "${0##*/}" != "$REFUSING"\n'


def first_boot(made: Host, root: Path, refusing: str = "") -> tuple[int, list[str]]:
    """Its exit code, and what it called."""
    nginx = Nginx(root, made)
    if made.role != "worker":
        nginx.put()
        (root / "etc/nginx/sites-enabled/tolstoy").unlink()
        (root / "etc/nginx/sites-enabled/default").touch()
    nginx.write("/etc/tolstoy/host.env", environment_file(made, "/etc/tolstoy/host.env"))
    for name in ("systemctl", "sysctl", "nginx", "tolstoy-tls", "tolstoy-deploy"):
        program(root / "bin", name, SAYS)
    calls = root / "calls"
    env = {
        "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
        "TOLSTOY_ETC": str(root / "etc/tolstoy"),
        "TOLSTOY_NGINX": str(root / "etc/nginx"),
        "CALLS": str(calls),
        "REFUSING": refusing,
    }
    return ran(str(TEMPLATES / "first-boot"), env=env).returncode, calls.read_text().splitlines()


@needs_nginx
@every
def test_first_boot_ends_with_all_in_place(kind: str, tmp_path: Path) -> None:
    made = HOSTS[kind]
    code, calls = first_boot(made, tmp_path)
    assert code == 0
    assert "systemctl restart docker" in calls
    assert ("systemctl restart nginx" in calls) == (made.role != "worker")
    if made.role != "worker":
        enabled = tmp_path / "etc/nginx/sites-enabled"
        assert [site.name for site in enabled.iterdir()] == ["tolstoy"]
        assert (enabled / "tolstoy").resolve() == tmp_path / "etc/nginx/sites-available/tolstoy"
        assert "worker_connections 8192;" in (tmp_path / "etc/nginx/nginx.conf").read_text()
        assert calls.index("nginx -t") < calls.index("systemctl restart nginx")
    if made.tls:
        assert calls.index("tolstoy-tls --own") < calls.index("nginx -t")
        assert "systemctl enable --now tolstoy-tls.timer" in calls
    assert (calls[-1] == f"tolstoy-deploy {made.image}") == (made.image is not None)


@needs_nginx
@pytest.mark.parametrize("refusing", ["nginx", "tolstoy-deploy"])
def test_first_boot_fails_with_what_it_calls(refusing: str, tmp_path: Path) -> None:
    """cloud-init then says so, and whoever waits for it hears of it."""
    code, calls = first_boot(HOSTS["api"], tmp_path, refusing)
    assert code != 0
    assert calls[-1].startswith(refusing)


@pytest.mark.parametrize("refusing", ["", "sysctl", "tolstoy-deploy"])
@pytest.mark.parametrize(("kind", "off"), [("worker", True), pytest.param("api", False, marks=needs_nginx)])
def test_a_worker_that_cannot_work_turns_its_machine_off(
    kind: str, off: bool, refusing: str, tmp_path: Path
) -> None:
    """Its group sees nothing else of it; the API's is asked by the load balancer, and stays to be looked at."""
    code, calls = first_boot(HOSTS[kind], tmp_path, refusing)
    assert (code == 0) == (refusing == "")
    assert ("systemctl poweroff" in calls) == (off and refusing != "")


@every
def test_what_cloud_init_runs_puts_the_files_in_place(kind: str, tmp_path: Path) -> None:
    (packed,) = (file for file in config(HOSTS[kind])["write_files"] if file.get("encoding") == "b64")
    bundle = tmp_path / packed["path"].removeprefix("/")
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(base64.b64decode(packed["content"]))
    (command,) = config(HOSTS[kind])["runcmd"]
    here = command.replace("-C / ", f"-C {tmp_path} ").replace("-xjf /", f"-xjf {tmp_path}/")
    boot = "/usr/local/lib/tolstoy/first-boot"
    assert ran("bash", "-euc", here.replace(f"exec {boot}", f"test -x {tmp_path}{boot}")).returncode == 0
    for file in files(HOSTS[kind]):
        placed = tmp_path / file.path.removeprefix("/")
        assert (placed.read_text(), placed.stat().st_mode & 0o777) == (file.text, file.mode)
