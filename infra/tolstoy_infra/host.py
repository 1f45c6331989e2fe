"""A machine's first boot: the cloud-config that makes an Ubuntu 24.04 of EC2 a host of Tolstoy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from tolstoy_infra.bundle import File, bundled
from tolstoy_infra.timeouts import Timeouts, number, timeouts

Role = Literal["single", "api", "worker"]

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
USER_DATA_BYTES: Final = 16_384  # EC2 takes no more, before base64
SECRETS: Final = frozenset(
    {"DATABASE_URL", "DIRECT_URL", "GATEWAY_SECRET", "PLATFORM_KEY", "APP_KEY", "APP_KEYS"}
)
_BODY_BYTES: Final = 1_048_576  # the service's own defaults, said once for it and for Nginx
_BUNDLE: Final = "/var/lib/tolstoy/files.tar.bz2"
_NGINX: Final = ("api", "headers", "problem", "problems", "proxy", "slot", "upstream")


class _Dumper(yaml.SafeDumper):
    """Texts of several lines are written as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


@dataclass(frozen=True)
class Host:
    """What one machine is told at its first boot.

    `single` runs API and worker, `api` and `worker` one of them each. `proxies` is the CIDR range of the load balancer
    in front of an `api` machine: it ends TLS, and its X-Forwarded-* are believed. A `single` machine with a `domain`
    ends TLS itself, with a certificate by HTTP-01, or by DNS-01 in Route 53. `env` is further environment of the
    containers, without secrets. `image` is released at first boot, where no association does it.
    """

    role: Role
    region: str
    secret_arn: str
    log_group: str | None = None
    domain: str | None = None
    email: str | None = None
    dns01: bool = False
    proxies: str | None = None
    api_memory_mb: int = 1024
    worker_memory_mb: int = 768
    workers: int = 2
    rate_per_second: int = 100
    env: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None

    @property
    def tls(self) -> bool:
        return self.role == "single" and self.domain is not None and self.proxies is None

    @property
    def timeouts(self) -> Timeouts:
        return timeouts(self.env)

    @property
    def body_bytes(self) -> int:
        return number(self.env, "MAX_BODY_BYTES", _BODY_BYTES, least=1024, most=1_073_741_824)


def render(host: Host) -> str:
    """The cloud-config, always the same for the same host. Raises ValueError where it would not work."""
    env, settings = _lines(environment(host)), _lines(_host_settings(host), quoted=True)
    config = {
        "package_update": True,
        "packages": _packages(host),
        "swap": {"filename": "/swapfile", "size": "2G", "maxsize": "2G"},
        "write_files": [
            {"path": "/etc/tolstoy/tolstoy.env", "permissions": "0600", "content": env},
            {"path": "/etc/tolstoy/host.env", "permissions": "0644", "content": settings},
            {"path": _BUNDLE, "permissions": "0600", "encoding": "b64", "content": bundled(files(host))},
        ],
        "runcmd": [f"tar -C / --no-same-owner -xjf {_BUNDLE} && exec /usr/local/lib/tolstoy/first-boot"],
    }
    text = "#cloud-config\n" + yaml.dump(config, Dumper=_Dumper, sort_keys=False, width=1_000_000)
    if (size := len(text.encode())) >= USER_DATA_BYTES:
        raise ValueError(
            f"the user data has {size} bytes, EC2 takes less than {USER_DATA_BYTES}; shorten env"
        )
    return text


def environment(host: Host) -> dict[str, str]:
    """Of the containers."""
    waits = host.timeouts
    return {
        "AUTH_MODE": "api-key",
        **({"PUBLIC_URL": f"https://{host.domain}"} if host.domain else {}),
        "MAX_BODY_BYTES": str(host.body_bytes),
        "RESPONSE_TIMEOUT": str(waits.response),
        "SHUTDOWN_TIMEOUT": str(waits.shutdown),
        **host.env,
        **_fixed(host),
    }


def _fixed(host: Host) -> dict[str, str]:
    """What the files on the machine rely on."""
    return {
        "APP_ENV": "production",
        "PROXIES": "1",  # the Nginx of this machine
        "PORT": "3000",
        "WORKERS": str(host.workers),
        "AWS_REGION": host.region,
        "AWS_SECRET_NAME": host.secret_arn,
        "USE_AWS_SECRETS": "true",
    }


# variables that a stack's `environment` may not set: they would be another fact beside this one, break what reads the
# service's log and asks its health, or show the machine's credentials to somebody who is not AWS
OURS: Final = (
    SECRETS
    | _fixed(Host("single", "", "")).keys()
    | {"NODE_ENV", "HOST", "RUN_WORKER", "LOG_FORMAT", "ACCESS_LOG", "HEARTBEAT_FILE", "AWS_ENDPOINT_URL"}
)


