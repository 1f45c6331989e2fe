"""The first boot of a machine: what the cloud-config says, and that it says it in every case."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import replace
from typing import Any

import pytest
import yaml

from tests.infra.hosts import SECRET_ARN, environment_file, host, with_tls
from tolstoy.core.settings import Settings, load
from tolstoy.domain.credential_authorizations import redirect_uri
from tolstoy_infra.bundle import File, bundled
from tolstoy_infra.host import (
    OURS,
    SECRETS,
    USER_DATA_BYTES,
    Host,
    environment,
    files,
    nginx_settings,
    nginx_site,
    render,
)
from tolstoy_infra.timeouts import timeouts

FLEET = {
    "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/tolstoy:1.2.3",
    "domain": "tolstoy.example.com",
}
HOSTS = {
    "single": host(log_group="/tolstoy/prod"),
    "tls": with_tls(log_group="/tolstoy/prod"),
    "dns": with_tls(
        dns01=True, log_group="/tolstoy/prod", env={"LOG_LEVEL": "debug", "PUBLIC_URL": "https://x.example"}
    ),
    "api": host(role="api", proxies="10.0.0.0/16", log_group="/tolstoy/prod", **FLEET),
    "worker": host(role="worker", log_group="/tolstoy/prod", **FLEET),
}
every = pytest.mark.parametrize("kind", HOSTS)


def config(made: Host) -> dict[str, Any]:
    text = render(made)
    assert text.startswith("#cloud-config\n")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def unpacked(made: Host) -> dict[str, tarfile.TarInfo]:
    """The archive's entries by the path that they come to."""
    (packed,) = (file for file in config(made)["write_files"] if file.get("encoding") == "b64")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed["content"])), mode="r:bz2") as archive:
        return {f"/{entry.name}": entry for entry in archive.getmembers()}


@every
def test_it_fits_and_has_room(kind: str) -> None:
    assert len(render(HOSTS[kind]).encode()) < USER_DATA_BYTES - 2048


@every
def test_it_is_the_same_each_time(kind: str) -> None:
    """Another text would be another machine."""
    assert render(HOSTS[kind]) == render(replace(HOSTS[kind]))


def test_the_bundle_is_the_same_everywhere() -> None:
    """Told by a digest, since what packs it is not ours."""
    made = bundled([File("/b", "two\n", 0o755), File("/a", "one\n" * 100)])
    assert made == bundled([File("/a", "one\n" * 100), File("/b", "two\n", 0o755)])
    digest = "1f1899f95cc37ffcc9b0eb1257fff141e3eb611f7b96ebad16016536c6ee51de"
    assert hashlib.sha256(made.encode()).hexdigest() == digest


def test_one_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="shorten env"):
        render(host(env={f"VARIABLE_{number}": "x" * 100 for number in range(60)}))


@every
def test_it_has_no_secrets(kind: str) -> None:
    text = render(HOSTS[kind]) + "".join(file.text for file in files(HOSTS[kind]))
    assert "postgresql://" not in text
    assert not [name for name in SECRETS if f"{name}=" in text]


@every
def test_what_is_packed_comes_out_whole(kind: str) -> None:
    entries = unpacked(HOSTS[kind])
    expected = {file.path: file for file in files(HOSTS[kind])}
    assert entries.keys() == expected.keys()
    for path, entry in entries.items():
        assert (entry.mode, entry.size) == (expected[path].mode, len(expected[path].text.encode()))
        assert (entry.uid, entry.gid, entry.isfile()) == (0, 0, True)
    programs = {path for path, entry in entries.items() if entry.mode == 0o755}
    assert programs == {path for path in entries if path.startswith(("/usr/local/bin/", "/usr/local/lib/"))}


@every
def test_each_role_gets_what_it_needs_and_no_more(kind: str) -> None:
    made = HOSTS[kind]
    packages, paths = set(config(made)["packages"]), {file.path for file in files(made)}
    assert {"docker.io", "amazon-ecr-credential-helper", "bzip2", "curl", "unattended-upgrades"} <= packages
    assert ("nginx" in packages) == any("/nginx/" in path for path in paths) == (made.role != "worker")
    assert ("certbot" in packages) == ("/usr/local/bin/tolstoy-tls" in paths) == (kind in ("tls", "dns"))
    assert ("python3-certbot-dns-route53" in packages) == (kind == "dns")


@every
def test_the_service_takes_its_environment(kind: str) -> None:
    """Read as Docker reads such a file, by the service's own reader of settings."""
    told = environment_file(HOSTS[kind], "/etc/tolstoy/tolstoy.env")
    settings = load(dict(line.split("=", 1) for line in told.splitlines()), dotenv=None)
    assert (settings.production, settings.auth_mode, settings.port) == (True, "api-key", 3000)
    assert (settings.use_aws_secrets, settings.aws_secret_name) == (True, SECRET_ARN)
    assert settings.aws_region == "eu-central-1"
    assert settings.run_worker is False
    urls = {
        "tls": "https://tolstoy.example.com",
        "dns": "https://x.example",
        "single": "http://localhost:3000",
    }
    assert settings.public_url == urls.get(kind, "https://tolstoy.example.com")
    # a release lets the longest wait end
    assert settings.shutdown_timeout_seconds >= settings.response_timeout_seconds


@pytest.mark.parametrize("kind", ["tls", "api", "worker"])
def test_where_a_provider_sends_the_browser_that_allowed_a_credential(kind: str) -> None:
    told = environment(HOSTS[kind])["PUBLIC_URL"]
    settings = load({"PUBLIC_URL": told}, dotenv=None)
    assert redirect_uri(settings.public_url) == "https://tolstoy.example.com/oauth/callback"


