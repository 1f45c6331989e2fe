"""Senders that sign, and deliveries that come twice."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.api.at_once import at_once, statuses
from tests.api.factories import make_flow, publish
from tests.api.problems import refused
from tests.api.triggers import deliveries_of, make_hook
from tests.conftest import Member
from tests.processes import Served
from tolstoy.domain import webhook_signatures

SECRET = webhook_signatures.new_secret()


def _hex(message: bytes) -> str:
    return hmac.digest(SECRET.encode(), message, sha256).hex()


def _github(body: bytes, id_: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={_hex(body)}", "X-GitHub-Delivery": id_, "X-GitHub-Event": "push"}


def _stripe(body: bytes, _: str) -> dict[str, str]:
    now = int(time.time())
    return {"Stripe-Signature": f"t={now},v1={_hex(f'{now}.'.encode() + body)},v0=00"}


def _slack(body: bytes, _: str) -> dict[str, str]:
    now = int(time.time())
    signature = f"v0={_hex(f'v0:{now}:'.encode() + body)}"
    return {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": signature}


def _standard(body: bytes, id_: str) -> dict[str, str]:
    return webhook_signatures.sign([SECRET], id_, int(time.time()), body)


Signer = Callable[[bytes, str], dict[str, str]]
SIGNERS: dict[str, Signer] = {"github": _github, "stripe": _stripe, "slack": _slack, "standard": _standard}


def _body(id_: str) -> bytes:
    return json.dumps({"id": id_, "event_id": id_, "type": "event"}).encode()


class Sender:
    def __init__(self, http: httpx.AsyncClient, path: str, sign: Signer) -> None:
        self.http, self.path, self.sign = http, path, sign

    async def send(self, id_: str, *, signed: bytes | None = None, without: str = "") -> httpx.Response:
        """`signed` is another body than the one that is sent."""
        body = _body(id_)
        headers = {"Content-Type": "application/json", **self.sign(body if signed is None else signed, id_)}
        headers.pop(without, None)
        return await self.http.post(self.path, content=body, headers=headers)


@pytest.fixture
async def flow(http: httpx.AsyncClient, alice: Member) -> dict[str, Any]:
    return await publish(http, alice, await make_flow(http, alice))


@pytest.fixture(params=SIGNERS)
async def sender(
    request: pytest.FixtureRequest, http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> Sender:
    hook = await make_hook(http, alice, flow, verification=request.param, signingSecret=SECRET)
    assert SECRET not in json.dumps(hook)
    return Sender(http, hook["path"], SIGNERS[request.param])


async def _inbox(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> list[dict[str, Any]]:
    (hook,) = (await http.get(f"/flows/{flow['id']}/hooks", headers=alice.headers)).json()["data"]
    return await deliveries_of(http, alice, f"/flows/{flow['id']}/hooks/{hook['id']}")


async def test_what_is_signed_is_accepted_once(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], sender: Sender
) -> None:
    first, again, other = await sender.send("one"), await sender.send("one"), await sender.send("two")
    assert (first.status_code, other.status_code) == (202, 202), first.text
    assert again.status_code == 200 and again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["executionId"] == first.json()["executionId"] != other.json()["executionId"]
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert [one["deliveryId"] for one in await _inbox(http, alice, flow)] == ["two", "one"]


async def test_what_is_signed_wrong_is_refused_and_not_stored(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], sender: Sender
) -> None:
    problem = refused(await sender.send("one", signed=b"{}"), 401, "unauthenticated")
    assert problem["detail"] == "The signature does not match."
    for name in sender.sign(b"", ""):
        if name not in ("X-GitHub-Delivery", "X-GitHub-Event"):
            problem = refused(await sender.send("one", without=name), 401, "unauthenticated")
            assert problem["detail"] == f"The header {name.lower()} is missing."
    assert await _inbox(http, alice, flow) == []


async def test_the_same_delivery_many_times_at_once_starts_one_run(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], sender: Sender
) -> None:
    answers = await at_once(*(sender.send("one") for _ in range(12)), expected={200, 202})
    assert statuses(answers) == {202: 1, 200: 11}
    assert len({answer.json()["executionId"] for answer in answers}) == 1
    assert len(await _inbox(http, alice, flow)) == 1


async def test_a_delivery_that_was_refused_may_come_again(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    hook = await make_hook(http, alice, flow)
    once = {"Idempotency-Key": "the-same"}
    refused(await http.post(hook["path"], json={}, headers=once), 409, "not-published")
    await publish(http, alice, flow)
    assert (await http.post(hook["path"], json={}, headers=once)).status_code == 202
    assert (await http.post(hook["path"], json={}, headers=once)).status_code == 200
    inbox = await _inbox(http, alice, flow)
    assert [(one["outcome"], one["deliveryId"]) for one in inbox] == [
        ("accepted", "the-same"),
        ("refused", "the-same"),
    ]


async def test_a_header_of_ones_own_tells_deliveries_apart_or_nothing_does(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    own = await make_hook(http, alice, flow, dedupe="header", dedupeHeader="X-Event-Id")
    none = await make_hook(http, alice, flow, dedupe="none")
    for hook, expected in ((own, [202, 200]), (none, [202, 202])):
        headers = {"X-Event-Id": "one", "Idempotency-Key": "one"}
        sent = [await http.post(hook["path"], json={}, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in sent] == expected


async def test_slack_is_answered_when_it_asks_whose_address_it_is(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow, verification="slack", signingSecret=SECRET)
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    headers = {"Content-Type": "application/json", **_slack(body, "")}
    asked = await http.post(hook["path"], content=body, headers=headers)
    assert (asked.status_code, asked.json()) == (200, {"challenge": "3eZbrw1a"})
    assert await _inbox(http, alice, flow) == []
    refused(await http.post(hook["path"], content=body, headers={"Content-Type": "application/json"}), 401)


async def test_neither_tokens_nor_secrets_are_logged(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], served: Served
) -> None:
    hook = await make_hook(http, alice, flow, verification="github", signingSecret="a-telling-secret")
    token = hook["path"].removeprefix("/hooks/")
    await http.post(hook["path"], json={})
    await http.post(f"{served.url}/{hook['path']}", json={}, headers={"X-Request-ID": "the-last-one"})
    async with asyncio.timeout(10):
        while "the-last-one" not in served.log():
            await asyncio.sleep(0.02)
    assert token not in served.log() and token[-20:] not in served.log()
    assert "a-telling-secret" not in served.log()
    assert '"path":"/hooks/…"' in served.log()
