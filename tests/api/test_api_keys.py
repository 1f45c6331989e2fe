"""API keys: made, shown once, listed, rotated and revoked; what a key may do for whom."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.acting import open_wait
from tests.api.at_once import at_once, statuses
from tests.api.factories import make, make_user
from tests.api.problems import refused
from tests.conftest import Databases, Member
from tests.processes import Served
from tests.tenancy.connections import connected
from tolstoy.core.api_key_text import hashed, id_in


async def make_key(http: httpx.AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    return await make(http, "/api-keys", member, {"name": "Pipeline", **fields})


def by(key: dict[str, Any] | str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key if isinstance(key, str) else key['key']}"}


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def test_its_text_is_shown_once_and_kept_nowhere(
    http: httpx.AsyncClient, alice: Member, served: Served, served_database: Databases
) -> None:
    made = await make_key(http, alice, scopes=["read", "run"], expiresAt="2030-01-02T03:04:05+02:00")
    text = made.pop("key")
    assert str(id_in(text)) == made["id"] and text.startswith(made["prefix"])
    assert made["userId"] == alice.user_id and made["expiresAt"] == "2030-01-02T01:04:05Z"
    assert (made["scopes"], made["lastUsedAt"], made["revokedAt"]) == (["read", "run"], None, None)
    read = await http.get(f"/api-keys/{made['id']}", headers=alice.headers)
    listed = await http.get("/api-keys", headers=alice.headers)
    assert read.json() == made and listed.json()["data"] == [made]
    assert (await http.get("/tools", headers=by(text))).status_code == 200
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    row = await connection.fetchrow("SELECT k::text AS all, hash FROM api_keys k WHERE id = $1", made["id"])
    await connection.close()
    assert row["hash"] == hashed(text) and text[26:] not in row["all"]
    assert text not in served.log() and made["id"] in served.log()


async def test_a_replayed_creation_does_not_show_it(http: httpx.AsyncClient, alice: Member) -> None:
    sent = {"json": {"name": "Once"}, "headers": {**alice.headers, "Idempotency-Key": uuid4().hex}}
    first, again = [(await http.post("/api-keys", **sent)) for _ in range(2)]
    assert "key" in first.json() and "key" not in again.json()
    assert again.json()["id"] == first.json()["id"]


async def test_it_acts_as_its_user(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    key = await make_key(http, alice, userId=bob.user_id)
    flow = await http.post("/flows", json={"name": "Bob's", "steps": []}, headers=by(key))
    assert flow.status_code == 201
    log = {"flowId": flow.json()["id"], "stepKey": "a", "inputs": {}, "status": "started"}
    written = await http.post("/execution-logs", json=log, headers=by(key))
    assert written.json()["userId"] == bob.user_id


async def test_headers_beside_it_must_agree(
    http: httpx.AsyncClient, alice: Member, bob: Member, charlie: Member
) -> None:
    key = await make_key(http, alice)
    assert (await http.get("/tools", headers={**by(key), **alice.headers})).status_code == 200
    for sent in (bob.headers, charlie.headers, {"X-Org-ID": charlie.org_id}, {"X-User-ID": bob.user_id}):
        refused(await http.get("/tools", headers={**by(key), **sent}), 403, "forbidden")
    for name in ("X-Org-ID", "X-User-ID"):
        answered = await http.get("/tools", headers={**by(key), name: "x"})
        problem = refused(answered, 400, "malformed")
        assert [finding["header"] for finding in problem["errors"]] == [name]


async def test_the_scheme_may_be_written_as_one_likes(http: httpx.AsyncClient, alice: Member) -> None:
    key = (await make_key(http, alice))["key"]
    for sent in (f"bearer {key}", f"BEARER  {key} "):
        assert (await http.get("/tools", headers=[("Authorization", sent.strip())])).status_code == 200
    refused(await http.get("/tools", headers=by(key[:-1])), 401, "invalid-key")
    refused(await http.get("/tools", headers=by(key + "0")), 401, "invalid-key")


@pytest.mark.parametrize(
    ("sent", "at", "code"),
    [
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt", "invalid_value"),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, "/expiresAt", "invalid_value"),
        ({"expiresAt": "9999-12-31T23:59:59Z"}, "/expiresAt", "invalid_value"),
        ({"expiresAt": "9999-12-31T23:59:59-14:00"}, "/expiresAt", "invalid_value"),
        ({"scopes": ["read", "read"]}, "/scopes", "duplicate"),
        ({"scopes": []}, "/scopes", "too_few"),
        ({"scopes": ["platform"]}, "/scopes/0", "invalid_value"),
        ({"userId": "01999999-0000-7000-8000-000000000000"}, "/userId", "not_found"),
        ({"name": ""}, "/name", "too_short"),
    ],
)
async def test_what_no_key_can_be_is_refused(
    http: httpx.AsyncClient, alice: Member, sent: dict[str, Any], at: str, code: str
) -> None:
    answered = await http.post("/api-keys", json={"name": "Key", **sent}, headers=alice.headers)
    found = [(error["pointer"], error["code"]) for error in refused(answered, 422, "invalid")["errors"]]
    assert found == [(at, code)]
    assert (await http.get("/api-keys", headers=alice.headers)).json()["data"] == []


async def test_lists_are_filtered(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    mine, bobs = await make_key(http, alice), await make_key(http, alice, userId=bob.user_id)
    await http.delete(f"/api-keys/{mine['id']}", headers=alice.headers)

    async def found(**query: str) -> list[str]:
        listed = await http.get("/api-keys", params=query, headers=alice.headers)
        return [key["id"] for key in listed.json()["data"]]

    assert await found() == [bobs["id"], mine["id"]]
    assert await found(userId=bob.user_id) == await found(active="true") == [bobs["id"]]
    assert await found(active="false") == await found(prefix=mine["prefix"]) == [mine["id"]]


async def test_a_revoked_key_opens_nothing_and_stays_to_be_seen(
    http: httpx.AsyncClient, alice: Member
) -> None:
    key = await make_key(http, alice)
    assert (await http.get("/tools", headers=by(key))).status_code == 200
    path = f"/api-keys/{key['id']}"
    assert (await http.delete(path, headers=by(key))).status_code == 204
    refused(await http.get("/tools", headers=by(key)), 401, "invalid-key")
    refused(await http.post("/tools", json={"name": "x", "baseUrl": "https://x"}, headers=by(key)), 401)
    revoked = (await http.get(path, headers=alice.headers)).json()["revokedAt"]
    assert revoked is not None
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    assert (await http.get(path, headers=alice.headers)).json()["revokedAt"] == revoked


async def test_a_rotated_key_works_on_beside_the_new_one(http: httpx.AsyncClient, alice: Member) -> None:
    old = await make_key(http, alice, name="Nightly", scopes=["read"])
    path = f"/api-keys/{old['id']}"
    answered = await http.post(f"{path}/rotate", json={"overlapSeconds": 3600}, headers=alice.headers)
    new = answered.json()
    assert (answered.status_code, answered.headers["Location"]) == (201, f"/api-keys/{new['id']}")
    assert (new["name"], new["scopes"], new["expiresAt"]) == ("Nightly", ["read"], None)
    for key in (old, new):
        assert (await http.get("/tools", headers=by(key))).status_code == 200
    before = (await http.get(path, headers=alice.headers)).json()
    assert before["replacedBy"] == new["id"] and before["expiresAt"] < later(seconds=3601)
    again = await http.post(f"{path}/rotate", json={}, headers=alice.headers)
    refused(again, 409, "key-ended")


async def test_without_an_overlap_the_old_key_ends_at_once(http: httpx.AsyncClient, alice: Member) -> None:
    """And the new one lives as long as the old one was made to."""
    old = await make_key(http, alice, expiresAt=later(days=90))
    path = f"/api-keys/{old['id']}/rotate"
    new = (await http.post(path, json={"overlapSeconds": 0}, headers=alice.headers)).json()
    refused(await http.get("/tools", headers=by(old)), 401, "invalid-key")
    assert (await http.get("/tools", headers=by(new))).status_code == 200
    assert later(days=89.9) < new["expiresAt"] < later(days=90.1)


async def test_no_key_is_rotated_into_a_time_that_there_is_not(
    http: httpx.AsyncClient, alice: Member, served_database: Databases
) -> None:
    key = await make_key(http, alice, expiresAt=later(days=1))
    path = f"/api-keys/{key['id']}/rotate"
    for moment in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"):
        answered = await http.post(path, json={"expiresAt": moment}, headers=alice.headers)
        assert [one["pointer"] for one in refused(answered, 422, "invalid")["errors"]] == ["/expiresAt"]
    async with connected(served_database.direct) as owner:  # as one that was made before there was a bound
        await owner.execute(
            "UPDATE api_keys SET expires_at = '9999-12-31T23:59:59Z' WHERE id = $1", key["id"]
        )
    rotated = await http.post(path, json={}, headers=alice.headers)
    assert (rotated.status_code, rotated.json()["expiresAt"] < later(days=36526)) == (201, True)


async def test_an_overlap_does_not_lengthen_a_life(http: httpx.AsyncClient, alice: Member) -> None:
    old = await make_key(http, alice, expiresAt=later(minutes=5))
    sent = {"overlapSeconds": 86_400, "expiresAt": later(days=1)}
    new = await http.post(f"/api-keys/{old['id']}/rotate", json=sent, headers=alice.headers)
    assert new.status_code == 201
    stored = (await http.get(f"/api-keys/{old['id']}", headers=alice.headers)).json()
    assert stored["expiresAt"] == old["expiresAt"]


async def test_of_many_rotations_at_once_one_is_made(http: httpx.AsyncClient, alice: Member) -> None:
    key = await make_key(http, alice)
    path = f"/api-keys/{key['id']}/rotate"
    rotations = [http.post(path, json={}, headers=alice.headers) for _ in range(8)]
    answers = await at_once(*rotations, expected={201, 409})
    assert statuses(answers) == {201: 1, 409: 7}


async def test_a_key_with_scopes_makes_none_that_may_do_more(http: httpx.AsyncClient, alice: Member) -> None:
    """Neither anew nor by rotating another's."""
    limited, full = await make_key(http, alice, scopes=["keys", "read"]), await make_key(http, alice)
    for scopes in (None, ["keys", "run"]):
        sent = {"name": "More", "scopes": scopes}
        answered = await http.post("/api-keys", json=sent, headers=by(limited))
        assert refused(answered, 403, "forbidden")["errors"][0]["pointer"] == "/scopes"
    refused(await http.post(f"/api-keys/{full['id']}/rotate", json={}, headers=by(limited)), 403, "forbidden")
    assert (await http.get("/tools", headers=by(full))).status_code == 200
    less = await http.post("/api-keys", json={"name": "Less", "scopes": ["read"]}, headers=by(limited))
    assert less.status_code == 201
    own = await http.post(f"/api-keys/{limited['id']}/rotate", json={}, headers=by(limited))
    assert own.json()["scopes"] == ["keys", "read"]


