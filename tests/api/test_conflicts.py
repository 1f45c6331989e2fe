"""Two writers at once: one of them wins, the other is told, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx

from tests.api.at_once import at_once, statuses
from tests.api.factories import make_action, make_flow, make_tool
from tests.api.problems import refused
from tests.conftest import Member

WRITERS = 12


async def test_of_many_who_saw_the_same_one_writes(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    path, match = f"/tools/{tool['id']}", {**alice.headers, "If-Match": '"1"'}
    writes = (http.put(path, json={"name": f"Writer {n}"}, headers=match) for n in range(WRITERS))
    answers = await at_once(*writes, expected={200, 412})
    assert statuses(answers) == {200: 1, 412: WRITERS - 1}
    (winner,) = (answered for answered in answers if answered.status_code == 200)
    assert (await http.get(path, headers=alice.headers)).json() == winner.json()


async def test_whoever_reads_writes_and_retries_loses_no_update(
    http: httpx.AsyncClient, alice: Member
) -> None:
    flow = await make_flow(http, alice, output=0)
    path = f"/flows/{flow['id']}"

    async def count_one() -> None:
        while True:
            seen = await http.get(path, headers=alice.headers)
            match = {**alice.headers, "If-Match": seen.headers["ETag"]}
            written = await http.put(path, json={"output": seen.json()["output"] + 1}, headers=match)
            if written.status_code == 200:
                return
            refused(written, 412, "precondition-failed")

    await asyncio.gather(*(count_one() for _ in range(8)))
    after = (await http.get(path, headers=alice.headers)).json()
    assert (after["output"], after["revision"], after["version"]) == (8, 9, 1)


async def test_without_a_precondition_each_field_keeps_its_last_writer(
    http: httpx.AsyncClient, alice: Member
) -> None:
    tool = await make_tool(http, alice)
    path = f"/tools/{tool['id']}"
    writes = [{"name": f"Name {n}"} for n in range(6)] + [{"description": f"Text {n}"} for n in range(6)]
    answers = await at_once(
        *(http.put(path, json=sent, headers=alice.headers) for sent in writes), expected={200}
    )
    after = (await http.get(path, headers=alice.headers)).json()
    assert after["revision"] == 13
    assert after["name"].startswith("Name") and after["description"].startswith("Text")
    assert sorted(answered.json()["revision"] for answered in answers) == list(range(2, 14))


async def test_of_many_the_same_addresses_one_is_taken(http: httpx.AsyncClient, alice: Member) -> None:
    emails = [("Same@Example.com", "same@example.com")[n % 2] for n in range(WRITERS)]
    creations = (http.post("/users", json={"email": email}, headers=alice.headers) for email in emails)
    answers = await at_once(*creations, expected={201, 409})
    assert statuses(answers) == {201: 1, 409: WRITERS - 1}
    assert len((await http.get("/users", headers=alice.headers)).json()["data"]) == 2


async def test_of_many_the_same_keys_one_is_taken(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    sent = {"toolId": tool["id"], "name": "Post", "method": "POST", "endpoint": "/post"}
    creations = (http.post("/actions", json=sent, headers=alice.headers) for _ in range(WRITERS))
    answers = await at_once(*creations, expected={201, 409})
    assert statuses(answers) == {201: 1, 409: WRITERS - 1}
    others = [await make_action(http, alice, tool) for _ in range(6)]
    renamings = (
        http.put(f"/actions/{other['id']}", json={"key": "wanted"}, headers=alice.headers) for other in others
    )
    assert statuses(await at_once(*renamings, expected={200, 409})) == {200: 1, 409: 5}


async def test_of_many_first_users_one_founds(http: httpx.AsyncClient) -> None:
    made = (await http.post("/organizations", json={"name": "Contested"})).json()
    creations = (
        http.post(
            "/users", json={"email": f"{n}@example.com"}, headers=Member(made["id"], made["id"]).headers
        )
        for n in range(WRITERS)
    )
    answers = await at_once(*creations, expected={201, 403})
    assert statuses(answers) == {201: 1, 403: WRITERS - 1}


async def test_publishing_at_once_publishes_once(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    publications = (
        http.post(f"{path}/publish", headers=member.headers) for member in (alice, bob) for _ in range(6)
    )
    answers = await at_once(*publications, expected={200})
    assert len({answered.content for answered in answers}) == 1
    assert answers[0].json()["revision"] == 2


async def test_changes_and_publications_at_once_keep_every_published_version(
    http: httpx.AsyncClient, alice: Member
) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    writes: list[Awaitable[httpx.Response]] = []
    for number in range(10):
        writes.append(http.put(path, json={"output": number}, headers=alice.headers))
        writes.append(http.post(f"{path}/publish", headers=alice.headers))
        writes.append(http.post(f"{path}/versions/1/restore", headers=alice.headers))
    answers = await at_once(*writes, expected={200})
    published = {
        answered.json()["version"]: answered.json()["output"]
        for answered in answers
        if answered.json()["status"] == "published"
    }
    for version, output in published.items():
        kept = (await http.get(f"{path}/versions/{version}", headers=alice.headers)).json()
        assert (kept["status"], kept["output"]) == ("published", output)
    versions = (await http.get(f"{path}/versions", headers=alice.headers)).json()["data"]
    assert [each["version"] for each in versions] == list(range(len(versions), 0, -1))
    assert [each["status"] for each in versions[1:]] == ["published"] * (len(versions) - 1)


async def test_actions_that_change_places_do_not_deadlock(http: httpx.AsyncClient, alice: Member) -> None:
    tools = [await make_tool(http, alice) for _ in range(2)]
    actions = [await make_action(http, alice, tools[n % 2]) for n in range(6)]

    def moved(action: dict[str, Any], to: dict[str, Any]) -> Awaitable[httpx.Response]:
        return http.put(f"/actions/{action['id']}", json={"toolId": to["id"]}, headers=alice.headers)

    moves = [moved(action, tool) for action in actions for tool in tools]
    renamings = [
        http.put(f"/tools/{tool['id']}", json={"name": f"{n}"}, headers=alice.headers)
        for tool in tools
        for n in range(4)
    ]
    await at_once(*moves, *renamings, expected={200})
