"""Logs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tolstoy.core import log


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_json_logs_are_one_object_a_line_with_the_stack_of_an_error() -> None:
    out = io.StringIO()
    log.configure("info", "json", out)
    log.get().info("started", action="start", number=1)
    try:
        raise ValueError("broken")
    except ValueError as exc:
        log.get().error("failed", action="fail", exc_info=exc)
    logging.getLogger("sanic.root").warning("from a library %s", 7)
    first, second, third = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (first["event"], first["action"], first["number"], first["level"]) == (
        "started",
        "start",
        1,
        "info",
    )
    assert "ValueError: broken" in second["exception"]
    assert third["event"] == "from a library 7"


def test_levels_below_the_setting_are_left_out() -> None:
    out = io.StringIO()
    log.configure("warning", "json", out)
    log.get().info("quiet", action="quiet")
    assert out.getvalue() == ""


def test_a_terminal_gets_readable_lines() -> None:
    out = io.StringIO()
    log.configure("info", "console", out)
    log.get().info("started", action="start")
    assert "started" in out.getvalue()
    assert "action=start" in out.getvalue()
