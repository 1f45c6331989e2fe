"""What a stack may be told. Every mistake is found before anything is made, and all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, Literal, cast

import pulumi

from tolstoy_infra import readers as read
from tolstoy_infra.host import OURS
from tolstoy_infra.rules import contradictions

Topology = Literal["single", "fleet"]


class SettingsError(pulumi.RunError):
    """The stack's settings are wrong; nothing was made."""


@dataclass(frozen=True)
class Domain:
    name: str
    email: str | None  # for the certificate of a single machine
    zone_id: str | None  # where it is in Route 53
    certificate_arn: str | None  # for a fleet's load balancer, where there is no zone


@dataclass(frozen=True)
class Machine:
    instance_type: str
    disk_gib: int
    ssh_cidrs: tuple[str, ...]
    public_key: str | None
    api_memory_mb: int
    worker_memory_mb: int
    workers: int  # processes that serve requests on each machine
    rate_per_second: int  # requests of one address

    @property
    def architecture(self) -> Literal["amd64", "arm64"]:
        """As Ubuntu and Docker name it: of AWS's own processors have a g behind the generation, or are a1."""
        family = self.instance_type.partition(".")[0]
        attributes = family.lstrip("abcdefghijklmnopqrstuvwxyz-").lstrip("0123456789")
        return "arm64" if "g" in attributes or family == "a1" else "amd64"

    @property
    def burstable(self) -> bool:
        return self.instance_type.startswith("t")


@dataclass(frozen=True)
class FleetSize:
    api_min: int
    api_max: int
    worker_min: int
    worker_max: int


@dataclass(frozen=True)
class GitHub:
    repository: str  # owner/name
    provider_arn: str | None  # the account's identity provider for GitHub, where it has one already
    state_bucket: str | None  # of the stack's state, where it is in S3


@dataclass(frozen=True)
class Settings:
    stack: str
    region: str
    topology: Topology
    image: str | None  # none yet: the machine waits for its first release
    database_url: str = field(repr=False)
    direct_url: str = field(repr=False)
    app_keys: str | None = field(repr=False)  # while APP_KEY is being replaced, or instead of it
    kms_key_arn: str | None  # of the key that opens some of them, which are then all that there are
    domain: Domain | None
    machine: Machine
    fleet: FleetSize
    vpc_id: str | None  # none: the account's default network
    subnet_ids: tuple[str, ...]
    log_retention_days: int
    queue_seconds: int  # how long a job may wait before it is called late
    alarm_email: str | None
    github: GitHub | None
    environment: Mapping[str, str]

    @property
    def partition(self) -> str:
        """The first part of every ARN: China's, Europe's and the government's regions are worlds of their own."""
        parts = {"cn": "aws-cn", "eusc": "aws-eusc", "us-gov": "aws-us-gov"}
        return next((part for prefix, part in parts.items() if self.region.startswith(prefix + "-")), "aws")


@dataclass(frozen=True)
class _Key:
    read: Callable[[str], Any]
    default: str | None = None
    secret: bool = False


