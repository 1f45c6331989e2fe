"""An organization that has users keeps an admin: by the API alone there would never be one again."""

from __future__ import annotations

import httpx

from tests.api.at_once import at_once, statuses
from tests.api.factories import make_user
from tests.api.problems import refused
from tests.conftest import Member


async def admins(http: httpx.AsyncClient, member: Member) -> list[str]:
    listed = await http.get("/users", params={"role": "admin"}, headers=member.headers)
    return [user["id"] for user in listed.json()["data"]]


async def test_the_last_admin_stays_one(http: httpx.AsyncClient, alice: Member, bob: Member) -> None:
    path = f"/users/{alice.user_id}"
    for method in ("PUT", "PATCH"):
        sent = {"name": "A viewer", "role": "viewer"}
        demoted = await http.request(method, path, json=sent, headers=alice.headers)
        refused(demoted, 409, "last-admin")
    refused(await http.delete(path, headers=alice.headers), 409, "last-admin")
    stale = {**alice.headers, "If-Match": '"9"'}
    refused(await http.patch(path, json={"role": "viewer"}, headers=stale), 412)
    refused(await http.delete(path, headers=stale), 412)
    read = (await http.get(path, headers=alice.headers)).json()
    assert (read["role"], read["name"], read["revision"]) == ("admin", None, 1)
    for sent in ({"role": "admin", "name": "Alice"}, {"email": "ada@example.com"}):
        assert (await http.patch(path, json=sent, headers=alice.headers)).status_code == 200


async def test_where_there_is_another_an_admin_may_go(http: httpx.AsyncClient, alice: Member) -> None:
    other = await make_user(http, alice, role="admin")
    second = Member(alice.org_id, other["id"])
    path = f"/users/{alice.user_id}"
    assert (await http.patch(path, json={"role": "viewer"}, headers=alice.headers)).status_code == 200
    refused(await http.delete(f"/users/{other['id']}", headers=second.headers), 409, "last-admin")
    assert (await http.delete(path, headers=second.headers)).status_code == 204


async def test_who_is_alone_may_go(http: httpx.AsyncClient, alice: Member) -> None:
    """Whom would it leave without an admin? Who runs the installation removes what is left."""
    path = f"/users/{alice.user_id}"
    refused(await http.patch(path, json={"role": "viewer"}, headers=alice.headers), 409, "last-admin")
    assert (await http.delete(path, headers=alice.headers)).status_code == 204
    assert (await http.delete(f"/organizations/{alice.org_id}")).status_code == 204


async def test_of_admins_who_go_at_once_one_stays(http: httpx.AsyncClient, alice: Member) -> None:
    for _ in range(10):
        there = await admins(http, alice)
        made = [await make_user(http, alice, role="admin") for _ in range(4 - len(there))]
        members = [Member(alice.org_id, id_) for id_ in [*there, *(user["id"] for user in made)]]
        going = [
            http.patch(f"/users/{one.user_id}", json={"role": "editor"}, headers=one.headers)
            if number % 2
            else http.delete(f"/users/{one.user_id}", headers=one.headers)
            for number, one in enumerate(members)
        ]
        answers = await at_once(*going, expected={200, 204, 409})
        assert [answer.json()["code"] for answer in answers if answer.status_code == 409] == ["last-admin"]
        assert statuses(answers)[409] == 1
        (alice,) = [one for one, answer in zip(members, answers, strict=True) if answer.status_code == 409]
        assert await admins(http, alice) == [alice.user_id]
