"""The audit log: what requests change is in it, with who and from where, and never a secret."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.api.acting import waiting
from tests.api.factories import (
    DOCUMENT,
    make_action,
    make_credential,
    make_flow,
    make_log,
    make_tool,
    make_user,
)
from tests.api.problems import parameters, refused
from tests.api.triggers import make_hook, make_schedule, make_subscription
from tests.conftest import Databases, Member
from tests.engine.lab import Lab
from tests.tenancy.connections import connected

AGENT = {"User-Agent": "it's a \"test\" \\ 'OR 1=1--"}


async def events(http: httpx.AsyncClient, member: Member, **query: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    answer = await http.get("/audit-events", params={"limit": 200, **query}, headers=member.headers)
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["data"], key=lambda event: int(event["seq"]))


async def verified(http: httpx.AsyncClient, member: Member, **query: Any) -> dict[str, Any]:
    answer = await http.get("/audit-events/verify", params=query, headers=member.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_change_tells_who_what_when_from_where_before_and_after(
    http: httpx.AsyncClient, alice: Member, bob: Member
) -> None:
    tool = await make_tool(http, alice)
    known = {**bob.headers, **AGENT, "X-Request-ID": "the-one"}
    changed = await http.patch(f"/tools/{tool['id']}", json={"name": "It's new"}, headers=known)
    (event,) = await events(http, alice, subjectId=tool["id"], action="update")
    assert (event["userId"], event["subjectType"], event["orgId"]) == (bob.user_id, "tool", alice.org_id)
    assert (event["before"], event["after"]) == ({"name": "Slack"}, {"name": "It's new"})
    assert event["origin"] == {
        "ip": "127.0.0.1", "method": "PATCH", "path": f"/tools/{tool['id']}", "requestId": "the-one",
        "userAgent": AGENT["User-Agent"],
    }  # fmt: skip
    assert event["createdAt"] >= changed.json()["updatedAt"]
    await http.delete(f"/tools/{tool['id']}", headers=alice.headers)
    of_tool = await events(http, alice, subjectId=tool["id"])
    assert [event["action"] for event in of_tool] == ["create", "update", "delete"]
    assert (of_tool[0]["before"], of_tool[2]["after"]) == (None, None)
    assert of_tool[2]["before"]["name"] == "It's new"


async def test_every_noun_is_told_of(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    made = {
        "user": ("/users", await make_user(http, alice)),
        "tool": ("/tools", tool := await make_tool(http, alice)),
        "action": ("/actions", await make_action(http, alice, tool)),
        "flow": ("/flows", flow),
        "execution_log": ("/execution-logs", await make_log(http, alice, flow)),
        "hook": (f"/flows/{flow['id']}/hooks", await make_hook(http, alice, flow)),
        "schedule": ("/schedules", await make_schedule(http, alice, flow)),
        "subscription": ("/subscriptions", await make_subscription(http, alice)),
    }
    change = {"user": {"role": "viewer"}, "execution_log": {"status": "failed"}}
    for kind, (path, body) in reversed(made.items()):
        address = f"{path}/{body['id']}"
        said = change.get(kind, {"name": "Changed"} if kind != "subscription" else {"description": "Changed"})
        assert (await http.patch(address, json=said, headers=alice.headers)).status_code == 200, kind
        if kind != "flow":
            assert (await http.delete(address, headers=alice.headers)).status_code == 204, kind
        told = await events(http, alice, subjectType=kind, subjectId=body["id"])
        expected = ["create", "update", "delete"]
        if kind == "flow":  # a flow that hooks and logs once named stays
            expected.remove("delete")
        if kind == "execution_log":  # a record itself
            expected.remove("create")
        assert [event["action"] for event in told] == expected, kind
        assert {event["userId"] for event in told} == {alice.user_id}
    renamed = await http.patch(f"/organizations/{alice.org_id}", json={"name": "Of hers"})
    assert renamed.status_code == 200
    told = await events(http, alice, subjectType="organization")
    assert [event["action"] for event in told] == ["create", "update"]
    assert (await verified(http, alice))["intact"] is True


async def test_what_people_do_to_runs_is_told_and_not_what_the_engine_does(lab: Lab, bob: Member) -> None:
    http, alice = lab.http, lab.member
    decides = {"role": "admin"}  # both approve, and one of them cancels
    assert (await http.patch(f"/users/{bob.user_id}", json=decides, headers=alice.headers)).status_code == 200
    execution = await lab.run({"key": "call", "http": {"method": "GET", "url": "http://10.0.0.1/"}})
    path = f"/executions/{execution['id']}"
    await http.post(f"{path}/resume", json={}, headers=alice.headers)
    started = await waiting(lab, {"key": "ask", "approval": {"approvals": 2}})
    asking = f"/executions/{started['id']}/steps/ask/approve"
    for member in (alice, bob):
        said = {"comment": "hers alone"}
        done = await http.post(asking, json=said, headers=member.headers)
        assert done.status_code == 200, done.text
    other = await lab.start(await lab.flow({"key": "wait", "wait": {"seconds": 600}}))
    cancelled = await http.post(f"/executions/{other['id']}/cancel", json={}, headers=bob.headers)
    assert cancelled.status_code in (200, 202), cancelled.text
    for _ in range(200):
        if (await http.delete(path, headers=alice.headers)).status_code == 204:
            break
        await asyncio.sleep(0.05)
    told = [(e["action"], e["subjectType"], e["userId"]) for e in await events(http, alice)]
    a, b = alice.user_id, bob.user_id
    assert [one for one in told if one[1] in ("execution", "approval")] == [
        ("resume", "execution", a), ("approve", "approval", a), ("approve", "approval", b),
        ("cancel", "execution", b), ("delete", "execution", a),
    ]  # fmt: skip
    assert told.count(("publish", "flow_version", a)) == 3
    assert "hers alone" not in str(await events(http, alice))


async def test_no_secret_and_nobodys_name_is_told(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    canary = f"canary{uuid4().hex}"
    tool = await make_tool(http, alice, authType="bearer")
    held = await make_credential(http, alice, tool, bearer={"token": canary})
    path = f"/tools/{tool['id']}/credentials/{held['id']}"
    changed = await http.patch(path, json={"bearer": {"token": f"{canary}2"}}, headers=alice.headers)
    assert changed.status_code == 200, changed.text
    headers = {"Authorization": f"Bearer {canary}", "X-Api-Key": canary, "X-Other": f"Basic {canary}"}
    await make_action(http, alice, tool, headers=headers, credentialId=held["id"])
    steps = [
        {
            "key": "a",
            "http": {"method": "GET", "url": f"https://x.example/?api_key={canary}", "headers": headers},
        }
    ]
    flow = await make_flow(http, alice, steps=steps)
    await http.patch(
        f"/flows/{flow['id']}", json={"steps": [*steps, *DOCUMENT["steps"]]}, headers=alice.headers
    )
    signed = {"verification": "github", "signingSecret": canary}
    await make_hook(http, alice, flow, **signed)
    subscription = await make_subscription(http, alice)
    await http.post(f"/subscriptions/{subscription['id']}/rotate-secret", headers=alice.headers)
    await make_user(http, alice, email=f"{canary}@example.com", name=canary)
    told = await events(http, alice)
    assert (
        canary not in str(told)
        and subscription["secret"] not in str(told)
        and "alice@" not in str(told).replace("Of alice@", "")
    )
    assert "[redacted]" in str(told)
    (named,) = [event for event in told if event["subjectType"] == "action"]
    assert named["after"]["credential_id"] == held["id"]
    assert [e["action"] for e in told if e["subjectId"] == held["id"]] == ["create", "update"]
    rotated = [event for event in told if event["subjectType"] == "subscription"][-1]
    assert rotated["before"]["sealed_secret"] == rotated["after"]["sealed_secret"] == "[redacted]", (
        "that it changed is told"
    )
    async with connected(served_database.direct) as owner:
        assert not await owner.fetchval(
            "SELECT count(*) FROM audit_events WHERE event LIKE $1", f"%{canary}%"
        )


async def test_what_is_large_is_told_by_its_hash(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, steps=[{"key": "a", "transform": {"text": "x" * 20_000}}])
    made = [
        event
        for event in await events(http, alice, subjectType="flow_version")
        if event["action"] == "create"
    ]
    assert flow["id"] == made[0]["after"]["flow_id"]
    assert made[0]["after"]["document"].keys() == {"bytes", "sha256"}


async def test_what_changes_nothing_is_not_told(http: httpx.AsyncClient, alice: Member) -> None:
    """Neither reading, nor what is refused, nor what is rolled back, nor a change to what it was."""
    tool = await make_tool(http, alice)
    before = await events(http, alice)
    path, known = f"/tools/{tool['id']}", alice.headers
    await http.get(path, headers=known)
    refused(await http.post("/tools", json={"name": "x"}, headers=known), 422)
    refused(await http.patch(path, json={"name": "y"}, headers={**known, "If-Match": '"9"'}), 412)
    await make_action(http, alice, tool)
    refused(await http.delete(path, headers=known), 409, "in-use")
    assert (await http.patch(path, json={"name": "Slack"}, headers=known)).status_code == 200
    after = [event for event in await events(http, alice) if event["subjectType"] == "tool"]
    assert after == [event for event in before if event["subjectType"] == "tool"]
    assert [event["seq"] for event in await events(http, alice)] == list(range(1, len(before) + 2))


async def test_a_repeated_request_is_told_once(http: httpx.AsyncClient, alice: Member) -> None:
    known = {**alice.headers, "Idempotency-Key": uuid4().hex}
    sent = {"name": "Once", "baseUrl": "https://x.example"}
    ids = {(await http.post("/tools", json=sent, headers=known)).json()["id"] for _ in range(3)}
    assert len(await events(http, alice, subjectId=ids.pop())) == 1


async def test_filters_and_cursors(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    tools = [await make_tool(http, member) for member in (alice, bob, alice)]
    every = await events(http, alice)
    assert len(await events(http, alice, subjectType="tool")) == 3
    assert [e["subjectId"] for e in await events(http, alice, userId=bob.user_id)] == [tools[1]["id"]]
    moment = every[-2]["createdAt"]
    assert await events(http, alice, createdAfter=moment) == [e for e in every if e["createdAt"] > moment]
    assert await events(http, alice, createdBefore=moment) == [e for e in every if e["createdAt"] < moment]
    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await http.get("/audit-events", params=params, headers=alice.headers)).json()
        seen += page["data"]
        cursor = page["page"]["nextCursor"]
        if cursor is None:
            break
    assert sorted(e["seq"] for e in seen) == [e["seq"] for e in every]
    assert parameters(await http.get("/audit-events?subjectId=x", headers=alice.headers)) == ["subjectId"]
    assert parameters(await http.get("/audit-events/verify?fromSeq=0", headers=alice.headers)) == ["fromSeq"]


async def test_writers_at_once_make_one_chain(http: httpx.AsyncClient, alice: Member) -> None:
    """Creations (a statement each), changes of one row and of different ones (a transaction each)."""
    tools = [await make_tool(http, alice) for _ in range(4)]

    async def write(number: int) -> int:
        if number % 2:
            return (
                await http.post(
                    "/tools", json={"name": "T", "baseUrl": "https://x.example"}, headers=alice.headers
                )
            ).status_code
        path = f"/tools/{tools[number % 4]['id']}"
        return (await http.patch(path, json={"name": f"N{number}"}, headers=alice.headers)).status_code

    statuses = await asyncio.gather(*(write(number) for number in range(120)))
    assert set(statuses) == {200, 201}
    told = await events(http, alice)
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert len([e for e in told if e["subjectType"] == "tool"]) == 4 + 120
    assert await verified(http, alice) == {
        "intact": True, "fromSeq": 1, "seq": len(told), "hash": told[-1]["hash"], "broken": None, "nextSeq": None,
    }  # fmt: skip
    part = await verified(http, alice, fromSeq=50)
    assert (part["intact"], part["fromSeq"], part["seq"]) == (True, 50, len(told))


async def test_a_deleted_organization_takes_its_log_along(
    http: httpx.AsyncClient, served_database: Databases
) -> None:
    """The platform's own chain tells of it, and how far the log went: an export of it can still be verified."""
    made = (await http.post("/organizations", json={"name": "Short-lived"})).json()
    await http.patch(f"/organizations/{made['id']}", json={"name": "Shorter"})
    founder = await http.post(
        "/users", json={"email": "f@example.com"}, headers=Member(made["id"], str(uuid4())).headers
    )
    member = Member(made["id"], founder.json()["id"])
    await make_subscription(http, member)  # goes with the organization
    assert (await http.delete(f"/users/{member.user_id}", headers=member.headers)).status_code == 204
    async with connected(served_database.direct) as owner:
        last = await owner.fetchrow(
            "SELECT seq, encode(hash, 'hex') AS hash FROM audit_events WHERE org_id = $1 ORDER BY seq DESC LIMIT 1",
            UUID(made["id"]),
        )
        assert (await http.delete(f"/organizations/{made['id']}")).status_code == 204
        left = await owner.fetchval("SELECT count(*) FROM audit_events WHERE org_id = $1", UUID(made["id"]))
        told = await owner.fetchval(
            "SELECT event::jsonb -> 'after' FROM audit_events WHERE org_id = $1 AND subject_id = $2",
            UUID(int=0),
            UUID(made["id"]),
        )
    assert (last["seq"], left) == (5, 0)
    assert told == f'{{"lastSeq": 5, "lastHash": "{last["hash"]}"}}'
