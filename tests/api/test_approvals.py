"""Approvals: people decide what a run waits for, each once, as many as it takes, as long as there is time."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.api.acting import cancel, completed, resume, transform, until, waiting
from tests.api.at_once import at_once, statuses
from tests.api.factories import make_user
from tests.api.problems import pointers, refused
from tests.conftest import Member
from tests.engine.lab import Lab


def _approval(key: str = "ok", **fields: Any) -> dict[str, Any]:
    return {"key": key, "approval": fields}


async def _decide(
    lab: Lab,
    run: dict[str, Any],
    what: str = "approve",
    path: str = "ok",
    by: Member | None = None,
    **body: Any,
) -> httpx.Response:
    address = f"/executions/{run['id']}/steps/{quote(path, safe='')}/{what}"
    return await lab.http.post(address, json=body or None, headers=(by or lab.member).headers)


async def _colleague(lab: Lab) -> Member:
    made = await make_user(lab.http, lab.member, role="approver")
    return Member(lab.member.org_id, made["id"])


async def test_a_run_goes_on_when_it_is_approved(lab: Lab) -> None:
    """With who decided, when and why for the steps to read."""
    run = await waiting(lab, transform("a"), _approval(), output="{{ steps.ok.output }}")
    assert run["waitingFor"] == "approval"
    answer = await _decide(lab, run, comment="fine", payload={"amount": 7})
    assert answer.status_code == 200
    wait = answer.json()
    ended = await until(lab, run, "succeeded", "failed")
    assert ended["output"] == wait["outcome"]
    (decision,) = ended["output"]["decisions"]
    at = decision.pop("at")
    assert ended["output"]["approved"] is True and at.endswith("Z") and wait["closedAt"]
    assert decision == {
        "userId": lab.member.user_id, "approved": True, "comment": "fine", "payload": {"amount": 7}
    }  # fmt: skip


async def test_a_refusal_fails_the_step(lab: Lab) -> None:
    run = await waiting(lab, _approval(approvals=3))
    assert (await _decide(lab, run, "reject", comment="no")).json()["outcome"]["approved"] is False
    ended = await until(lab, run, "succeeded", "failed")
    assert (ended["status"], ended["error"]["code"]) == ("failed", "rejected")
    assert ended["error"]["decisions"][0]["comment"] == "no"


async def test_as_many_have_to_approve_as_the_step_says(lab: Lab) -> None:
    """And nobody counts twice."""
    run, bob = await waiting(lab, _approval(approvals=2)), await _colleague(lab)
    first = await _decide(lab, run)
    assert (first.status_code, first.json()["outcome"]) == (200, None)
    refused(await _decide(lab, run), 409, "decided-by-you")
    refused(await _decide(lab, run, "reject"), 409, "decided-by-you")
    assert (await lab.get(f"/executions/{run['id']}"))["status"] == "waiting"
    assert (await _decide(lab, run, by=bob)).json()["outcome"]["approved"] is True
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"


async def test_what_is_decided_stays_so(lab: Lab) -> None:
    run, bob = await waiting(lab, _approval()), await _colleague(lab)
    assert (await _decide(lab, run)).status_code == 200
    for by in (lab.member, bob):
        refused(await _decide(lab, run, "reject", by=by), 409, "already-decided")
    await until(lab, run, "succeeded")
    refused(await _decide(lab, run, by=bob), 409, "already-decided")


async def test_of_many_at_once_exactly_as_many_count_as_it_takes(lab: Lab) -> None:
    run = await waiting(lab, _approval(approvals=3))
    people = [await _colleague(lab) for _ in range(8)]
    answers = await at_once(*(_decide(lab, run, by=one) for one in people), expected={200, 409})
    assert statuses(answers) == {200: 3, 409: 5}
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"
    (wait,) = (await lab.get(f"/executions/{run['id']}/waits"))["data"]
    assert len(wait["decisions"]) == 3


async def test_after_its_time_nothing_is_decided_any_more(lab: Lab) -> None:
    run = await lab.run(_approval(timeoutSeconds=0.5), onFailure=[transform("late")])
    assert run["error"]["code"] == "approval_timed_out"
    for what in ("approve", "reject"):
        refused(await _decide(lab, run, what), 409, "approval-timed-out")
    (wait,) = (await lab.get(f"/executions/{run['id']}/waits"))["data"]
    assert wait["outcome"] == {"timedOut": True} and wait["decisions"] == []


async def test_each_item_of_a_loop_is_approved_for_itself(lab: Lab) -> None:
    """By its path, encoded as paths are."""
    steps = [_approval(), transform("name", "{{ item }}")]
    loop = {"key": "lines", "forEach": {"items": ["x", "y"], "concurrency": 2, "steps": steps}}
    run = await waiting(lab, loop, output="{{ steps.lines.output }}")
    open_ = (await lab.get(f"/executions/{run['id']}/waits", open="true"))["data"]
    assert {wait["stepKey"] for wait in open_} == {"lines[0].ok", "lines[1].ok"}
    assert (await _decide(lab, run, path="lines[1].ok")).status_code == 200
    refused(await _decide(lab, run, path="lines[1].ok"), 409, "already-decided")
    assert (await until(lab, run, "waiting"))["status"] == "waiting"
    plain = f"/executions/{run['id']}/steps/lines[0].ok/approve"
    assert (await lab.http.post(plain, headers=lab.member.headers)).status_code == 200
    assert (await until(lab, run, "succeeded", "failed"))["output"] == ["x", "y"]


async def test_a_cancelled_run_is_approved_no_more_until_it_is_resumed(lab: Lab) -> None:
    """Then it waits anew: what was decided before does not count."""
    run, bob = await waiting(lab, transform("a"), _approval(approvals=2)), await _colleague(lab)
    assert (await _decide(lab, run)).status_code == 200
    await cancel(lab, run)
    refused(await _decide(lab, run, by=bob), 409, "run-finished")
    assert (await resume(lab, run)).status_code == 202
    await until(lab, run, "waiting")
    assert (await _decide(lab, run, by=bob)).json()["round"] == 2
    assert (await lab.get(f"/executions/{run['id']}"))["status"] == "waiting"
    assert (await _decide(lab, run)).json()["outcome"]["approved"] is True
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"
    assert await completed(lab, run) == {"a": 1, "ok": 1}
    rounds = (await lab.get(f"/executions/{run['id']}/waits", stepKey="ok"))["data"]
    assert [(wait["round"], wait["outcome"] is None, len(wait["decisions"])) for wait in rounds] == [
        (2, False, 2), (1, True, 1)
    ]  # fmt: skip


async def test_what_was_refused_can_be_asked_again(lab: Lab) -> None:
    run = await waiting(lab, _approval())
    await _decide(lab, run, "reject")
    await until(lab, run, "failed")
    assert (await resume(lab, run)).status_code == 202
    await until(lab, run, "waiting")
    assert (await _decide(lab, run)).status_code == 200
    assert (await until(lab, run, "succeeded", "failed"))["status"] == "succeeded"


@pytest.mark.parametrize(
    "path", ["a", "nothing", "ok[0].ok", "ok.ok", "%", "%00", "ok%00", "%ff", "é", "x" * 600, "ok/../ok"]
)
async def test_where_nothing_waits_for_an_approval_nothing_is_found(lab: Lab, path: str) -> None:
    run = await waiting(lab, transform("a"), _approval())
    for what in ("approve", "reject"):
        refused(await _decide(lab, run, what, path=path), 404, "not-found")
    assert (await cancel(lab, run)).status_code == 200


async def test_what_a_decision_may_say(lab: Lab) -> None:
    run = await waiting(lab, _approval())
    assert pointers(await _decide(lab, run, comment="x" * 2001)) == ["/comment"]
    assert pointers(await _decide(lab, run, payload="x" * 16_384)) == ["/payload"]
    assert pointers(await _decide(lab, run, why="x")) == ["/why"]
    refused(await lab.post(f"/executions/{uuid4()}/steps/ok/approve"), 404, "not-found")
    assert (await _decide(lab, run, payload="x" * 16_000)).status_code == 200


async def test_waits_are_listed_with_what_they_wait_for(lab: Lab) -> None:
    run = await waiting(lab, _approval(approvals=2, timeoutSeconds=3600))
    path = f"/executions/{run['id']}/waits"
    (wait,) = (await lab.get(path, open="true"))["data"]
    assert (wait["kind"], wait["needed"], wait["stepKey"], wait["round"]) == ("approval", 2, "ok", 1)
    assert wait["dueAt"] == run["wakeAt"] and wait["outcome"] is None and wait["closedAt"] is None
    assert (await lab.get(path, open="false"))["data"] == (await lab.get(path, kind="callback"))["data"] == []
    assert (await lab.get(f"/executions/{(await lab.run(transform('a')))['id']}/waits"))["data"] == []
    missing = await lab.http.get(f"/executions/{uuid4()}/waits", headers=lab.member.headers)
    refused(missing, 404, "not-found")


async def test_a_stranger_decides_nothing(lab: Lab, charlie: Member) -> None:
    run = await waiting(lab, _approval())
    for what in ("approve", "reject"):
        refused(await _decide(lab, run, what, by=charlie), 404, "not-found")
    (wait,) = (await lab.get(f"/executions/{run['id']}/waits"))["data"]
    assert wait["decisions"] == []
