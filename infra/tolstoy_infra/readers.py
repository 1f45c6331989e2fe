"""Readers: each turns a setting's text into its value, or says in a ValueError what to write instead."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final, get_args
from urllib.parse import SplitResult, urlsplit

from pulumi_aws import Region
from pulumi_aws.ec2 import InstanceType

# what CloudWatch Logs takes: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS: Final = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
)

# of the service's, those that let in nobody who only says who he is
AUTH_MODES: Final = ("api-key", "gateway", "oidc")
OIDC: Final = ("OIDC_ISSUER", "OIDC_AUDIENCE")

_IMAGE = re.compile(
    r"(?P<name>(?:[a-z0-9][a-z0-9.-]*(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?"
)


def matching(pattern: str, what: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return read


def choice(literal: object) -> Callable[[str], str]:
    def read(value: str) -> str:
        *others, last = get_args(literal)
        if value not in (*others, last):
            raise ValueError(f"{value!r} is not known; write {', '.join(others)} or {last}")
        return value

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ValueError(f"{value!r} is not a number allowed here; write one from {least} to {most}")
        return int(value)

    return read


def retention(value: str) -> int:
    if value not in map(str, RETENTION_DAYS):
        raise ValueError(
            f"{value!r} is not kept by CloudWatch; write one of {', '.join(map(str, RETENTION_DAYS))}"
        )
    return int(value)


def region(value: str) -> str:
    known = [one.value for one in Region if "-iso" not in one.value]
    if value not in known:
        raise ValueError(f"{value!r} is no region of AWS; write {_nearest(value, known, 'us-east-1')}")
    return value


def instance_type(value: str) -> str:
    known = [one.value for one in InstanceType]
    if value not in known:
        raise ValueError(f"{value!r} is no instance type; write {_nearest(value, known, 't3.medium')}")
    return value


def image(value: str) -> str:
    """A reference that means the same image tomorrow: with a tag or a digest, and not the tag that moves."""
    found = _IMAGE.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is not an image; write it as host/name:tag")
    if found["digest"] is None and found["tag"] is None:
        raise ValueError(f"{value!r} has no tag; write {value}:TAG, a tag that is never moved")
    if found["digest"] is None and found["tag"] == "latest":
        raise ValueError(
            f"{value!r} moves, so no release would be seen; write a tag of its own for each build"
        )
    return value


def cidrs(value: str) -> tuple[str, ...]:
    return tuple(map(_cidr, texts(value)))


def _cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as exc:
        raise ValueError(
            f"{value!r} is not a range of IPv4 addresses ({exc}); write for example 203.0.113.7/32"
        ) from exc
    if network.prefixlen == 0:
        raise ValueError(
            f"{value!r} is everybody; write the range you connect from, for example 203.0.113.7/32"
        )
    return str(network)


def ids(kind: str) -> Callable[[str], tuple[str, ...]]:
    one = matching(rf"{kind}-[0-9a-f]{{8,17}}", f"the id of one; write it as {kind}-0123456789abcdef0")

    def read(value: str) -> tuple[str, ...]:
        found = tuple(map(one, texts(value)))
        if len(set(found)) != len(found):
            raise ValueError("names one twice; write each once")
        return found

    return read


def texts(value: str) -> list[str]:
    read = _json(value, 'a list; write it as ["one", "another"]')
    if not isinstance(read, list) or not all(isinstance(one, str) for one in read):
        raise ValueError('is not a list of texts; write it as ["one", "another"]')
    return read


def environment(own: frozenset[str]) -> Callable[[str], dict[str, str]]:
    """Variables for the service, by name; `own` are set by this program and may not be set twice."""

    def read(value: str) -> dict[str, str]:
        read = _json(value, 'an object; write it as {"LOG_LEVEL": "info"}')
        if not isinstance(read, dict) or not all(isinstance(one, str) for one in read.values()):
            raise ValueError('is not an object of texts; write it as {"WORKER_CONCURRENCY": "100"}')
        for name, text in read.items():
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                raise ValueError(f"{name!r} is no name of a variable; write capitals, digits and underscores")
            if re.search(r"SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL", name):
                raise ValueError(
                    f"{name} looks like a secret, which the machine's environment must not hold; leave it out"
                )
            if own & {name, name.removesuffix("_FILE")}:
                raise ValueError(f"{name} is set by this program; leave it out")
            if name == "AUTH_MODE" and text not in AUTH_MODES:
                raise ValueError(
                    f"AUTH_MODE {text!r} lets nobody in here; write {', '.join(AUTH_MODES[:-1])} or {AUTH_MODES[-1]}"
                )
            if not text.isprintable():
                raise ValueError(f"{name} has a line break or another control character; write plain text")
        if read.get("AUTH_MODE") == "oidc" and (missing := [name for name in OIDC if not read.get(name)]):
            raise ValueError(
                f"AUTH_MODE oidc needs {' and '.join(missing)} beside it; write whose tokens count"
            )
        return read

    return read


def _json(value: str, what: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError as exc:
        raise ValueError(f"{value!r} is not {what}") from exc


def database_url(value: str) -> str:
    """Never says what it holds: it is a secret. The service checks the rest of it when it reads the secret."""
    form = "write postgresql://user:password@host:5432/database?sslmode=require"
    try:
        url: SplitResult = urlsplit(value)
        host, port = url.hostname, url.port
    except ValueError as exc:
        raise ValueError(f"is not an address; {form}") from exc
    if url.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"is not the address of a Postgres; {form}")
    if not host or not url.username or len(url.path) < 2 or port == 0:
        raise ValueError(f"has no host, user or database; {form}")
    return value


def app_keys(value: str) -> str:
    """Keys as the service takes them in APP_KEYS. Never says what it holds: it is a secret."""
    form = "write id:base64 of 32 bytes, or id:kms:…, several of them separated by commas"
    ids: set[str] = set()
    for one in value.split(","):
        id_, wrapped, encoded = _key(one)
        try:
            size = len(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError) as exc:
            raise ValueError(f"has a key that is not base64; {form}") from exc
        # KMS adds to what it encrypts, and decrypts no more than that
        if not (32 < size <= 6144 if wrapped else size == 32):
            raise ValueError(f"has a key of {size} bytes{' after kms:' if wrapped else ''}; {form}")
        if id_ is not None and not re.fullmatch(r"(?!kms$)[A-Za-z0-9_.-]{1,40}", id_):
            raise ValueError(f"has an id that is not of letters, digits, _, . and -, or is kms; {form}")
        # one without an id has one that follows from the key
        if (name := encoded if id_ is None else id_) in ids:
            raise ValueError(f"has a key or an id twice; {form}")
        ids.add(name)
    return value


def opened_by_kms(value: str) -> bool:
    """Whether one of those keys is."""
    return any(wrapped for _, wrapped, _ in map(_key, value.split(",")))


def _key(text: str) -> tuple[str | None, bool, str]:
    """Its id, whether KMS has encrypted it, and the rest."""
    before, colon, encoded = text.strip().rpartition(":")
    id_, named, form = before.rpartition(":")
    if form == "kms":
        return id_ if named else None, True, encoded
    return before if colon else None, False, encoded


def _nearest(value: str, known: list[str], example: str) -> str:
    near = get_close_matches(value, known, n=1, cutoff=0.6)
    return f"{near[0]}, if that was meant" if near else f"for example {example}"
