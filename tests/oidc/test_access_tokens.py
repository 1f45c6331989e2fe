"""AUTH_MODE=oidc: whom a service lets in by the tokens of an identity provider, and for how long."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from pathlib import Path
from uuid import uuid4

import httpx

from tests.api.acting import open_wait
from tests.api.problems import refused
from tests.conftest import Databases
from tests.oidc.issuer import Issuer, settings
from tests.oidc.signed_in import PLATFORM_KEY, Acme, Signed, admin_of, by, founded, viewer_of
from tests.processes import Served, serving
from tests.wire import Wire


async def test_it_acts_as_the_user_whom_it_means(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme, process: Served
) -> None:
    """By what the platform calls the organization, or by its id; the role is the user's."""
    token = issuer.token(sub=acme.viewer, org_id=acme.org_id)
    for headers in (by(token), viewer_of(issuer, acme), viewer_of(issuer, acme, org_id=[acme.called])):
        assert (await web.get("/tools", headers=headers)).json()["data"] == []
        tool = {"name": "Mine", "baseUrl": "https://x.example"}
        refused(await web.post("/tools", json=tool, headers=headers), 403, "permission-denied")
    made = await web.post("/tools", json=tool, headers=admin_of(issuer, acme))
    assert (made.status_code, made.json()["orgId"]) == (201, acme.org_id)
    listed = await web.get("/organizations", headers=by(token))
    assert [one["id"] for one in listed.json()["data"]] == [acme.org_id]
    assert token not in process.log() and acme.viewer_id in process.log()


async def test_keys_work_beside_tokens(web: httpx.AsyncClient, issuer: Issuer, acme: Acme) -> None:
    made = await web.post("/api-keys", json={"name": "Key"}, headers=admin_of(issuer, acme))
    assert (await web.get("/tools", headers=by(made.json()["key"]))).status_code == 200
    refused(await web.get("/tools", headers=by("tol_")), 401, "invalid-key")
    refused(await web.get("/tools", headers=by(PLATFORM_KEY)), 403, "forbidden")
    problem = refused(await web.get("/tools"), 401, "unauthenticated")
    assert "access token" in problem["detail"]
    refused(await web.get("/tools", headers=acme.headers), 401, "unauthenticated")


