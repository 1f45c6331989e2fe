"""`tolstoy health`: whether what runs in this container does its work; for the engine that runs it."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tolstoy.core.settings import Settings, SettingsError, load
from tolstoy.engine.heartbeat import silent_for

SECONDS_TO_ANSWER = 3.0


class UnhealthyError(Exception):
    """What runs here does not do its work; the message says what is missing."""


def run() -> None:
    """The command by itself, which imports a fifth of what all of them together need: it is run every few seconds."""
    try:
        print(checked(load()))
    except (SettingsError, UnhealthyError) as exc:
        sys.exit(f"tolstoy: {exc}")


def checked(settings: Settings) -> str:
    """What is well: the worker where one has left its heartbeat, otherwise the API. Raises UnhealthyError."""
    if settings.heartbeat_file is not None and settings.heartbeat_file.exists():
        return _worker(settings.heartbeat_file, settings.lease_seconds)
    return _api(settings)


def _worker(heartbeat: Path, lease_seconds: int) -> str:
    silent = silent_for(heartbeat)
    if silent is None:
        raise UnhealthyError("the worker has not begun to work; its log says what it waits for")
    if silent > lease_seconds:  # by now others take its runs over
        raise UnhealthyError(f"the worker has given no sign of life for {silent:.0f} s; its log may say why")
    return "the worker works"


def _api(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - where it listens
    connection = HTTPConnection(host, settings.port, timeout=SECONDS_TO_ANSWER)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as exc:
        reason = str(exc) or type(exc).__name__
        raise UnhealthyError(f"the API does not answer on {host}, port {settings.port} ({reason})") from exc
    finally:
        connection.close()
    if status != 200:
        raise UnhealthyError(f"the API answers /health with {status}")
    return "the API answers"
