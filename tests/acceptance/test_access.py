"""Real servers that ask for keys: the first key, revocation across processes, and who reaches which organization."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.api.problems import refused
from tests.conftest import Databases, Member
from tests.processes import Served, serving

PLATFORM_KEY = "the-platforms-key-of-these-tests-0123456789"
GATEWAY_SECRET = "the-gateways-secret-of-these-tests-0123456789"


@pytest.fixture(scope="module")
def settings(module_database: Databases) -> dict[str, str]:
    return {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "APP_ENV": "production",  # whose default it is to ask for keys
        "HOST": "127.0.0.1",
        "WORKERS": "1",
        "PLATFORM_KEY": PLATFORM_KEY,
        "APP_KEY": f"{'k' * 42}8=",
    }


@pytest.fixture(scope="module")
def two(
    settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """Two servers that share nothing but the database."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(serving(tmp_path_factory.mktemp(name), settings)) for name in ("one", "two")
        )
        yield first, second
    assert "request_failed" not in first.log() + second.log()


@pytest.fixture
async def clients(two: tuple[Served, Served]) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    first, second = two
    async with (
        httpx.AsyncClient(base_url=first.url, timeout=20) as one,
        httpx.AsyncClient(base_url=second.url, timeout=20) as other,
    ):
        yield one, other


