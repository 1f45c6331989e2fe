"""What an organization may store, over HTTP."""

from __future__ import annotations

import asyncpg
import httpx

from tests.api.factories import make_action, make_flow, make_log, publish
from tests.api.problems import pointers, refused
from tests.conftest import Member


async def test_a_full_organization_is_told_so(
    http: httpx.AsyncClient, alice: Member, charlie: Member, owner: asyncpg.Connection
) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    action = await make_action(http, alice)
    log = await make_log(http, alice, flow)
    path = f"/organizations/{alice.org_id}"
    changed = await http.patch(path, json={"maxStoredBytes": 4999})
    assert changed.json()["maxStoredBytes"] == 4999
    await owner.execute(  # over what the service may have measured by now
        "INSERT INTO stored_volumes (id, org_id, bytes, seconds) VALUES ($1, $1, 5000, 1)"
        " ON CONFLICT (id) DO UPDATE SET bytes = EXCLUDED.bytes, measured_at = EXCLUDED.measured_at",
        alice.org_id,
    )
    entry = {"flowId": flow["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    for address, body in (
        (f"/flows/{flow['id']}/executions", {}),
        (f"/actions/{action['id']}/execute", {}),
        ("/execution-logs", entry),
    ):
        problem = refused(await http.post(address, json=body, headers=alice.headers), 507, "storage-full")
        assert "took 5000 bytes at" in problem["detail"] and "may take 4999" in problem["detail"]
    read = await http.get(f"/execution-logs/{log['id']}", headers=alice.headers)
    assert read.status_code == 200
    gone = await http.delete(f"/execution-logs/{log['id']}", headers=alice.headers)
    assert gone.status_code == 204
    theirs = await make_flow(http, charlie)
    await make_log(http, charlie, theirs)
    await http.patch(path, json={"maxStoredBytes": 5000})
    started = await http.post(f"/flows/{flow['id']}/executions", json={}, headers=alice.headers)
    assert started.status_code == 202
    for wrong in (0, -1, "1", 1.5, 2**51):
        assert pointers(await http.patch(path, json={"maxStoredBytes": wrong})) == ["/maxStoredBytes"]
