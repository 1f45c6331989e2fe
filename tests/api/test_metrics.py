"""What Prometheus reads: by route, never by path, and from all workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Databases, Member
from tests.processes import serving

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _requests(samples: Samples, **labels: str) -> float:
    return samples.get(("tolstoy_http_requests_total", frozenset(labels.items())), 0)


async def _scrape(http: httpx.AsyncClient) -> Samples:
    answer = await http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return _samples(answer.text)


async def test_requests_are_counted_by_route(http: httpx.AsyncClient, alice: Member) -> None:
    ok = {"method": "GET", "route": "/tools/{toolId}", "status": "200"}
    missing = {**ok, "status": "404"}
    before = await _scrape(http)
    made = await http.post(
        "/tools", json={"name": "A", "baseUrl": "https://a.example"}, headers=alice.headers
    )
    for _ in range(3):
        await http.get(made.headers["Location"], headers=alice.headers)
    await http.get("/tools/none-such", headers=alice.headers)
    after = await _scrape(http)
    assert _requests(after, **ok) - _requests(before, **ok) == 3
    assert _requests(after, **missing) - _requests(before, **missing) == 1
    timed = (
        "tolstoy_http_request_duration_seconds_count",
        frozenset({("method", "GET"), ("route", ok["route"])}),
    )
    assert after[timed] - before.get(timed, 0) == 4


async def test_what_a_client_makes_up_makes_no_series(http: httpx.AsyncClient) -> None:
    for path in ("/made-up-1", "/made-up-2"):
        await http.get(path)
        await http.request("MADEUP", path)
    text = (await http.get("/metrics")).text
    assert "made-up" not in text
    assert "MADEUP" not in text
    assert _requests(_samples(text), method="GET", route="unmatched", status="404") >= 2
    assert _requests(_samples(text), method="other", route="unmatched", status="404") >= 2


async def test_the_pool_the_process_and_the_build_are_told(http: httpx.AsyncClient) -> None:
    samples = {name: value for (name, _), value in (await _scrape(http)).items()}
    assert samples["tolstoy_database_pool_size"] == 10
    assert samples["tolstoy_database_pool_busy"] == 0
    assert samples["tolstoy_database_pool_waiting"] == 0
    assert samples["tolstoy_build_info"] == 1
    assert samples["process_resident_memory_bytes"] > 10e6


async def test_the_queue_is_told(http: httpx.AsyncClient) -> None:
    samples = await _scrape(http)
    assert samples["tolstoy_queue_workers", frozenset()] in (0, 1)  # the one beside the API may just begin
    assert samples["tolstoy_queue_oldest_seconds", frozenset()] >= 0
    for name, states in {
        "tolstoy_queue_jobs": ("queued", "in_hand"),
        "tolstoy_runs": ("parked", "waiting"),
    }.items():
        assert all(samples[name, frozenset({("state", state)})] >= 0 for state in states)


def _eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.2)


def test_any_of_several_workers_tells_of_all(database: Databases, tmp_path: Path) -> None:
    urls = {"DATABASE_URL": database.database_url, "DIRECT_URL": database.direct_url}
    with serving(tmp_path, {**urls, "WORKERS": "2", "DATABASE_POOL_SIZE": "3"}) as process:

        def get(path: str) -> str:
            return httpx.get(f"{process.url}{path}", timeout=5).text

        def sizes() -> list[float]:
            return [
                v
                for (name, _), v in _samples(get("/metrics")).items()
                if name == "tolstoy_database_pool_size"
            ]

        def workers() -> set[int]:
            return {
                int(dict(labels)["pid"])
                for (name, labels) in _samples(get("/metrics"))
                if name == "tolstoy_worker_resident_memory_bytes"
            }

        _eventually(lambda: sizes() == [6])
        queue = ("tolstoy_queue_workers", frozenset[tuple[str, str]]())
        _eventually(lambda: _samples(get("/metrics"))[queue] == 1)
        before = _requests(_samples(get("/metrics")), method="GET", route="/status", status="200")
        for _ in range(20):
            get("/status")
        after = _requests(_samples(get("/metrics")), method="GET", route="/status", status="200")
        assert after - before == 20

        victim = workers().pop()
        os.kill(victim, signal.SIGKILL)
        _eventually(lambda: victim not in workers() and len(workers()) == 2 and sizes() == [6])
