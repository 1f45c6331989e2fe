"""Pages: every item exactly once, and cursors that lead on in their own list only."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import chain
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.factories import make_action, make_flow, make_log, make_tool, make_user, publish
from tests.api.problems import parameters
from tests.api.triggers import make_schedule, make_subscription
from tests.conftest import Member

LISTS = (
    "/organizations",
    "/users",
    "/tools",
    "/actions",
    "/flows",
    "/execution-logs",
    "/executions",
    "/schedules",
    "/subscriptions",
)


async def _page(http: httpx.AsyncClient, member: Member, path: str, **query: Any) -> dict[str, Any]:
    listed = await http.get(path, params=query, headers=member.headers)
    assert listed.status_code == 200, listed.text
    body: dict[str, Any] = listed.json()
    return body


async def _walk(http: httpx.AsyncClient, member: Member, path: str, **query: Any) -> list[list[str]]:
    """The ids on each page, to the end."""
    pages = []
    while True:
        page = await _page(http, member, path, **query)
        pages.append([each["id"] for each in page["data"]])
        assert page["page"]["hasMore"] is (page["page"]["nextCursor"] is not None)
        if not page["page"]["hasMore"]:
            return pages
        query["cursor"] = page["page"]["nextCursor"]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (200, [5])])
async def test_every_item_is_on_one_page(
    http: httpx.AsyncClient, alice: Member, limit: int, sizes: list[int]
) -> None:
    ids = [(await make_tool(http, alice))["id"] for _ in range(5)]
    pages = await _walk(http, alice, "/tools", limit=limit)
    assert [len(page) for page in pages] == sizes
    assert [*chain.from_iterable(pages)] == ids[::-1]


async def test_each_list_has_pages(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await publish(http, alice, await make_flow(http, alice))
    for _ in range(3):
        await make_user(http, alice)
        await make_action(http, alice)
        await make_log(http, alice)
        await make_schedule(http, alice, flow)
        await make_subscription(http, alice)
        started = await http.post(f"/flows/{flow['id']}/executions", json={}, headers=alice.headers)
        assert started.status_code == 202, started.text
    for path in LISTS[1:]:
        whole = [each["id"] for each in (await _page(http, alice, path))["data"]]
        assert len(whole) >= 3
        assert [*chain.from_iterable(await _walk(http, alice, path, limit=1))] == whole


async def test_an_empty_list_is_one_page(http: httpx.AsyncClient, alice: Member) -> None:
    page = await _page(http, alice, "/tools")
    assert page == {"data": [], "page": {"nextCursor": None, "hasMore": False, "limit": 50}}


async def test_what_is_added_meanwhile_moves_nothing(http: httpx.AsyncClient, alice: Member) -> None:
    ids = [(await make_tool(http, alice))["id"] for _ in range(4)]
    first = await _page(http, alice, "/tools", limit=2)
    await make_tool(http, alice)
    second = await _page(http, alice, "/tools", limit=2, cursor=first["page"]["nextCursor"])
    assert [each["id"] for each in first["data"] + second["data"]] == ids[::-1]


async def test_what_is_removed_meanwhile_moves_nothing(http: httpx.AsyncClient, alice: Member) -> None:
    ids = [(await make_tool(http, alice))["id"] for _ in range(4)]
    first = await _page(http, alice, "/tools", limit=2)
    # the very one the cursor stands behind
    await http.delete(f"/tools/{ids[2]}", headers=alice.headers)
    second = await _page(http, alice, "/tools", limit=2, cursor=first["page"]["nextCursor"])
    assert [each["id"] for each in second["data"]] == [ids[1], ids[0]]


async def test_a_page_may_be_of_another_size_than_the_one_before(
    http: httpx.AsyncClient, alice: Member, bob: Member
) -> None:
    ids = [(await make_tool(http, alice))["id"] for _ in range(4)]
    first = await _page(http, alice, "/tools", limit=1)
    # and it is the organization's, not the user's
    rest = await _page(http, bob, "/tools", limit=200, cursor=first["page"]["nextCursor"])
    assert [each["id"] for each in rest["data"]] == ids[-2::-1]


async def test_filters_hold_over_pages(http: httpx.AsyncClient, alice: Member) -> None:
    flow, other = await make_flow(http, alice), await make_flow(http, alice)
    logs = [(await make_log(http, alice, flow))["id"] for _ in range(3)]
    await make_log(http, alice, other)
    first = (await _page(http, alice, "/execution-logs"))["data"][-1]
    assert [
        *chain.from_iterable(await _walk(http, alice, "/execution-logs", limit=2, flowId=flow["id"]))
    ] == logs[::-1]
    query = {"createdAfter": first["createdAt"], "flowId": flow["id"], "status": "started"}
    assert [*chain.from_iterable(await _walk(http, alice, "/execution-logs", limit=1, **query))] == logs[
        :0:-1
    ]


async def _cursor(http: httpx.AsyncClient, member: Member, path: str = "/tools", **query: Any) -> str:
    cursor: str = (await _page(http, member, path, limit=1, **query))["page"]["nextCursor"]
    return cursor


async def test_a_cursor_leads_on_in_its_own_list_only(
    http: httpx.AsyncClient, alice: Member, charlie: Member
) -> None:
    flow, other = await make_flow(http, alice), await make_flow(http, alice)
    for member in (alice, charlie):
        for _ in range(2):
            await make_tool(http, member)
    for one in (flow, other):
        await publish(http, alice, one)
        await http.put(f"/flows/{one['id']}", json={"output": 1}, headers=alice.headers)
    cursor = await _cursor(http, alice)
    versions = f"/flows/{flow['id']}/versions"
    elsewhere: list[tuple[Member, str, dict[str, Any]]] = [
        (charlie, "/tools", {}),
        (alice, "/tools", {"name": "Slack"}),
        (alice, "/tools", {"authType": "none"}),
        *((alice, path, {}) for path in LISTS if path != "/tools"),
        (alice, versions, {}),
    ]
    for member, path, query in elsewhere:
        answered = await http.get(path, params={**query, "cursor": cursor}, headers=member.headers)
        assert parameters(answered) == ["cursor"], path
    filtered = await _cursor(http, alice, name="Slack")
    without = await http.get("/tools", params={"cursor": filtered}, headers=alice.headers)
    assert parameters(without) == ["cursor"]
    version_cursor = await _cursor(http, alice, versions)
    other_flow = f"/flows/{other['id']}/versions"
    answered = await http.get(other_flow, params={"cursor": version_cursor}, headers=alice.headers)
    assert parameters(answered) == ["cursor"]


async def test_a_cursor_that_was_tampered_with_is_refused(http: httpx.AsyncClient, alice: Member) -> None:
    for _ in range(2):
        await make_tool(http, alice)
    cursor = await _cursor(http, alice)
    raw = urlsafe_b64decode(cursor)
    other_id = bytes.fromhex(uuid4().hex)
    tampered = [
        urlsafe_b64encode(other_id + raw[16:]).decode(),
        *(urlsafe_b64encode(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]).decode() for at in range(32)),
        urlsafe_b64encode(raw[:16]).decode(),
        urlsafe_b64encode(raw + b"\0").decode(),
        cursor[:-1],
        cursor[4:],
        "=" + cursor,
        cursor[:8] + "!" + cursor[8:],
        cursor + "=",
        cursor + "\n",
    ]
    invented = ["x", "null", "0", str(uuid4()), "é", "🎉", "A" * 44, "A" * 5000, "%", "' OR 1=1 --"]
    for wrong in tampered + invented:
        answered = await http.get("/tools", params={"cursor": wrong}, headers=alice.headers)
        assert parameters(answered) == ["cursor"], wrong
    assert len((await _page(http, alice, "/tools", cursor=cursor))["data"]) == 1


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "x", "", "1.5", "1e3", "9" * 30, "null", "true", "%00", "٣"]
)
async def test_a_limit_out_of_bounds_is_refused(
    http: httpx.AsyncClient, alice: Member, path: str, limit: str
) -> None:
    assert parameters(await http.get(f"{path}?limit={limit}", headers=alice.headers)) == ["limit"]


@pytest.mark.parametrize("path", LISTS)
async def test_parameters_unknown_or_repeated_are_refused(
    http: httpx.AsyncClient, alice: Member, path: str
) -> None:
    async def wrong(query: str) -> list[str]:
        return parameters(await http.get(f"{path}?{query}", headers=alice.headers))

    assert await wrong("colour=red") == ["colour"]
    assert await wrong("Limit=1&offset=2") == ["Limit", "offset"]
    assert await wrong("limit=1&limit=1") == ["limit"]
    assert await wrong("limit=0&colour=red&cursor=") == ["limit", "colour", "cursor"]
    assert await wrong("colour") == ["colour"]
    assert await wrong("a=%00") == ["a"]