_HOST = r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
_EMAIL = read.matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address; write it as ops@example.com")
_KEYS: Final[Mapping[str, _Key]] = {
    "topology": _Key(read.choice(Topology), "single"),
    "image": _Key(read.image),
    "databaseUrl": _Key(read.database_url, secret=True),
    "directUrl": _Key(read.database_url, secret=True),
    "appKeys": _Key(read.app_keys, secret=True),
    "kmsKeyArn": _Key(
        read.matching(
            r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
            "the ARN of a key in KMS; write that of the key itself, since rights are given by no alias",
        )
    ),
    "domain": _Key(read.matching(_HOST, "a name; write it as tolstoy.example.com, in small letters")),
    "email": _Key(_EMAIL),
    "zoneId": _Key(
        read.matching(r"[A-Z0-9]{6,32}", "the id of a hosted zone; write it as Z0123456789ABCDEFGHIJ")
    ),
    "certificateArn": _Key(
        read.matching(
            r"arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}", "the ARN of a certificate in ACM"
        )
    ),
    "instanceType": _Key(read.instance_type, "t3.medium"),
    "diskGib": _Key(read.whole(16, 16384), "30"),
    "sshCidrs": _Key(read.cidrs, "[]"),
    "publicKey": _Key(
        read.matching(
            r"ssh-(ed25519|rsa) [A-Za-z0-9+/]{60,}={0,2}( [ -~]*)?",
            "a public key that EC2 takes; write what ssh-keygen -t ed25519 put into the .pub file",
        )
    ),
    "apiMemoryMb": _Key(read.whole(256, 1048576), "1024"),
    "workerMemoryMb": _Key(read.whole(256, 1048576), "768"),
    "workers": _Key(read.whole(1, 512), "2"),
    "ratePerSecond": _Key(read.whole(1, 100000), "100"),
    "apiMin": _Key(read.whole(1, 100), "2"),
    "apiMax": _Key(read.whole(1, 100), "6"),
    "workerMin": _Key(read.whole(1, 100), "1"),
    "workerMax": _Key(read.whole(1, 100), "6"),
    "vpcId": _Key(read.matching(r"vpc-[0-9a-f]{8,17}", "the id of a VPC; write it as vpc-0123456789abcdef0")),
    "subnetIds": _Key(read.ids("subnet"), "[]"),
    "logRetentionDays": _Key(read.retention, "30"),
    "queueSeconds": _Key(read.whole(5, 3600), "30"),
    "alarmEmail": _Key(_EMAIL),
    "githubRepository": _Key(
        read.matching(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "a repository; write it as owner/name")
    ),
    "githubProviderArn": _Key(
        read.matching(
            r"arn:[a-z-]+:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com",
            "the ARN of GitHub's identity provider in this account",
        )
    ),
    "stateBucket": _Key(read.matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket")),
    "environment": _Key(read.environment(OURS), "{}"),
}


def load() -> Settings:
    """Read this stack's configuration. Raises SettingsError, which names every mistake."""
    project = pulumi.get_project()
    given = {key: str(value) for key, value in pulumi.runtime.config.CONFIG.get().items()}
    prefix = f"{project}:"
    own = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
    secrets = {key for key in own if pulumi.runtime.is_config_secret(prefix + key)}
    return parse(pulumi.get_stack(), given.get("aws:region"), own, secrets)


def parse(stack: str, region: str | None, given: Mapping[str, str], secrets: Set[str]) -> Settings:
    """Settings from texts; `secrets` are the keys that were given encrypted. Raises SettingsError."""
    mistakes = _unknown(given)
    values: dict[str, Any] = {}
    if region is None:
        mistakes.append("aws:region is missing; write pulumi config set aws:region us-east-1")
    else:
        values["region"] = _value("aws:region", read.region, region, mistakes)
    for name, key in _KEYS.items():
        text = given.get(name, key.default)
        if text is not None:
            values[name] = _value(name, key.read, text, mistakes)
    mistakes += _missing(values)
    mistakes += [
        f"{name} lies in clear in Pulumi.{stack}.yaml; choose another, then pulumi config set --secret {name}"
        for name, key in _KEYS.items()
        if key.secret and name in given and name not in secrets
    ]
    mistakes += contradictions(values)
    if mistakes:
        raise SettingsError("\n".join(["the settings of this stack are wrong; nothing was made.", *mistakes]))
    return _settings(stack, values)


def _value(name: str, reader: Callable[[str], Any], text: str, mistakes: list[str]) -> Any:
    try:
        return reader(text)
    except ValueError as exc:
        mistakes.append(f"{name}: {exc}")
        return None


def _unknown(given: Mapping[str, str]) -> list[str]:
    found = []
    for name in sorted(set(given) - set(_KEYS)):
        near = get_close_matches(name, _KEYS, n=1)
        meant = f"; {near[0]} is, if that was meant" if near else "; pulumi config rm it"
        found.append(f"{name} is no setting{meant}")
    return found


def _missing(values: Mapping[str, Any]) -> list[str]:
    if "databaseUrl" in values:
        return []
    return ["databaseUrl is missing; write pulumi config set --secret databaseUrl postgresql://…"]


def _settings(stack: str, values: Mapping[str, Any]) -> Settings:
    get = values.get
    domain = (
        Domain(values["domain"], get("email"), get("zoneId"), get("certificateArn"))
        if "domain" in values
        else None
    )
    repository = get("githubRepository")
    return Settings(
        stack=stack,
        region=values["region"],
        topology=cast("Topology", values["topology"]),
        image=get("image"),
        database_url=values["databaseUrl"],
        direct_url=values["directUrl"],
        app_keys=get("appKeys"),
        kms_key_arn=get("kmsKeyArn"),
        domain=domain,
        machine=Machine(
            values["instanceType"],
            values["diskGib"],
            values["sshCidrs"],
            get("publicKey"),
            values["apiMemoryMb"],
            values["workerMemoryMb"],
            values["workers"],
            values["ratePerSecond"],
        ),
        fleet=FleetSize(values["apiMin"], values["apiMax"], values["workerMin"], values["workerMax"]),
        vpc_id=get("vpcId"),
        subnet_ids=values["subnetIds"],
        log_retention_days=values["logRetentionDays"],
        queue_seconds=values["queueSeconds"],
        alarm_email=get("alarmEmail"),
        github=GitHub(repository, get("githubProviderArn"), get("stateBucket")) if repository else None,
        environment=values["environment"],
    )
