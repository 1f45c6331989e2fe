"""ETags: what has not changed is not sent again, and what has changed is not overwritten."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.factories import make_action, make_flow, make_log, make_tool, publish
from tests.api.problems import refused
from tests.conftest import Member

CHANGES: dict[str, dict[str, Any]] = {
    "/organizations": {"name": "Changed"},
    "/users": {"name": "Changed"},
    "/tools": {"name": "Changed"},
    "/actions": {"name": "Changed"},
    "/flows": {"name": "Changed"},
    "/execution-logs": {"status": "failed"},
}


@pytest.fixture(params=CHANGES)
async def one(request: pytest.FixtureRequest, http: httpx.AsyncClient, alice: Member) -> str:
    """The path of one of each kind."""
    noun: str = request.param
    match noun:
        case "/organizations":
            return f"{noun}/{alice.org_id}"
        case "/users":
            return f"{noun}/{alice.user_id}"
    makers = {"/tools": make_tool, "/actions": make_action, "/flows": make_flow, "/execution-logs": make_log}
    return f"{noun}/{(await makers[noun](http, alice))['id']}"


def _change(path: str) -> dict[str, Any]:
    return CHANGES[path.rpartition("/")[0]]


async def test_the_etag_grows_with_each_change(http: httpx.AsyncClient, alice: Member, one: str) -> None:
    before = await http.get(one, headers=alice.headers)
    assert before.headers["ETag"] == f'"{before.json()["revision"]}"'
    changed = await http.put(one, json=_change(one), headers=alice.headers)
    after = await http.get(one, headers=alice.headers)
    assert after.headers["ETag"] == changed.headers["ETag"] != before.headers["ETag"]
    same = await http.put(one, json=_change(one), headers=alice.headers)
    assert same.headers["ETag"] == after.headers["ETag"]


async def test_what_is_known_is_not_sent_again(http: httpx.AsyncClient, alice: Member, one: str) -> None:
    etag = (await http.get(one, headers=alice.headers)).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"0", {etag}', f'"x",{etag},"y"', "*"):
        answered = await http.get(one, headers={**alice.headers, "If-None-Match": known})
        assert (answered.status_code, answered.content) == (304, b""), known
        assert answered.headers["ETag"] == etag
    for other in ('"0"', etag.strip('"'), '"', "", ",", '""', f"x{etag}"):
        answered = await http.get(one, headers={**alice.headers, "If-None-Match": other})
        assert answered.status_code == 200, other
    await http.put(one, json=_change(one), headers=alice.headers)
    assert (await http.get(one, headers={**alice.headers, "If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_what_has_changed_is_not_overwritten(
    http: httpx.AsyncClient, alice: Member, one: str, method: str
) -> None:
    stale = (await http.get(one, headers=alice.headers)).headers["ETag"]
    current = await http.put(one, json=_change(one), headers=alice.headers)
    sent = None if method == "DELETE" else {"name": "Overwritten"}
    if sent and one.startswith("/execution-logs"):
        sent = {"status": "skipped"}
    for wrong in (stale, '"0"', f'{stale}, "0"', "nonsense", ""):
        answered = await http.request(method, one, json=sent, headers={**alice.headers, "If-Match": wrong})
        refused(answered, 412, "precondition-failed")
    assert (await http.get(one, headers=alice.headers)).json() == current.json()


async def test_what_is_as_it_was_seen_is_changed(http: httpx.AsyncClient, alice: Member, one: str) -> None:
    etag = (await http.get(one, headers=alice.headers)).headers["ETag"]
    match = {**alice.headers, "If-Match": f'"0", {etag}'}
    changed = await http.put(one, json=_change(one), headers=match)
    assert changed.status_code == 200
    again = await http.put(one, json={}, headers={**alice.headers, "If-Match": changed.headers["ETag"]})
    assert again.status_code == 200
    whatever = await http.put(one, json=_change(one), headers={**alice.headers, "If-Match": "*"})
    assert whatever.status_code == 200


async def test_a_list_of_tags_may_come_in_several_lines(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    lines = [*alice.headers.items(), ("If-Match", '"7"'), ("If-Match", '"1"')]
    changed = await http.put(f"/tools/{tool['id']}", json={"name": "Changed"}, headers=lines)
    assert changed.status_code == 200


async def test_it_is_removed_as_it_was_seen(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice)
    gone = await http.delete(f"/tools/{tool['id']}", headers={**alice.headers, "If-Match": '"1"'})
    assert gone.status_code == 204
    again = await http.delete(f"/tools/{tool['id']}", headers={**alice.headers, "If-Match": '"1"'})
    refused(again, 404, "not-found")


async def test_only_what_was_seen_is_published_or_restored(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    changed = await http.put(path, json={"output": 1}, headers=alice.headers)
    stale = {**alice.headers, "If-Match": '"1"'}
    refused(await http.post(f"{path}/publish", headers=stale), 412, "precondition-failed")
    assert (await http.get(path, headers=alice.headers)).json() == changed.json()
    current = {**alice.headers, "If-Match": changed.headers["ETag"]}
    published = await http.post(f"{path}/publish", headers=current)
    assert published.json()["status"] == "published"
    refused(await http.post(f"{path}/versions/1/restore", headers=current), 412, "precondition-failed")


async def test_each_change_of_a_flow_is_seen_in_its_etag(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}"
    seen = [flow["revision"], (await publish(http, alice, flow))["revision"]]
    for sent in ({"output": 1}, {"output": 2}, {"name": "x", "output": 3}, {"description": "y"}):
        seen.append((await http.put(path, json=sent, headers=alice.headers)).json()["revision"])
    seen.append((await http.post(f"{path}/versions/1/restore", headers=alice.headers)).json()["revision"])
    assert seen == sorted(set(seen))


async def test_a_version_has_an_etag_of_its_own(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    path = f"/flows/{flow['id']}/versions/1"
    draft = await http.get(path, headers=alice.headers)
    await publish(http, alice, flow)
    known = {**alice.headers, "If-None-Match": draft.headers["ETag"]}
    published = await http.get(path, headers=known)
    assert published.status_code == 200
    known = {**alice.headers, "If-None-Match": published.headers["ETag"]}
    assert (await http.get(path, headers=known)).status_code == 304
