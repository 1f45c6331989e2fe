"""Which address the audit log tells, behind proxies and without."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.test_audit_events import events
from tests.conftest import Databases, Member, founded
from tests.processes import Served, serving

FORWARDED = {"X-Forwarded-For": "192.0.2.66, 203.0.113.9, 198.51.100.2"}


@pytest.fixture(scope="module")
def proxied(served_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second server, behind two proxies."""
    urls = {"DATABASE_URL": served_database.database_url, "DIRECT_URL": served_database.direct_url}
    told = {**urls, "RUN_WORKER": "false", "PROXIES": "2"}
    with serving(tmp_path_factory.mktemp("proxied"), told) as process:
        yield process
    assert "request_failed" not in process.log(), process.log()[-5000:]


async def _told(client: httpx.AsyncClient, member: Member) -> str:
    made = await client.post(
        "/tools", json={"name": "T", "baseUrl": "https://x.example"}, headers={**member.headers, **FORWARDED}
    )
    (event,) = await events(client, member, subjectId=made.json()["id"])
    return str(event["origin"]["ip"])


async def test_of_forwarded_addresses_the_one_that_our_first_proxy_saw_is_told(
    proxied: Served, http: httpx.AsyncClient
) -> None:
    """What a client writes itself stands before it, and counts for nothing; without proxies none of it does."""
    async with httpx.AsyncClient(base_url=proxied.url, timeout=20) as client:
        member = await founded(client, "proxied@example.com")
        assert await _told(client, member) == "203.0.113.9"
        assert await _told(http, member) == "127.0.0.1"


@pytest.mark.parametrize(
    "agent", [b"", b"\xff\xfe", b"a\tb", b"'; DROP TABLE users; --", b"\\", b"\\'", b"x" * 5000]
)
async def test_whatever_an_agent_calls_itself_is_told_as_text(
    http: httpx.AsyncClient, alice: Member, agent: bytes
) -> None:
    """In a statement of its own (a creation) and in a transaction (a change), where it is part of the SQL's text."""
    known: list[tuple[str, str | bytes]] = [*alice.headers.items(), ("User-Agent", agent)]
    made = await http.post("/tools", json={"name": "T", "baseUrl": "https://x.example"}, headers=known)
    assert made.status_code == 201, made.text
    changed = await http.patch(f"/tools/{made.json()['id']}", json={"name": "U"}, headers=known)
    assert changed.status_code == 200, changed.text
    told = await events(http, alice, subjectId=made.json()["id"])
    expected = agent.decode("ascii", "replace").replace("\t", "?").replace("\ufffd", "?")[:200]
    assert [event["origin"].get("userAgent", "") for event in told] == [expected] * 2


async def test_the_key_that_let_a_request_in_is_told(http: httpx.AsyncClient, alice: Member) -> None:
    """Behind the key's id in a statement of its own, and with BEGIN; never the key's text."""
    key = (await http.post("/api-keys", json={"name": "Key"}, headers=alice.headers)).json()
    bearer = {"Authorization": f"Bearer {key['key']}"}
    made = await http.post("/tools", json={"name": "T", "baseUrl": "https://x.example"}, headers=bearer)
    path = f"/tools/{made.json()['id']}"
    assert (await http.patch(path, json={"name": "U"}, headers=bearer)).status_code == 200
    assert (await http.patch(path, json={"name": "V"}, headers=alice.headers)).status_code == 200
    told = await events(http, alice, subjectId=made.json()["id"])
    by_key = {event["after"]["name"]: event["origin"].get("keyId") for event in told}
    assert by_key == {"T": key["id"], "U": key["id"], "V": None}
    assert {event["userId"] for event in told} == {alice.user_id}
    (creation,) = await events(http, alice, subjectId=key["id"])
    assert creation["after"]["hash"] == "[redacted]" and key["key"] not in str(creation)