async def test_another_role_counts_from_the_next_request_on(http: httpx.AsyncClient, alice: Member) -> None:
    user = await make_user(http, alice, role="editor")
    key = await make_key(http, alice, userId=user["id"])
    new = {"json": {"name": "x", "baseUrl": "https://x.example"}, "headers": by(key)}
    assert (await http.post("/tools", **new)).status_code == 201
    await http.patch(f"/users/{user['id']}", json={"role": "viewer"}, headers=alice.headers)
    assert "define" in refused(await http.post("/tools", **new), 403, "permission-denied")["detail"]
    assert (await http.get("/tools", headers=by(key))).status_code == 200


async def test_the_keys_of_a_user_go_with_the_user(http: httpx.AsyncClient, alice: Member) -> None:
    user = await make_user(http, alice)
    key = await make_key(http, alice, userId=user["id"])
    assert (await http.get("/tools", headers=by(key))).status_code == 200
    assert (await http.delete(f"/users/{user['id']}", headers=alice.headers)).status_code == 204
    refused(await http.get("/tools", headers=by(key)), 401, "invalid-key")
    refused(await http.get(f"/api-keys/{key['id']}", headers=alice.headers), 404)


async def test_a_stream_ends_with_the_key_that_it_was_opened_by(
    http: httpx.AsyncClient, alice: Member
) -> None:
    run = await open_wait(http, alice)
    key = await make_key(http, alice)
    begun = False
    async with asyncio.timeout(30):
        with contextlib.suppress(httpx.RemoteProtocolError):  # what is cut off has no proper end
            async with http.stream("GET", f"/executions/{run}/events", headers=by(key)) as stream:
                assert stream.status_code == 200
                async for line in stream.aiter_lines():
                    if line.startswith("event: ") and not begun:
                        begun = True
                        await http.delete(f"/api-keys/{key['id']}", headers=alice.headers)
    assert begun
    assert (await http.get(f"/executions/{run}", headers=alice.headers)).json()["status"] == "waiting"


