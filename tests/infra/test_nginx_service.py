"""The shipped Nginx before the real service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from tests.api.acting import transform, waiting
from tests.api.problems import refused
from tests.engine.lab import Lab
from tests.infra.hosts import host
from tests.infra.nginx_here import Nginx, needs_nginx, nginx
from tests.processes import Served

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def edge(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(tmp_path_factory.mktemp("edge"), host(), before=served.port) as here:
        yield here


@pytest.fixture
async def through(edge: Nginx, lab: Lab) -> AsyncIterator[Lab]:
    """Alice's organization, by way of Nginx."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=20) as http:
        yield Lab(http, lab.member, lab.echo, lab.tool_id)


def test_health_and_status(edge: Nginx) -> None:
    assert httpx.get(edge.url + "/health").json() == {"status": "ok"}
    assert httpx.get(edge.url + "/status").json()["status"] == "ok"
    assert httpx.head(edge.url + "/health").status_code == 200


async def test_a_run_is_started_and_waited_for(through: Lab) -> None:
    run = await through.run(
        {"key": "w", "wait": {"seconds": 1}}, transform("t", "{{ inputs.who }}"), inputs={"who": "x"}
    )
    assert run["status"] == "succeeded"


async def test_events_come_one_by_one(through: Lab) -> None:
    """Nothing is kept back: what follows the approval cannot be sent before it, and it is given only when all that
    comes before has been read."""
    run = await waiting(through, {"key": "ok", "approval": {}}, transform("after", 1))
    path = f"/executions/{run['id']}/events"
    seen: list[tuple[str, dict[str, Any]]] = []
    async with through.http.stream(
        "GET", path, headers={**through.member.headers, "Accept-Encoding": "gzip"}
    ) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "Content-Encoding" not in answer.headers
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if not line.startswith("data: "):
                continue
            seen.append((name, json.loads(line.removeprefix("data: "))))
            if seen[-1][1]["status"] == "waiting" and name == "execution":
                approved = await through.post(f"/executions/{run['id']}/steps/ok/approve")
                assert approved.status_code == 200, approved.text
    statuses = [said["status"] for name, said in seen if name == "execution"]
    assert (statuses[-1], "waiting" in statuses) == ("succeeded", True)
    assert ("after", "completed") in [(said["path"], said["status"]) for name, said in seen if name == "step"]


async def test_a_request_is_found_in_both_logs_by_one_id(edge: Nginx, served: Served) -> None:
    answer = httpx.get(edge.url + "/users")
    problem = refused(answer, 400)
    assert answer.headers.get_list("X-Request-ID") == [problem["requestId"]]
    assert edge.logged(f'"request_id":"{problem["requestId"]}"')
    assert f'"request_id":"{problem["requestId"]}"' in served.log()


async def test_what_compression_makes_of_an_etag_still_guards(through: Lab) -> None:
    flow = await through.flow(transform("t", "x" * 2000))
    read = await through.http.get(
        f"/flows/{flow}", headers={**through.member.headers, "Accept-Encoding": "gzip"}
    )
    assert read.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in read.headers["Vary"]
    tag = read.headers["ETag"]
    assert tag.startswith('W/"')
    for status in (200, 412):  # the second comes too late
        headers = {**through.member.headers, "If-Match": tag}
        changed = await through.http.patch(
            f"/flows/{flow}", json={"name": f"Other {status}"}, headers=headers
        )
        assert changed.status_code == status, changed.text


def test_what_is_compressed_and_what_not(edge: Nginx) -> None:
    def encoding(path: str, accepted: str = "gzip") -> str | None:
        answer = httpx.get(edge.url + path, headers={"Accept-Encoding": accepted})
        assert answer.status_code == 200, path
        found: str | None = answer.headers.get("Content-Encoding")
        return found

    assert (encoding("/openapi.json"), encoding("/problems"), encoding("/schemas/flow.json")) == ("gzip",) * 3
    assert (encoding("/health"), encoding("/problems", "identity")) == (None, None)


def test_the_docs_page_keeps_its_own_policy(edge: Nginx) -> None:
    headers = httpx.get(edge.url + "/docs").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert headers.get_list("Referrer-Policy") == ["no-referrer"]


METRICS = (
    "/metrics",
    "/metrics/",
    "//metrics",
    "/./metrics",
    "/x/../metrics",
    "/%6detrics",
    "/metrics?a=b",
    "/metrics%2F",
)


@pytest.mark.parametrize("path", METRICS)
def test_metrics_are_for_this_machine_alone(edge: Nginx, path: str) -> None:
    answer = httpx.get(httpx.URL(edge.url, raw_path=path.encode()))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "tolstoy_" not in answer.text
    local = httpx.get(edge.local_url + "/metrics")
    assert (local.status_code, "tolstoy_http_requests_total" in local.text) == (200, True)


def test_a_body_that_is_too_large_is_refused_as_the_service_does(edge: Nginx, served: Served) -> None:
    answers = [httpx.post(url + "/organizations", content=b" " * 1048577) for url in (served.url, edge.url)]
    theirs, ours = (refused(answer, 413, "payload-too-large") for answer in answers)
    assert [theirs[name] for name in ("type", "title", "instance")] == [
        ours[name] for name in ("type", "title", "instance")
    ]
    largest = httpx.post(edge.url + "/organizations", content=b" " * 1048576)
    refused(largest, 415, "unsupported-media-type")  # by the service


def test_the_problems_of_nginx_are_those_that_the_service_knows(edge: Nginx, served: Served) -> None:
    known = {problem["code"]: problem for problem in httpx.get(served.url + "/problems").json()["data"]}
    shipped = (edge.root / "etc/nginx/tolstoy/problems.conf").read_text()
    texts = [line.partition("'")[2].rpartition("'")[0] for line in shipped.splitlines() if "return " in line]
    ours = [json.loads(text.removesuffix("$tolstoy_rest") + "}") for text in texts]
    assert len(ours) == shipped.count("location ") == shipped.count("error_page ")
    for problem in ours:
        if problem["type"] == "about:blank":
            assert problem["code"] not in known
        else:
            page = known[problem["code"]]
            assert [problem[name] for name in ("type", "title", "status")] == [
                page[name] for name in ("type", "title", "status")
            ]
    assert sum(problem["type"] == "about:blank" for problem in ours) == 5
