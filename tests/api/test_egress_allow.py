"""Where the platform lets one organization call: from each place that makes the service call, and no other's calls."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.api.factories import make_action, make_credential, make_tool
from tests.api.openapi_sending import sent
from tests.api.problems import pointers, refused
from tests.api.triggers import deliveries_of, make_subscription
from tests.conftest import Member
from tests.engine.authorizing import wanted
from tests.engine.browser import browser, says
from tests.engine.echo_server import EchoServer
from tests.engine.lab import Lab
from tests.engine.oauth_server import oauth_in_thread

# Every organization may call 127.0.0.1.
ALLOWED = "127.0.0.2"


@pytest.fixture
def place(inside: EchoServer) -> str:
    return f"http://{ALLOWED}:{inside.port}"


@pytest.fixture
async def alice_lab(http: httpx.AsyncClient, alice: Member, echo: EchoServer) -> Lab:
    await allow(http, alice, ALLOWED)
    return Lab(http, alice, echo, "")


@pytest.fixture
def charlie_lab(http: httpx.AsyncClient, charlie: Member, echo: EchoServer) -> Lab:
    return Lab(http, charlie, echo, "")


async def allow(http: httpx.AsyncClient, member: Member, *entries: str) -> dict[str, Any]:
    answer = await http.patch(f"/organizations/{member.org_id}", json={"egressAllow": list(entries) or None})
    assert answer.status_code == 200, answer.text
    organization: dict[str, Any] = answer.json()
    return organization


def calling(place: str) -> dict[str, Any]:
    return {"key": "call", "http": {"method": "GET", "url": f"{place}/echo"}, "retry": {"maxAttempts": 1}}


async def test_it_is_kept_as_the_setting_is_read(http: httpx.AsyncClient, alice: Member) -> None:
    path = f"/organizations/{alice.org_id}"
    assert (await http.get(path)).json()["egressAllow"] is None
    changed = await allow(http, alice, "Crm.Internal", "10.1.2.3", "10.2.0.0/16", "fd00:1::/48")
    kept = ["crm.internal", "10.1.2.3/32", "10.2.0.0/16", "fd00:1::/48"]
    assert changed["egressAllow"] == kept
    await http.patch(path, json={"name": "Renamed"})
    assert (await http.get(path)).json()["egressAllow"] == kept
    assert (await allow(http, alice))["egressAllow"] is None


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        (["crm.internal", "http://crm.internal"], ["/1"]),
        (["10.1.2.3/16", "127.1", "a,b", "crm.internal:80", " crm"], ["/0", "/1", "/2", "/3", "/4"]),
        ([""], ["/0"]),
        ([1], ["/0"]),
        (["a" * 254], ["/0"]),
        (["10.0.0.1"] * 101, [""]),
        ("10.0.0.1", [""]),
    ],
)
async def test_what_is_no_destination_is_told(
    http: httpx.AsyncClient, alice: Member, wrong: Any, places: list[str]
) -> None:
    path = f"/organizations/{alice.org_id}"
    answer = await http.patch(path, json={"egressAllow": wrong})
    assert pointers(answer) == [f"/egressAllow{place}" for place in places]
    assert (await http.get(path)).json()["egressAllow"] is None


async def test_steps_reach_it(alice_lab: Lab, charlie_lab: Lab, inside: EchoServer, place: str) -> None:
    for lab, status in ((alice_lab, "succeeded"), (charlie_lab, "failed"), (alice_lab, "succeeded")):
        tool = await make_tool(lab.http, lab.member, baseUrl=place)
        action = await make_action(lab.http, lab.member, tool, method="GET", endpoint="/echo", key="inside")
        run = await lab.run({"key": "call", "action": "inside", "retry": {"maxAttempts": 1}})
        written = await lab.run(calling(place))
        redirected = await lab.run(calling(f"{lab.echo.url}/redirect?to={place}"))
        assert {run["status"], written["status"], redirected["status"]} == {status}
        if status == "failed":
            assert "where calls may not go" in str(run["error"])
        await lab.http.delete(f"/actions/{action['id']}", headers=lab.member.headers)
    assert len(inside.requests) == 6


async def test_a_change_holds_from_the_next_call_on(
    http: httpx.AsyncClient, alice: Member, alice_lab: Lab, inside: EchoServer, place: str
) -> None:
    """Also where a connection is kept, which is for some seconds."""
    flow = await alice_lab.flow(calling(place))
    assert (await alice_lab.start(flow, 30))["status"] == "succeeded"
    await allow(http, alice, "127.0.0.3")
    assert (await alice_lab.start(flow, 30))["status"] == "failed"
    await allow(http, alice, "127.0.0.0/24")
    assert (await alice_lab.start(flow, 30))["status"] == "succeeded"
    await allow(http, alice)
    assert (await alice_lab.start(flow, 30))["status"] == "failed"
    assert len(inside.requests) == 2


async def test_access_tokens_are_fetched_there(
    alice_lab: Lab, charlie_lab: Lab, inside: EchoServer, place: str
) -> None:
    told = {}
    for lab in (alice_lab, charlie_lab):
        tool = await make_tool(lab.http, lab.member, baseUrl=lab.echo.url, authType="oauth2")
        client = {"tokenUrl": f"{place}/token", "clientId": "c", "clientSecret": "a-secret"}
        await make_credential(lab.http, lab.member, tool, oauth2=client)
        await make_action(lab.http, lab.member, tool, method="GET", endpoint="/echo", key="token")
        run = await lab.run({"key": "call", "action": "token", "retry": {"maxAttempts": 1}})
        told[lab.member] = str(run["error"])
    assert "is not an access token" in told[alice_lab.member]  # that server has none
    assert "where calls may not go" in told[charlie_lab.member]
    assert [seen["path"] for seen in inside.requests] == ["/token"]


async def test_codes_are_exchanged_there(http: httpx.AsyncClient, alice_lab: Lab, charlie_lab: Lab) -> None:
    """As it is when the browser comes back, and by the organization whose credential it is."""
    alice, charlie = alice_lab.member, charlie_lab.member
    with oauth_in_thread("0.0.0.0") as issuer:
        there = f"http://{ALLOWED}:{issuer.port}/token"
        async with browser() as opened:
            for member, status, said in (
                (charlie, 502, "where calls may not go"),
                (alice, 200, "is connected"),
                (charlie, 502, "where calls may not go"),
            ):
                ours = await wanted(http, member, issuer, tokenUrl=there)
                says(await opened.through(await ours.link()), status, said)
                assert len(issuer.asked) == (status == 200)
            ours = await wanted(http, alice, issuer, tokenUrl=there)
            back = await opened.to_callback(await ours.link())
            await allow(http, alice)
            says(await opened.open(back), 502, "where calls may not go")
        assert issuer.asked == [] and (await ours.credential())["state"] == "needsAuthorization"


async def test_events_are_sent_there(
    http: httpx.AsyncClient, alice_lab: Lab, charlie_lab: Lab, inside: EchoServer, place: str
) -> None:
    alice, charlie = alice_lab.member, charlie_lab.member
    new = {"url": f"{place}/events", "events": ["execution.failed"]}
    assert pointers(await http.post("/subscriptions", json=new, headers=charlie.headers)) == ["/url"]
    await allow(http, charlie, ALLOWED)
    theirs = await make_subscription(http, charlie, **new)
    await allow(http, charlie)
    ours = await make_subscription(http, alice, **new)
    results = []
    for member, made in ((alice, ours), (charlie, theirs)):
        path = f"/subscriptions/{made['id']}"
        assert (await http.post(f"{path}/test", headers=member.headers)).status_code == 200
        async with asyncio.timeout(20):
            while not (attempts := (await deliveries_of(http, member, path))[0]["attempts"]):
                await asyncio.sleep(0.05)
        results.append(attempts[0])
    assert results[0]["status"] == 200
    assert results[1]["status"] is None and results[1]["error"].startswith("refused_address: ")
    assert len(inside.requests) == 1


async def test_documents_are_fetched_there(
    http: httpx.AsyncClient, alice_lab: Lab, charlie_lab: Lab, inside: EchoServer, place: str
) -> None:
    url = f"{place}/openapi.json"
    answer = await sent(http, alice_lab.member, {"url": url})
    told = json.dumps(refused(answer, 422)["errors"])
    assert "refused_address" not in told and "/document/openapi" in told  # it is an echo that was read
    problem = refused(await sent(http, charlie_lab.member, {"url": url}), 422)
    assert [(error["code"], error["pointer"]) for error in problem["errors"]] == [("refused_address", "/url")]
    assert len(inside.requests) == 1