def test_nginx_and_the_service_have_the_same_limits() -> None:
    defaults = Settings()
    assert (environment(host())["MAX_BODY_BYTES"], environment(host())["RESPONSE_TIMEOUT"]) == (
        str(defaults.max_body_bytes),
        str(defaults.response_timeout_seconds),
    )
    assert f"client_max_body_size {defaults.max_body_bytes};" in nginx_settings(host())
    other = host(env={"MAX_BODY_BYTES": "2000000", "RESPONSE_TIMEOUT": "30"}, rate_per_second=7)
    assert "client_max_body_size 2000000;" in nginx_settings(other)
    assert "proxy_read_timeout 45s;" in nginx_settings(other)
    assert "rate=7r/s;" in nginx_settings(other)
    assert "MAX_BODY_BYTES=2000000" in environment_file(other, "/etc/tolstoy/tolstoy.env")


def test_swap_is_there() -> None:
    for made in HOSTS.values():
        assert config(made)["swap"] == {"filename": "/swapfile", "size": "2G", "maxsize": "2G"}


@pytest.mark.parametrize("seconds", [1, 60, 3600])
def test_who_is_further_out_waits_longer(seconds: int) -> None:
    waits = timeouts({"RESPONSE_TIMEOUT": str(seconds)})
    assert waits.response <= waits.shutdown < waits.stop
    assert waits.response < waits.proxy < waits.idle < waits.kept
    assert waits.drain >= waits.response
    assert waits.idle <= 4000 and waits.drain <= 3600, "more than a load balancer takes"
    made = host(role="api", proxies="10.0.0.0/16", env={"RESPONSE_TIMEOUT": str(seconds)})
    assert f"keepalive_timeout {waits.kept}s;" in nginx_site(made)
    assert f"STOP_SECONDS={waits.stop}\n" in environment_file(made, "/etc/tolstoy/host.env")
    told = load(environment(made), dotenv=None)
    assert (told.response_timeout_seconds, told.shutdown_timeout_seconds) == (waits.response, waits.shutdown)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("MAX_BODY_BYTES", 1024, 1 << 30), ("RESPONSE_TIMEOUT", 1, 3600), ("SHUTDOWN_TIMEOUT", 1, 3600)],
)
def test_a_number_that_the_machine_has_to_agree_with_is_one_that_the_service_takes(
    name: str, least: int, most: int
) -> None:
    for text in ("1 MB", "0", str(least - 1), str(most + 1), "99999999999"):
        with pytest.raises(ValueError, match=f"{name} '{text}' is not a whole number from {least} to {most}"):
            render(host(env={name: text}))
    for bound in (least, most):
        load(environment(host(env={name: str(bound)})), dotenv=None)


def test_what_clients_keep_open_is_nginxs_own_affair_without_a_load_balancer() -> None:
    assert "keepalive_timeout" not in nginx_site(HOSTS["single"]) + nginx_site(HOSTS["tls"])


def test_what_the_files_on_the_machine_rely_on_stays() -> None:
    made = environment(host(env=dict.fromkeys(OURS - SECRETS, "x")))
    fixed = {name for name in OURS - SECRETS if made[name] != "x"}
    assert fixed == {
        "APP_ENV", "PROXIES", "PORT", "WORKERS", "AWS_REGION", "AWS_SECRET_NAME", "USE_AWS_SECRETS",
    }  # fmt: skip


def test_only_a_load_balancer_is_believed() -> None:
    assert "set_real_ip_from" not in nginx_settings(HOSTS["tls"])
    settings = nginx_settings(HOSTS["api"])
    assert "set_real_ip_from 10.0.0.0/16;" in settings
    assert "    10.0.0.0/16 1;\n" in settings


def test_the_release_program_reads_its_settings_as_they_are_meant() -> None:
    odd = host(
        log_group="/tolstoy/it's $HOME", image="host/tolstoy:1", api_memory_mb=900, worker_memory_mb=600
    )
    text = environment_file(odd, "/etc/tolstoy/host.env")
    names = ("ROLE", "LOG_GROUP", "IMAGE", "API_MEMORY_MB", "WORKER_MEMORY_MB", "STOP_SECONDS")
    script = f'{text}\nprintf "%s\\n" ' + " ".join(f'"${name}"' for name in names)
    said = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    assert said.splitlines() == ["single", "/tolstoy/it's $HOME", "host/tolstoy:1", "900", "600", "80"]


def test_the_agent_measures_and_sends_nginxs_log() -> None:
    def settings(made: Host) -> dict[str, Any]:
        (file,) = (file for file in files(made) if file.path == "/etc/tolstoy/cloudwatch-agent.json")
        read: dict[str, Any] = json.loads(file.text)
        return read

    collected = settings(HOSTS["single"])["metrics"]["metrics_collected"]
    assert collected["mem"]["measurement"] == ["mem_used_percent"]
    assert (collected["disk"]["measurement"], collected["disk"]["resources"]) == (
        ["disk_used_percent"],
        ["/"],
    )
    (log,) = settings(HOSTS["single"])["logs"]["logs_collected"]["files"]["collect_list"]
    assert (log["file_path"], log["log_group_name"]) == ("/var/log/nginx/access.log", "/tolstoy/prod")
    assert "logs" not in settings(HOSTS["worker"])
    assert "logs" not in settings(host())  # nowhere to send it