def files(host: Host) -> list[File]:
    """What is put on the machine beside the two environments."""
    found = [
        _file("tolstoy-deploy", "/usr/local/bin/tolstoy-deploy", 0o755),
        _file("first-boot", "/usr/local/lib/tolstoy/first-boot", 0o755),
        _file("daemon.json", "/etc/docker/daemon.json"),
        _file("docker-config.json", "/etc/tolstoy/docker/config.json"),
        _file("apt.conf", "/etc/apt/apt.conf.d/52tolstoy"),
        _file("sysctl.conf", "/etc/sysctl.d/60-tolstoy.conf"),
        File("/etc/tolstoy/cloudwatch-agent.json", json.dumps(_agent(host), indent=2) + "\n"),
    ]
    if host.role != "worker":
        found += [
            *(_file(f"nginx/{name}.conf", f"/etc/nginx/tolstoy/{name}.conf") for name in _NGINX),
            _file("nginx/http.conf", "/etc/nginx/conf.d/tolstoy.conf"),
            File("/etc/nginx/tolstoy/settings.conf", nginx_settings(host)),
            File("/etc/nginx/sites-available/tolstoy", nginx_site(host)),
            _file("systemd/nginx-override.conf", "/etc/systemd/system/nginx.service.d/tolstoy.conf"),
        ]
    if host.tls:
        found += [
            _file("tolstoy-tls", "/usr/local/bin/tolstoy-tls", 0o755),
            *(_unit(f"tolstoy-tls.{kind}") for kind in ("service", "timer")),
        ]
    return found


def nginx_settings(host: Host) -> str:
    changes = {
        "client_max_body_size 1048576;": f"client_max_body_size {host.body_bytes};",
        "proxy_read_timeout 75s;": f"proxy_read_timeout {host.timeouts.proxy}s;",
        "rate=100r/s;": f"rate={host.rate_per_second}r/s;",
    }
    if host.proxies:
        changes['    default "";\n}\n'] = (
            f'    default "";\n    {host.proxies} 1;\n}}\n'
            f"set_real_ip_from {host.proxies};\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"
        )
    return _changed("nginx/settings.conf", changes)


def nginx_site(host: Host) -> str:
    if host.tls:
        return _changed("nginx/site-tls.conf", {"tolstoy.example": str(host.domain)})
    if host.proxies:
        api = "    include tolstoy/api.conf;\n"
        return _changed("nginx/site.conf", {api: f"    keepalive_timeout {host.timeouts.kept}s;\n{api}"})
    return _template("nginx/site.conf")


def _host_settings(host: Host) -> dict[str, str]:
    """Of tolstoy-deploy and the other programs."""
    return {
        "ROLE": host.role,
        "LOG_REGION": host.region,
        "LOG_GROUP": host.log_group or "",
        "API_MEMORY_MB": str(host.api_memory_mb),
        "WORKER_MEMORY_MB": str(host.worker_memory_mb),
        "STOP_SECONDS": str(host.timeouts.stop),
        **({"TLS": "true", "DOMAIN": str(host.domain), "EMAIL": str(host.email)} if host.tls else {}),
        **({"DNS01": "true"} if host.tls and host.dns01 else {}),
        **({"IMAGE": host.image} if host.image else {}),
    }


def _packages(host: Host) -> list[str]:
    found = ["amazon-ecr-credential-helper", "bzip2", "curl", "docker.io", "unattended-upgrades"]
    if host.role != "worker":
        found.append("nginx")
    if host.tls:
        found += ["certbot", "openssl", *(["python3-certbot-dns-route53"] if host.dns01 else [])]
    return sorted(found)


def _agent(host: Host) -> dict[str, Any]:
    """The CloudWatch agent's settings: memory and disk, and Nginx's log, which has what never reached the service."""
    settings: dict[str, Any] = json.loads(_template("cloudwatch-agent.json"))
    if host.log_group and host.role != "worker":
        log = {
            "file_path": "/var/log/nginx/access.log",
            "log_group_name": host.log_group,
            "log_stream_name": "{instance_id}/nginx",
        }
        settings["logs"] = {"logs_collected": {"files": {"collect_list": [log]}}}
    return settings


def _lines(values: Mapping[str, str], *, quoted: bool = False) -> str:
    return "".join(f"{name}={shlex.quote(value) if quoted else value}\n" for name, value in values.items())


def _changed(template: str, changes: Mapping[str, str]) -> str:
    text = _template(template)
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"templates/{template} has no {old!r} to be changed")
        text = text.replace(old, new)
    return text


def _file(template: str, path: str, mode: int = 0o644) -> File:
    return File(path, _template(template), mode)


def _unit(name: str) -> File:
    return _file(f"systemd/{name}", f"/etc/systemd/system/{name}")


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
