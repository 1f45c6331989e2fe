"""What CloudWatch counts, tried on the lines that are really written."""

from __future__ import annotations

import re

import pytest

from tests.infra.log_patterns import matches
from tests.infra.stacks import ROOT
from tolstoy_infra.logs import FAILED_REQUESTS

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