def by(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def admin(settings: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tolstoy admin …` as a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "tolstoy", "admin", *arguments],
        env={**kept, **settings}, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


async def organization(http: httpx.AsyncClient) -> tuple[Member, str]:
    """A new one, its admin, and the admin's first key, as who has the platform's key makes them."""
    sent = {"name": "New", "owner": {"email": "owner@example.com"}}
    made = (await http.post("/organizations", json=sent, headers=by(PLATFORM_KEY))).json()
    member = Member(made["id"], made["owner"]["id"])
    path, first = f"/organizations/{member.org_id}/api-keys", {"name": "First", "userId": member.user_id}
    answered = await http.post(path, json=first, headers=by(PLATFORM_KEY))
    assert answered.status_code == 201, answered.text
    return member, answered.json()["key"]


async def test_a_key_revoked_at_one_server_opens_nothing_at_another(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    """From the very next request on; both have known the key. The same with a rotated key."""
    one, other = clients
    _, admins = await organization(one)
    for _ in range(20):
        made = (await one.post("/api-keys", json={"name": "Short"}, headers=by(admins))).json()
        for http in clients:
            assert (await http.get("/tools", headers=by(made["key"]))).status_code == 200
        assert (await one.delete(f"/api-keys/{made['id']}", headers=by(admins))).status_code == 204
        for http in (other, one):
            refused(await http.get("/tools", headers=by(made["key"])), 401, "invalid-key")
    made = (await other.post("/api-keys", json={"name": "Turned"}, headers=by(admins))).json()
    assert (await one.get("/tools", headers=by(made["key"]))).status_code == 200
    path = f"/api-keys/{made['id']}/rotate"
    turned = await other.post(path, json={"overlapSeconds": 0}, headers=by(admins))
    refused(await one.get("/tools", headers=by(made["key"])), 401, "invalid-key")
    assert (await one.get("/tools", headers=by(turned.json()["key"]))).status_code == 200


async def test_the_first_key_is_made_by_hand(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], settings: dict[str, str], tmp_path: Path
) -> None:
    made = admin(settings, tmp_path, "create-organization", "--name", "Acme", "--owner", "ada@acme.example")
    assert made.returncode == 0, made.stderr
    rows = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
    org_id, key = rows["organization"].split()[0], rows["key"]
    assert rows["organization"] == f"{org_id}  Acme" and rows["user"].endswith("ada@acme.example, admin")
    http, _ = clients
    assert (await http.get(f"/organizations/{org_id}", headers=by(key))).json()["name"] == "Acme"
    user_id = rows["user"].split()[0]
    for user in (user_id, "Ada@acme.example"):
        further = admin(
            settings, tmp_path, "create-key", "--org", org_id, "--user", user, "--name", "Reports",
            "--scope", "read", "--scope", "run", "--expires-in-days", "30",
        )  # fmt: skip
        assert further.returncode == 0 and further.stdout.count("\n") == 1, further.stderr
        assert (await http.get("/tools", headers=by(further.stdout.strip()))).status_code == 200
    listed = (await http.get("/api-keys", params={"userId": user_id}, headers=by(key))).json()["data"]
    assert [(each["name"], each["scopes"]) for each in listed] == [
        ("Reports", ["read", "run"]), ("Reports", ["read", "run"]), ("First key", None)
    ]  # fmt: skip
    assert listed[0]["expiresAt"] is not None
    told = (await http.get("/audit-events", headers=by(key))).json()["data"]
    by_whom = [(each["subjectType"], each["userId"], each["origin"]["program"]) for each in told]
    assert by_whom[:2] == [("api_key", None, "tolstoy admin create-key")] * 2
    assert sorted(by_whom[2:]) == [
        (subject, None, "tolstoy admin create-organization")
        for subject in ("api_key", "organization", "user")
    ]
    assert {each["origin"]["host"] for each in told} == {socket.gethostname()}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--org", "x", "--user", "y"], "--org: 'x' is not a UUID."),
        (["--org", str(uuid4()), "--user", str(uuid4())], "There is no organization with the id"),
        (["--org", "{org}", "--user", str(uuid4())], "/userId: there is no such user here"),
        (["--org", "{org}", "--user", "a@b"], "nobody with the address 'a@b' is in the organization"),
        (["--org", "{org}", "--user", "{user}", "--scope", "all"], "--scope: 'all' is not known; write read, run"),
        (["--org", "{org}", "--user", "{user}", "--scope", "run", "--scope", "run"], "write each permission once"),
    ],
    ids=["no id", "no organization", "no user", "no address", "no scope", "twice"],
)  # fmt: skip
async def test_what_cannot_be_made_is_told_in_a_sentence(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
    settings: dict[str, str],
    tmp_path: Path,
    arguments: list[str],
    told: str,
) -> None:
    member, key = await organization(clients[0])
    filled = [each.format(org=member.org_id, user=member.user_id) for each in arguments]
    ended = admin(settings, tmp_path, "create-key", *filled)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("tolstoy: ") and told in ended.stderr and "Traceback" not in ended.stderr
    assert len((await clients[0].get("/api-keys", headers=by(key))).json()["data"]) == 1


async def test_a_member_sees_and_an_admin_changes_the_own_organization_only(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    http, _ = clients
    (mine, key), (other, others) = await organization(http), await organization(http)
    path, elsewhere = f"/organizations/{mine.org_id}", f"/organizations/{other.org_id}"
    listed = await http.get("/organizations", params={"include": "counts"}, headers=by(key))
    assert [(each["id"], each["counts"]["users"]) for each in listed.json()["data"]] == [(mine.org_id, 1)]
    renamed = await http.put(path, json={"name": "Renamed"}, headers=by(key))
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Renamed")
    limits = {
        "maxRunningExecutions": 9999,
        "maxRequestsPerMinute": None,
        "maxStoredBytes": 1 << 50,
        "egressAllow": ["10.1.0.0/16"],
    }
    for sent in (limits, *({"name": "Mine", limit: value} for limit, value in limits.items())):
        found = refused(await http.patch(path, json=sent, headers=by(key)), 403, "forbidden")["errors"]
        assert {one["pointer"] for one in found} == {f"/{name}" for name in sent if name != "name"}
    assert (await http.get(path, headers=by(key))).json() == renamed.json()
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"json": {"name": "Taken"}} if method in ("PUT", "PATCH") else {}
        refused(await http.request(method, elsewhere, headers=by(key), **body), 404, "not-found")
    refused(await http.post("/organizations", json={"name": "Mine"}, headers=by(key)), 403, "forbidden")
    read = await http.get(elsewhere, headers=by(others))
    assert (read.json()["name"], read.json()["revision"]) == ("New", 1)
    raised = await http.patch(path, json=limits, headers=by(PLATFORM_KEY))
    assert limits.items() <= raised.json().items()


async def test_an_admin_who_is_left_alone_may_delete_the_organization(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    http, other = clients
    member, key = await organization(http)
    path = f"/organizations/{member.org_id}"
    sent = {"email": "viewer@example.com", "role": "viewer"}
    viewer = (await http.post("/users", json=sent, headers=by(key))).json()
    made = {"name": "Viewer's", "userId": viewer["id"]}
    viewers = (await http.post("/api-keys", json=made, headers=by(key))).json()["key"]
    refused(await http.delete(path, headers=by(viewers)), 403, "permission-denied")
    refused(await http.delete(path, headers=by(PLATFORM_KEY)), 409, "in-use")
    problem = refused(await http.delete(path, headers=by(key)), 409, "in-use")
    assert problem["detail"].startswith("The organization has 2 users")
    assert (await http.delete(f"/users/{viewer['id']}", headers=by(key))).status_code == 204
    assert (await http.delete(path, headers=by(key))).status_code == 204
    for client in (http, other):
        refused(await client.get("/tools", headers=by(key)), 401, "invalid-key")
    refused(await http.get(path, headers=by(PLATFORM_KEY)), 404, "not-found")


async def test_details_are_for_admins_and_the_platform(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    http, _ = clients
    _, key = await organization(http)
    less = await http.post("/api-keys", json={"name": "Less", "scopes": ["read"]}, headers=by(key))
    for sent, status in (({}, 401), (by(less.json()["key"]), 403), (by(key), 200), (by(PLATFORM_KEY), 200)):
        assert (await http.get("/status/detailed", headers=sent)).status_code == status
    document = (await http.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    described = document["paths"]["/tools"]["get"]
    assert described["security"] == [{"apiKey": []}] and {"401", "403"} <= described["responses"].keys()
    assert described["description"] == "Takes the permission `read`."


async def test_a_gateway_speaks_for_the_platform_only_when_it_names_nobody(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """Whom it names is held to the own organization, by role."""
    gateway = {"X-Gateway-Secret": GATEWAY_SECRET}
    told = {**settings, "AUTH_MODE": "gateway", "GATEWAY_SECRET": GATEWAY_SECRET}
    with serving(tmp_path, told) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            sent = {"name": "Behind", "owner": {"email": "owner@example.com"}}
            refused(await http.post("/organizations", json=sent, headers=by(PLATFORM_KEY)), 401)
            mine, other = [
                Member(made["id"], made["owner"]["id"])
                for made in [
                    (await http.post("/organizations", json=sent, headers=gateway)).json() for _ in "ab"
                ]
            ]
            headers = {**gateway, **mine.headers}
            assert (await http.get(f"/organizations/{mine.org_id}", headers=headers)).status_code == 200
            refused(await http.get(f"/organizations/{other.org_id}", headers=headers), 404, "not-found")
            refused(await http.post("/organizations", json=sent, headers=headers), 403, "forbidden")
            half = {**gateway, "X-Org-ID": mine.org_id}
            refused(await http.get("/organizations", headers=half), 400, "malformed")
            made = await http.post(
                "/users", json={"email": "v@example.com", "role": "viewer"}, headers=headers
            )
            viewer = {**gateway, **Member(mine.org_id, made.json()["id"]).headers}
            changed = await http.put(f"/organizations/{mine.org_id}", json={"name": "x"}, headers=viewer)
            refused(changed, 403, "permission-denied")
            assert len((await http.get("/organizations", headers=gateway)).json()["data"]) >= 2
