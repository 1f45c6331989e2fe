"""Readers: each turns a variable's text into its value; its ValueError goes on with the sentence "NAME: …" begins."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from tolstoy.core import database_urls


def text(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has a line break or another control character; write plain text")
    return value


def path(value: str) -> Path:
    return Path(os.path.expanduser(text(value)))


def boolean(value: str) -> bool:
    word = value.strip().lower()
    if word in ("true", "1", "yes", "on"):
        return True
    if word in ("false", "0", "no", "off"):
        return False
    raise ValueError(f"{value!r} is neither true nor false; write true or false")


def choice(literal: object) -> Callable[[str], str]:
    def read(value: str) -> str:
        *others, last = get_args(literal)
        word = value.strip().lower()
        if word not in (*others, last):
            raise ValueError(f"{value!r} is not known; write {', '.join(others)} or {last}")
        return word

    return read


def whole(least: int, most: int, what: str = "a number allowed here") -> Callable[[str], int]:
    def read(value: str) -> int:
        digits = value.strip()
        # int() alone would take 1_000 and other scripts' digits, and refuses only after 4300 of them
        if not re.fullmatch(r"[0-9]{1,18}", digits) or not least <= int(digits) <= most:
            raise ValueError(f"{value!r} is not {what}; write a number from {least} to {most}")
        return int(digits)

    return read


def seconds(least: float, most: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        number = value.strip()
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", number) or not least <= float(number) <= most:
            raise ValueError(f"{value!r} is not a time in seconds; write a number from {least:g} to {most:g}")
        return float(number)

    return read


def matching(pattern: str, what: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return read


def database_url(value: str) -> str:
    database_urls.parse(value)
    return value


def secret(least: int) -> Callable[[str], str]:
    def read(value: str) -> str:
        if len(value) < least:
            raise ValueError(f"is too short; write at least {least} random characters")
        # both go over HTTP headers
        if not re.fullmatch(r"[!-~]+", value):
            raise ValueError("has a space or a character outside ASCII; write letters, digits and signs only")
        return value

    return read


host = matching(r"[A-Za-z0-9._:%-]+", "a host; write an IP address or a host name, without a port")
region = matching(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", "a region; write one such as us-east-1")
secret_name = matching(r"[A-Za-z0-9/_+=.@:-]{1,2048}", "a secret's name; write its name or its ARN")
aws_key = secret(1)
endpoint = matching(r"https?://[^\s/?#@]+(/[^\s?#]*)?", "an endpoint; write https:// and a host")


_TRUSTED = r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?(/[^\s?#]*)?"
trusted = matching(_TRUSTED, "an address to trust; write https:// and a host, with neither ? nor #")
"""Not as `endpoint`: what it answers is believed, so that only this machine may do without https."""


def names(value: str) -> tuple[str, ...]:
    """Texts, separated by commas."""
    found = tuple(part.strip() for part in text(value).split(",") if part.strip())
    if not found:
        raise ValueError(f"{value!r} names nothing; write at least one, separated by commas")
    return found


def several(literal: object) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        known = {one.lower(): one for one in get_args(literal)}
        for name in names(value):
            if name.lower() not in known:
                raise ValueError(f"{name!r} is not known; write some of {', '.join(known.values())}")
        return tuple(known[name.lower()] for name in names(value))

    return read


def base(value: str) -> str:
    """An endpoint for paths to be put behind it."""
    return endpoint(value).rstrip("/")


def origins(value: str) -> tuple[str, ...]:
    """Origins as browsers write them: scheme, host, and the port where it is not the scheme's own."""
    return tuple(_origin(part.strip()) for part in value.split(",") if part.strip())


def _origin(value: str) -> str:
    match = re.fullmatch(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?", value)
    if match is None or match[3] == {"http": "80", "https": "443"}[match[1]]:
        advice = "write such as https://app.example.com: scheme and host in small letters, no path, no * and no :443"
        raise ValueError(f"{value!r} is not an origin; {advice}")
    return value


def destinations(value: str) -> tuple[str, ...]:
    """Host names, addresses and CIDR ranges, separated by commas."""
    return tuple(destination(part.strip()) for part in value.split(",") if part.strip())


def ports(value: str) -> tuple[tuple[int, int], ...]:
    """Ports and ranges of them, separated by commas, as pairs of the first and the last."""
    found = tuple(_ports(part.strip()) for part in value.split(",") if part.strip())
    if not found:
        raise ValueError(f"{value!r} names no port; write such as 80,443,1024-65535")
    return found


def _ports(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", value)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{value!r} is neither a port nor a range; write such as 80,443,1024-65535")
    return first, last


def destination(value: str) -> str:
    """Of a host name, an address or a range, as it is kept; raises ValueError."""
    if re.fullmatch(r"(?!.*\.[0-9]+$)(?=.*[A-Za-z])[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value):
        return value.lower()
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as exc:
        advice = "write a host name, an address or a range such as 10.1.0.0/16, without scheme and port"
        raise ValueError(f"{value!r} is none of these: {advice}") from exc