async def test_when_it_was_last_used_is_told(http: httpx.AsyncClient, alice: Member) -> None:
    """Not of one that was refused."""
    used, refused_ = await make_key(http, alice), await make_key(http, alice)
    await http.delete(f"/api-keys/{refused_['id']}", headers=alice.headers)
    refused(await http.get("/tools", headers=by(refused_)), 401)
    await http.get("/tools", headers=by(used))

    async def last_used(key: dict[str, Any]) -> str | None:
        found: str | None = (await http.get(f"/api-keys/{key['id']}", headers=alice.headers)).json()[
            "lastUsedAt"
        ]
        return found

    async with asyncio.timeout(30):
        while await last_used(used) is None:
            await asyncio.sleep(0.02)
    assert await last_used(refused_) is None


async def test_what_a_process_remembers_of_a_key_cannot_change(
    http: httpx.AsyncClient, alice: Member, bob: Member, served_database: Databases
) -> None:
    key = await make_key(http, alice, scopes=["read"])
    connection = await asyncpg.connect(**served_database.direct.asyncpg_kwargs())
    try:
        for change in (
            f"user_id = '{bob.user_id}'",
            "scopes = NULL",
            "hash = '\\x00'",
            "max_requests_per_minute = 1",
        ):
            with pytest.raises(asyncpg.PostgresError, match="cannot be given to another"):
                await connection.execute(f"UPDATE api_keys SET {change} WHERE id = $1", key["id"])
    finally:
        await connection.close()
