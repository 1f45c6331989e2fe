"""What every refusal looks like."""

from __future__ import annotations

from typing import Any

import httpx

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "requestId"}


def refused(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem in `response`, which is whole and has this status and code."""
    assert response.status_code == status, response.text[:2000]
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem.keys() >= MEMBERS
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"] and problem["detail"]
    assert problem["instance"] == response.request.url.raw_path.decode().partition("?")[0]
    assert problem["requestId"] == response.headers["X-Request-ID"]
    if code is not None:
        assert problem["code"] == code, problem
    return problem


def pointers(response: httpx.Response, status: int = 422) -> list[str]:
    """The places in the body that were found wrong."""
    return [error["pointer"] for error in refused(response, status)["errors"]]


def parameters(response: httpx.Response) -> list[str]:
    """The query parameters that were found wrong."""
    return [error["parameter"] for error in refused(response, 400)["errors"]]


def headers(response: httpx.Response) -> list[str]:
    """The headers that were found wrong."""
    return [error["header"] for error in refused(response, 400)["errors"]]


def reasons(problem: dict[str, Any]) -> dict[str, str]:
    """The code of each finding, by the step that it begins with."""
    return {error["detail"].partition(":")[0]: error["code"] for error in problem["errors"]}
