"""Logs: JSON lines for machines or readable lines for a terminal; every event has an `action`."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import msgspec
import structlog

from tolstoy.core.settings import LogFormat, LogLevel

_encode = msgspec.json.Encoder(enc_hook=str).encode


def _json_line(_logger: object, _method: str, event: dict[str, Any]) -> str:
    return _encode(event).decode()


def configure(level: LogLevel, format_: LogFormat, stream: TextIO | None = None) -> None:
    """Send our events and those of the libraries' loggers through one format, to standard output."""
    out = stream or sys.stdout
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if format_ == "json" else _keep,
    ]
    render: Any = _json_line if format_ == "json" else _for_people(out)
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=render, foreign_pre_chain=[*shared]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING) if level != "debug" else number)
    for name in ("sanic.root", "sanic.server", "sanic.error", "sanic.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _for_people(out: TextIO) -> structlog.dev.ConsoleRenderer:
    # Rich's tracebacks, which it would take by itself, show local variables: passwords among them
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _keep(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return event


def get() -> Any:
    return structlog.get_logger()


class AccessLog:
    """One line for each request. In JSON it is written past structlog, whose chain costs more than the line."""

    def __init__(self, format_: LogFormat, stream: TextIO | None = None) -> None:
        self._out = (stream or sys.stdout).buffer if format_ == "json" else None

    def write(self, fields: dict[str, Any]) -> None:
        if self._out is not None:
            self._out.write(_encode(fields) + b"\n")
            self._out.flush()
        else:
            structlog.get_logger().info("request", **fields)