async def test_the_platforms_routes_are_not_a_members(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    headers, path = admin_of(issuer, acme), f"/organizations/{acme.org_id}"
    refused(await web.post("/organizations", json={"name": "Mine"}, headers=headers), 403, "forbidden")
    first = {"name": "Key", "userId": acme.user_id}
    refused(await web.post(f"{path}/api-keys", json=first, headers=headers), 403, "forbidden")
    sent = {"externalId": "taken-over"}
    assert (
        refused(await web.patch(path, json=sent, headers=headers), 403)["errors"][0]["pointer"]
        == "/externalId"
    )
    assert (await web.patch(path, json={"name": "Renamed"}, headers=headers)).json()[
        "externalId"
    ] == acme.called


async def test_headers_beside_it_must_agree(web: httpx.AsyncClient, issuer: Issuer, acme: Acme) -> None:
    other = await founded(web)
    headers = admin_of(issuer, acme)
    assert (await web.get("/tools", headers={**headers, **acme.headers})).status_code == 200
    for wrong in (other.headers, {"X-Org-ID": other.org_id}, {"X-User-ID": acme.viewer_id}):
        refused(await web.get("/tools", headers={**headers, **wrong}), 403, "forbidden")
    refused(await web.get("/tools", headers={**headers, "X-User-ID": "x"}), 400, "malformed")


async def test_whom_nobody_here_knows_gets_in_nowhere(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    """Neither in an organization that is not there nor in another's; the answers do not tell which it is."""
    other = await founded(web)
    told = set()
    for claims in (
        {"sub": "nobody", "org_id": acme.called},
        {"sub": acme.admin, "org_id": "no such"},
        {"sub": acme.admin, "org_id": str(uuid4())},
        {"sub": acme.admin, "org_id": other.called},
        {"sub": acme.admin, "org_id": other.org_id},
        {"sub": acme.admin.upper(), "org_id": acme.called},
        {"sub": acme.user_id, "org_id": acme.called},
        {"sub": "' OR external_id IS NOT NULL --", "org_id": acme.called},
        {"sub": "%", "org_id": acme.called},
    ):
        told.add(
            refused(await web.get("/tools", headers=by(issuer.token(**claims))), 403, "unknown-identity")[
                "detail"
            ]
        )
    assert len(told) == 1


async def test_a_token_that_names_text_with_quotes_is_read_as_text(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    """Also where it opens a transaction, which takes no parameters."""
    odd = f"o'Brien \\' \" $1 {acme.called} ß😀"
    sent = {"email": "odd@example.com", "role": "admin", "externalId": odd}
    assert (await web.post("/users", json=sent, headers=admin_of(issuer, acme))).status_code == 201
    headers = by(issuer.token(sub=odd, org_id=acme.called))
    changed = await web.patch(f"/users/{acme.viewer_id}", json={"name": "Vic"}, headers=headers)
    assert (changed.status_code, changed.json()["name"]) == (200, "Vic")


async def test_who_was_removed_or_is_another_now_is_out_at_once(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    headers, path = viewer_of(issuer, acme), f"/users/{acme.viewer_id}"
    admin = admin_of(issuer, acme)

    async def sees(expected: int) -> None:
        for _ in range(2):
            answered = await web.get("/tools", headers=headers)
            assert answered.status_code == expected, answered.text

    await sees(200)
    assert (await web.patch(path, json={"externalId": None}, headers=admin)).json()["externalId"] is None
    await sees(403)
    await web.patch(path, json={"externalId": acme.viewer}, headers=admin)
    await sees(200)
    other = {"email": "other@example.com", "externalId": "somebody else"}
    second = (await web.post("/users", json=other, headers=admin)).json()
    taken = await web.patch(f"/users/{second['id']}", json={"externalId": acme.viewer}, headers=admin)
    assert refused(taken, 409, "external-id-taken")["errors"][0]["pointer"] == "/externalId"
    place, platform = f"/organizations/{acme.org_id}", by(PLATFORM_KEY)
    await web.patch(place, json={"externalId": f"new-{acme.called}"}, headers=platform)
    await sees(403)
    await web.patch(place, json={"externalId": acme.called}, headers=platform)
    await sees(200)
    assert (await web.delete(path, headers=admin)).status_code == 204
    learned, known = [await web.get("/tools", headers=headers) for _ in range(2)]
    for answered in (learned, known):
        refused(answered, 403, "unknown-identity")
    assert "RateLimit" in learned.headers and "RateLimit" not in known.headers, "it costs others nothing"


async def test_a_role_counts_from_the_next_request_on(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    headers, admin = viewer_of(issuer, acme), admin_of(issuer, acme)
    tool = {"json": {"name": "x", "baseUrl": "https://x.example"}, "headers": headers}
    refused(await web.post("/tools", **tool), 403, "permission-denied")
    await web.patch(f"/users/{acme.viewer_id}", json={"role": "editor"}, headers=admin)
    assert (await web.post("/tools", **tool)).status_code == 201


async def test_one_known_costs_no_round_trip_more(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme, wire: Wire
) -> None:
    headers = admin_of(issuer, acme)
    tool = await web.post("/tools", json={"name": "x", "baseUrl": "https://x.example"}, headers=headers)
    path = f"/tools/{tool.json()['id']}"
    for _ in range(2):
        await web.get(path, headers=headers)
    before = wire.round_trips
    assert (await web.get(path, headers=headers)).status_code == 200
    assert wire.round_trips - before == 1


async def test_a_stream_ends_with_the_token_or_identity_that_it_was_opened_by(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme, module_database: Databases, tmp_path: Path
) -> None:
    told = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "OIDC_LEEWAY": "0",
        "EGRESS_ALLOW": "127.0.0.1/32",
    }
    with serving(tmp_path, settings(issuer, **told)) as other:
        async with httpx.AsyncClient(base_url=other.url, timeout=20) as http:
            run = await open_wait(http, Signed(acme.org_id, acme.user_id, admin_of(issuer, acme)))
            short = admin_of(issuer, acme, exp=int(time.time()) + 3)
            async with asyncio.timeout(60):
                async with http.stream("GET", f"/executions/{run}/events", headers=short) as stream:
                    assert stream.status_code == 200
                    with contextlib.suppress(httpx.RemoteProtocolError):  # what is cut off has no proper end
                        await stream.aread()
            admin = admin_of(issuer, acme)
            async with asyncio.timeout(60):
                path = f"/executions/{run}/events"
                async with http.stream("GET", path, headers=viewer_of(issuer, acme)) as stream:
                    assert stream.status_code == 200
                    user = f"/users/{acme.viewer_id}"
                    assert (
                        await http.patch(user, json={"externalId": None}, headers=admin)
                    ).status_code == 200
                    with contextlib.suppress(httpx.RemoteProtocolError):
                        await stream.aread()
            waits = await http.get(f"/executions/{run}", headers=admin)
            assert waits.json()["status"] == "waiting"
            problem = refused(await http.get("/tools", headers=short), 401, "invalid-token")
            assert problem["detail"] == "This access token has expired."
            detailed = (await http.get("/status/detailed")).json()
            assert detailed["identityProvider"]["status"] == "ok"
        assert "request_failed" not in other.log()


async def test_an_audit_event_names_nobody_and_tells_of_another_identity(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    admin = admin_of(issuer, acme)
    await web.patch(f"/users/{acme.viewer_id}", json={"externalId": "another one"}, headers=admin)
    listed = await web.get("/audit-events", params={"subjectId": acme.viewer_id}, headers=admin)
    changed, made = listed.json()["data"]
    assert changed["userId"] == acme.user_id
    assert changed["after"] == {"identity": hashlib.sha256(b"another one").hexdigest()}
    assert changed["before"] == {"identity": hashlib.sha256(acme.viewer.encode()).hexdigest()}
    assert made["after"].keys() == {"role", "identity"} and acme.viewer not in listed.text


async def test_external_ids_are_found_and_checked(web: httpx.AsyncClient, issuer: Issuer, acme: Acme) -> None:
    admin, platform = admin_of(issuer, acme), by(PLATFORM_KEY)
    for path, wanted, found, headers in (
        ("/users", acme.viewer, acme.viewer_id, admin),
        ("/organizations", acme.called, acme.org_id, platform),
    ):
        listed = await web.get(path, params={"externalId": wanted}, headers=headers)
        assert [one["id"] for one in listed.json()["data"]] == [found]
    taken = {"name": "Second", "externalId": acme.called}
    refused(await web.post("/organizations", json=taken, headers=platform), 409, "external-id-taken")
    for wrong in ("", "x" * 256, "a\u0000b", "a\n"):
        sent = {"email": "w@example.com", "externalId": wrong}
        refused(await web.post("/users", json=sent, headers=admin), 422, "invalid")
    other = await founded(web)
    same = {"email": "v@example.com", "externalId": acme.viewer}
    assert (await web.post("/users", json=same, headers=admin_of(issuer, other))).status_code == 201
