"""The limit of requests that an API key may have of its own: who may give it, and what it may be."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.problems import refused
from tests.api.test_api_keys import by, make_key
from tests.conftest import Member


async def _limit_organization(http: httpx.AsyncClient, member: Member, number: int | None) -> None:
    path = f"/organizations/{member.org_id}"
    assert (await http.patch(path, json={"maxRequestsPerMinute": number})).status_code == 200


async def test_it_is_told_and_stays_when_the_key_is_rotated(http: httpx.AsyncClient, alice: Member) -> None:
    key = await make_key(http, alice, maxRequestsPerMinute=120)
    path = f"/api-keys/{key['id']}"
    read, listed = (
        await http.get(path, headers=alice.headers),
        await http.get("/api-keys", headers=alice.headers),
    )
    assert key["maxRequestsPerMinute"] == read.json()["maxRequestsPerMinute"] == 120
    assert listed.json()["data"][0]["maxRequestsPerMinute"] == 120
    rotated = await http.post(f"{path}/rotate", json={}, headers=alice.headers)
    assert rotated.json()["maxRequestsPerMinute"] == 120
    assert (await make_key(http, alice))["maxRequestsPerMinute"] is None


@pytest.mark.parametrize("wrong", [0, -1, 10_000_001, "3", 1.5])
async def test_what_is_no_limit_is_refused(http: httpx.AsyncClient, alice: Member, wrong: Any) -> None:
    sent = {"name": "Key", "maxRequestsPerMinute": wrong}
    answer = await http.post("/api-keys", json=sent, headers=alice.headers)
    assert [error["pointer"] for error in refused(answer, 422)["errors"]] == ["/maxRequestsPerMinute"]


async def test_it_is_not_above_the_organizations(http: httpx.AsyncClient, alice: Member) -> None:
    """Nor where the platform makes the key."""
    await _limit_organization(http, alice, 100)
    ways = [
        ("/api-keys", {"name": "Key"}, alice.headers),
        (f"/organizations/{alice.org_id}/api-keys", {"name": "Key", "userId": alice.user_id}, {}),
    ]
    for path, body, headers in ways:
        answer = await http.post(path, json={**body, "maxRequestsPerMinute": 101}, headers=headers)
        (error,) = refused(answer, 422, "invalid")["errors"]
        assert (error["pointer"], error["code"]) == ("/maxRequestsPerMinute", "invalid_value")
        assert "may send 100 requests a minute" in error["detail"]
        made = await http.post(path, json={**body, "maxRequestsPerMinute": 100}, headers=headers)
        assert (made.status_code, made.json()["maxRequestsPerMinute"]) == (201, 100)
    await _limit_organization(http, alice, None)
    assert (await make_key(http, alice, maxRequestsPerMinute=101))["maxRequestsPerMinute"] == 101


async def test_another_organizations_limit_is_not_asked(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    await _limit_organization(http, charlie, 1)
    assert (await make_key(http, alice, maxRequestsPerMinute=2))["maxRequestsPerMinute"] == 2


async def test_who_may_not_make_keys_gives_no_limits(
    http: httpx.AsyncClient, alice: Member, bob: Member, charlie: Member
) -> None:
    sent = {"name": "Key", "maxRequestsPerMinute": 1}
    refused(await http.post("/api-keys", json=sent, headers=bob.headers), 403, "permission-denied")
    refused(
        await http.post("/api-keys", json={**sent, "userId": alice.user_id}, headers=charlie.headers), 422
    )
    key = await make_key(http, alice, maxRequestsPerMinute=50)
    answer = await http.get("/tools", headers=by(key))
    assert '"key";q=50;w=60' in answer.headers["RateLimit-Policy"]
    for stranger in (bob, charlie):
        headers = {**by(key), **stranger.headers}
        refused(await http.get("/tools", headers=headers), 403, "forbidden")
