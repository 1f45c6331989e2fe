"""Users who are removed although history names them: it keeps their id, and nothing else of them is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.acting import open_wait, until
from tests.api.at_once import at_once, statuses
from tests.api.factories import make_flow, make_log, make_user, publish
from tests.api.problems import parameters, refused
from tests.api.triggers import make_hook, make_schedule
from tests.conftest import Member
from tests.engine.lab import Lab
from tests.whole_database import places


@dataclass(frozen=True)
class Person:
    """What there is of nobody else."""

    name: str = field(default_factory=lambda: f"Béatrice {uuid4().hex}")
    email: str = field(default_factory=lambda: f"Bea.{uuid4().hex}@example.com")

    @property
    def told(self) -> list[str]:
        return [self.name, self.email]

    def only_in(self, *tables: str) -> dict[str, list[str]]:
        return {text: list(tables) for text in self.told}


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
async def dora(http: httpx.AsyncClient, alice: Member, person: Person) -> Member:
    """An admin with a name, whose making was answered by an Idempotency-Key."""
    made = await http.post(
        "/users",
        json={"email": person.email, "name": person.name, "role": "admin"},
        headers={**alice.headers, "Idempotency-Key": str(uuid4())},
    )
    return Member(alice.org_id, made.json()["id"])


async def _told_of(http: httpx.AsyncClient, alice: Member, user: Member) -> list[str]:
    """What the audit log has of the user, the newest first."""
    query = {"subjectId": user.user_id, "subjectType": "user"}
    told = await http.get("/audit-events", params=query, headers=alice.headers)
    return [event["action"] for event in told.json()["data"]]


def _path(member: Member) -> str:
    return f"/users/{member.user_id}?anonymize=true"


async def test_of_who_is_anonymized_only_the_id_is_left(
    http: httpx.AsyncClient, alice: Member, dora: Member, person: Person, owner: asyncpg.Connection
) -> None:
    flow = await publish(http, dora, await make_flow(http, dora))
    log = await make_log(http, dora, flow)
    run = await open_wait(http, dora)
    decided = await http.post(
        f"/executions/{run}/steps/ok/approve", json={"comment": "fine"}, headers=dora.headers
    )
    assert decided.status_code == 200, decided.text
    key = (await http.post("/api-keys", json={"name": "Hers"}, headers=dora.headers)).json()["key"]
    problem = refused(await http.delete(f"/users/{dora.user_id}", headers=alice.headers), 409, "in-use")
    assert "2 execution logs, 1 execution" in problem["detail"] and "anonymize=true" in problem["detail"]
    assert await places(owner, person.told) == person.only_in("idempotency_keys", "users")

    assert (await http.delete(_path(dora), headers=alice.headers)).status_code == 204

    assert await places(owner, person.told) == person.only_in()
    assert (await http.get(f"/execution-logs/{log['id']}", headers=alice.headers)).json() == log
    assert (await http.get(f"/executions/{run}", headers=alice.headers)).json()["userId"] == dora.user_id
    refused(await http.get(f"/users/{dora.user_id}", headers=alice.headers), 404, "not-found")
    listed = (await http.get("/users", headers=alice.headers)).json()["data"]
    assert [user["id"] for user in listed] == [alice.user_id]
    refused(await http.get("/tools", headers=dora.headers), 403, "not-a-member")
    refused(await http.get("/tools", headers={"Authorization": f"Bearer {key}"}), 401, "invalid-key")
    verified = (await http.get("/audit-events/verify", headers=alice.headers)).json()
    assert verified["intact"]
    done = (await http.get(f"/audit-events?userId={dora.user_id}", headers=alice.headers)).json()["data"]
    assert {event["action"] for event in done} >= {"create", "publish", "approve"}
    assert await _told_of(http, alice, dora) == ["delete", "create"]
    again = await make_user(http, alice, email=person.email)
    assert again["id"] != dora.user_id


async def test_what_acted_as_the_user_acts_as_who_removed_them(
    http: httpx.AsyncClient, alice: Member, dora: Member
) -> None:
    flow = await publish(http, dora, await make_flow(http, dora))
    hook, schedule = await make_hook(http, dora, flow), await make_schedule(http, dora, flow)
    problem = refused(await http.delete(_path(dora), headers=dora.headers), 409, "in-use")
    assert "1 hook and 1 schedule" in problem["detail"]
    assert (await http.delete(_path(dora), headers=alice.headers)).status_code == 204
    for path in (f"/flows/{flow['id']}/hooks/{hook['id']}", f"/schedules/{schedule['id']}"):
        assert (await http.get(path, headers=alice.headers)).json()["userId"] == alice.user_id
    assert (await http.post(hook["path"], json={})).status_code == 202


async def test_who_is_named_nowhere_is_removed_as_ever(
    http: httpx.AsyncClient, alice: Member, dora: Member, person: Person, owner: asyncpg.Connection
) -> None:
    assert (await http.delete(_path(dora), headers=alice.headers)).status_code == 204
    left = await places(owner, [*person.told, dora.user_id])
    assert left == person.only_in() | {dora.user_id: ["audit_events"]}
    assert await _told_of(http, alice, dora) == ["delete", "create"]


async def test_a_run_under_way_goes_on_by_the_id(lab: Lab, dora: Member) -> None:
    """And what it starts is by that id, too."""
    child = await lab.flow({"key": "made", "transform": {"a": 1}})
    flow = await lab.flow({"key": "ok", "approval": {}}, {"key": "child", "flow": {"id": child}})
    path = f"/flows/{flow}/executions"
    run = (await lab.http.post(path, json={}, headers=dora.headers)).json()
    await until(lab, run, "waiting")
    gone = await lab.http.delete(_path(dora), headers=lab.member.headers)
    assert gone.status_code == 204, gone.text
    approved = await lab.post(f"/executions/{run['id']}/steps/ok/approve")
    assert approved.status_code == 200, approved.text
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"
    (started,) = (await lab.get("/executions", flowId=child))["data"]
    assert started["userId"] == dora.user_id


async def test_who_writes_at_that_moment_is_in_the_history_or_no_member(
    http: httpx.AsyncClient, alice: Member
) -> None:
    flow = await make_flow(http, alice)
    sent = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    for _ in range(8):
        user = Member(alice.org_id, (await make_user(http, alice))["id"])
        await make_log(http, user, flow)
        writes = [http.post("/execution-logs", json=sent, headers=user.headers) for _ in range(6)]
        removal = http.delete(_path(user), headers=alice.headers)
        answers = await at_once(*writes[:3], removal, *writes[3:], expected={201, 204, 403})
        assert answers[3].status_code == 204
        listed = await http.get("/execution-logs", params={"userId": user.user_id}, headers=alice.headers)
        assert len(listed.json()["data"]) == 1 + statuses(answers)[201]


async def test_the_last_admin_is_not_anonymized_not_even_alone(
    http: httpx.AsyncClient, alice: Member
) -> None:
    """Else whoever came first would be admin of what history there is."""
    await make_log(http, alice)
    refused(await http.delete(_path(alice), headers=alice.headers), 409, "last-admin")


async def test_who_is_alone_with_somebodys_history_stays_as_well(
    http: httpx.AsyncClient, alice: Member, dora: Member
) -> None:
    await make_log(http, dora)
    assert (await http.delete(_path(dora), headers=alice.headers)).status_code == 204
    refused(await http.delete(f"/users/{alice.user_id}", headers=alice.headers), 409, "last-admin")


async def test_where_history_names_somebody_nobody_is_a_founder(
    http: httpx.AsyncClient, alice: Member, owner: asyncpg.Connection
) -> None:
    """As while an organization is removed: its users go before its runs and logs."""
    await make_log(http, alice)
    await owner.execute("DELETE FROM users WHERE org_id = $1::text::uuid", alice.org_id)
    mallory = Member(alice.org_id, str(uuid4()))
    answer = await http.post("/users", json={"email": "mallory@example.com"}, headers=mallory.headers)
    refused(answer, 403, "not-a-member")


async def test_the_platforms_answer_goes_with_the_founder(
    http: httpx.AsyncClient, person: Person, owner: asyncpg.Connection
) -> None:
    sent = {"name": "Founded", "owner": {"email": person.email, "name": person.name}}
    made = await http.post("/organizations", json=sent, headers={"Idempotency-Key": str(uuid4())})
    founder = Member(made.json()["id"], made.json()["owner"]["id"])
    await make_log(http, founder)
    other = Member(founder.org_id, (await make_user(http, founder, role="admin"))["id"])
    assert (await http.delete(_path(founder), headers=other.headers)).status_code == 204
    assert await places(owner, person.told) == person.only_in()


async def test_a_stranger_anonymizes_nobody(
    http: httpx.AsyncClient, alice: Member, dora: Member, charlie: Member, person: Person
) -> None:
    await make_log(http, dora)
    refused(await http.delete(_path(dora), headers=charlie.headers), 404, "not-found")
    assert (await http.get(f"/users/{dora.user_id}", headers=alice.headers)).json()["email"] == person.email


async def test_what_is_neither_true_nor_false_is_refused(
    http: httpx.AsyncClient, alice: Member, dora: Member
) -> None:
    answer = await http.delete(f"/users/{dora.user_id}?anonymize=maybe", headers=alice.headers)
    assert parameters(answer) == ["anonymize"]
