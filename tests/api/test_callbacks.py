"""Callbacks: whoever was given the address lets the step go on, once, early or late, and learns nothing else."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.api.acting import cancel, completed, resume, transform, until, waiting
from tests.api.at_once import at_once, statuses
from tests.api.problems import refused
from tests.conftest import Databases
from tests.engine.lab import Lab
from tolstoy.domain import callbacks

CALLED = {"key": "called", "callback": {}}
OUTPUT = {"output": "{{ steps.called.output }}"}


def _told(key: str = "told", of: str = "called") -> dict[str, Any]:
    """A step by which the address gets out."""
    return transform(key, f"{{{{ callbacks.{of} }}}}")


async def _address(lab: Lab, run: dict[str, Any], path: str = "told") -> str:
    row = next(row for row in await lab.logs(run) if row["stepKey"] == path)
    return "/callbacks/" + str(row["outputs"]).rpartition("/callbacks/")[2]


async def _waiting_for(lab: Lab, run: dict[str, Any], reason: str) -> None:
    async with asyncio.timeout(30):
        while (await until(lab, run, "waiting"))["waitingFor"] != reason:
            await asyncio.sleep(0.02)


async def _called(lab: Lab, address: str, **kwargs: Any) -> httpx.Response:
    return await lab.http.post(address, **kwargs)


async def test_a_step_goes_on_with_what_its_callback_says(lab: Lab) -> None:
    run = await waiting(lab, _told(), CALLED, **OUTPUT)
    assert run["waitingFor"] == "callback"
    answer = await _called(lab, await _address(lab, run), json={"paid": True})
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    ended = await until(lab, run, "succeeded", "failed")
    assert ended["output"].keys() == {"body", "receivedAt"} and ended["output"]["body"] == {"paid": True}


@pytest.mark.parametrize("body", [None, [], 0, "text", {"a": [None]}, "é" * 1000])
async def test_any_json_will_do_and_none(lab: Lab, body: Any) -> None:
    run = await waiting(lab, _told(), CALLED, **OUTPUT)
    assert (await _called(lab, await _address(lab, run), json=body)).status_code == 202
    assert (await until(lab, run, "succeeded", "failed"))["output"]["body"] == body


async def test_one_that_comes_early_is_kept_for_its_step(lab: Lab) -> None:
    run = await waiting(lab, _told(), {"key": "first", "approval": {}}, CALLED, **OUTPUT)
    address = await _address(lab, run)
    assert (await _called(lab, address, json="early")).status_code == 202
    refused(await _called(lab, address, json="again"), 409, "already-called")
    assert (await until(lab, run, "waiting"))["waitingFor"] == "approval"
    assert (await lab.post(f"/executions/{run['id']}/steps/first/approve")).status_code == 200
    ended = await until(lab, run, "succeeded", "failed")
    assert (ended["status"], ended["output"]["body"]) == ("succeeded", "early")


async def test_of_many_at_once_one_counts(lab: Lab) -> None:
    run = await waiting(lab, _told(), CALLED, **OUTPUT)
    address = await _address(lab, run)
    answers = await at_once(*(_called(lab, address, json=n) for n in range(8)), expected={202, 409})
    assert statuses(answers) == {202: 1, 409: 7}
    won = next(n for n, answer in enumerate(answers) if answer.status_code == 202)
    assert (await until(lab, run, "succeeded", "failed"))["output"]["body"] == won
    refused(await _called(lab, address), 409, "run-finished")


async def test_each_item_of_a_loop_has_its_own(lab: Lab) -> None:
    loop = {"items": ["x", "y"], "concurrency": 2, "steps": [_told(), CALLED]}
    run = await waiting(lab, {"key": "lines", "forEach": loop}, output="{{ steps.lines.output }}")
    for index in (1, 0):
        address = await _address(lab, run, f"lines[{index}].told")
        assert (await _called(lab, address, json=index)).status_code == 202
    ended = await until(lab, run, "succeeded", "failed")
    assert [output["body"] for output in ended["output"]] == [0, 1]


async def test_after_its_time_it_is_too_late(lab: Lab) -> None:
    flow = await lab.flow(
        _told(),
        {"key": "called", "callback": {"timeoutSeconds": 0.5}, "onError": "continue"},
        {"key": "still", "approval": {}},
    )
    run = await lab.start(flow)
    await _waiting_for(lab, run, "approval")
    address = await _address(lab, run)
    refused(await _called(lab, address), 409, "callback-timed-out")
    assert (await cancel(lab, run)).status_code == 200
    refused(await _called(lab, address), 409, "run-finished")


async def test_a_run_that_is_resumed_is_called_at_the_same_address(lab: Lab) -> None:
    """Once more for a step that waits anew; a call that came before the step was reached still holds."""
    run = await waiting(lab, _told(), CALLED, {"key": "ok", "approval": {}}, **OUTPUT)
    address = await _address(lab, run)
    await cancel(lab, run)
    refused(await _called(lab, address), 409, "run-finished")
    await resume(lab, run)
    await until(lab, run, "waiting")
    assert (await _called(lab, address, json="second")).status_code == 202
    await _waiting_for(lab, run, "approval")
    assert (await lab.post(f"/executions/{run['id']}/steps/ok/reject")).status_code == 200
    await until(lab, run, "failed")
    await resume(lab, run)
    await until(lab, run, "waiting")
    refused(await _called(lab, address), 409, "already-called")
    assert (await lab.post(f"/executions/{run['id']}/steps/ok/approve")).status_code == 200
    assert (await until(lab, run, "succeeded"))["output"]["body"] == "second"
    assert await completed(lab, run) == {"told": 1, "called": 1, "ok": 1}
    assert (await resume(lab, run, fromStep="called")).status_code == 202
    await until(lab, run, "waiting")
    assert (await _called(lab, address, json="third")).status_code == 202


async def test_a_wrong_address_leads_nowhere(lab: Lab) -> None:
    """Whatever of it is wrong, the answer is the same."""
    run = await waiting(lab, _told(), CALLED)
    token = (await _address(lab, run)).rpartition("/")[2]
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    ids = UUID(lab.member.org_id), UUID(run["id"])
    other = (await waiting(lab, CALLED))["id"]
    wrong = [
        raw[:-1], raw + b"x", raw[:32], raw[:48], raw[:40] + bytes([raw[40] ^ 1]) + raw[41:], raw[:48] + b"other",
        UUID(int=0).bytes + raw[16:], raw[:16] + UUID(other).bytes + raw[32:], raw[:48] + b"called\0",
    ]  # fmt: skip
    texts = [urlsafe_b64encode(each).decode().rstrip("=") for each in wrong]
    texts += [token + "=", token + "!", token[:5] + "." + token[5:], "x", "%00", "%ff", "é"]
    texts += [callbacks.write(*ids, "called", b"another secret of 16")]
    answers = [await _called(lab, f"/callbacks/{text}", json=1) for text in texts]
    told = {refused(answer, 404, "not-found")["detail"] for answer in answers}
    assert told == {"Nothing waits at this address."}
    assert (await until(lab, run, "waiting"))["waitingFor"] == "callback"


async def test_only_a_callback_step_is_called(lab: Lab, served_database: Databases) -> None:
    """A token of a step that is none opens nothing, though its seal is right."""
    run = await waiting(lab, {"key": "ok", "approval": {}}, CALLED)
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    secret = await connection.fetchval("SELECT callback_secret FROM executions WHERE id = $1", run["id"])
    await connection.close()
    ids = UUID(lab.member.org_id), UUID(run["id"])
    for path in ("ok", "nothing", "called[0].ok"):
        token = callbacks.write(*ids, path, secret)
        refused(await _called(lab, f"/callbacks/{token}", json=1), 404, "not-found")
    token = callbacks.write(*ids, "called", secret)
    assert (await _called(lab, f"/callbacks/{token}", json=1)).status_code == 202


async def test_what_a_callback_may_send(lab: Lab) -> None:
    run = await waiting(lab, _told(), CALLED, **OUTPUT)
    address = await _address(lab, run)
    as_json = {"Content-Type": "application/json"}
    refused(await _called(lab, address, content=b"a=1"), 415, "unsupported-media-type")
    refused(await _called(lab, address, content=b"{", headers=as_json), 400, "malformed")
    refused(await _called(lab, address, content=b'"\\u0000"', headers=as_json), 422, "invalid")
    refused(await _called(lab, address, content=b'{"a":1,"a":2}', headers=as_json), 422, "invalid")
    refused(await _called(lab, f"{address}?a=1"), 400, "malformed")
    refused(await _called(lab, address, content=b"1" * 1_048_577, headers=as_json), 413, "payload-too-large")
    refused(await _called(lab, address, json="x" * 1_048_500), 413, "payload-too-large")
    assert (await _called(lab, address, json="x" * 1_048_400)).status_code == 202
    assert len((await until(lab, run, "succeeded", "failed"))["output"]["body"]) == 1_048_400
