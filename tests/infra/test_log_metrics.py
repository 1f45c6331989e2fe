"""What CloudWatch counts, tried on the lines that are really written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.acceptance.answers import until
from tests.conftest import Databases
from tests.infra.log_patterns import matches
from tests.infra.stacks import ROOT
from tests.processes import start_worker
from tolstoy_infra.logs import FAILED_REQUESTS, QUEUE_LINES, QUEUE_VALUE

SAMPLES = {
    "time_iso8601": "2026-11-24T12:00:00+00:00",
    "request_method": "GET",
    "request_time": "0.004",
    "upstream_response_time": "-",
    "body_bytes_sent": "120",
    "remote_addr": "203.0.113.7",
}


def access_line(status: int) -> str:
    """As Nginx on the machine writes it, from the format that is shipped."""
    text = (ROOT / "infra" / "templates" / "nginx" / "http.conf").read_text()
    found = re.search(r"log_format tolstoy escape=json\s+((?:'[^']*'\s*)+);", text)
    assert found
    line = "".join(re.findall(r"'([^']*)'", found[1]))
    line = line.replace("$status", str(status))
    return re.sub(r"\$(\w+)", lambda name: SAMPLES.get(name[1], "x"), line)


@pytest.mark.parametrize(
    ("status", "counted"), [(200, False), (404, False), (429, False), (500, True), (503, True)]
)
def test_failed_requests(status: int, counted: bool) -> None:
    assert matches(FAILED_REQUESTS, access_line(status)) is counted


def test_the_services_own_line_of_the_same_request_is_not_counted_twice() -> None:
    assert not matches(FAILED_REQUESTS, '{"action":"request","status":500,"ms":3.2}')


@pytest.mark.parametrize(
    "line", ["", "Traceback", "[]", '{"action":"proxied"}', '{"action":"proxied","status":"500"}']
)
def test_other_lines(line: str) -> None:
    assert not matches(FAILED_REQUESTS, line)


async def test_the_age_of_the_queue_is_in_a_workers_log(module_database: Databases, tmp_path: Path) -> None:
    urls = {"DATABASE_URL": module_database.database_url, "DIRECT_URL": module_database.direct_url}
    worker = start_worker(tmp_path, urls)

    async def told() -> bool:
        return any(matches(QUEUE_LINES, line) for line in worker.log().splitlines())

    try:
        await until(told, seconds=30)
    finally:
        worker.end()
    (line, *_) = [line for line in worker.log().splitlines() if matches(QUEUE_LINES, line)]
    assert json.loads(line)[QUEUE_VALUE.removeprefix("$.")] == 0.0
