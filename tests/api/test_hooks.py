"""Hooks: kept like other things, and opened by a token that is shown once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.factories import make_flow, publish
from tests.api.problems import pointers, refused
from tests.api.triggers import deliveries_of, make_hook
from tests.conftest import Member


@pytest.fixture
async def flow(http: httpx.AsyncClient, alice: Member) -> dict[str, Any]:
    return await publish(http, alice, await make_flow(http, alice))


def _path(flow: dict[str, Any], hook: dict[str, Any]) -> str:
    return f"/flows/{flow['id']}/hooks/{hook['id']}"


async def test_it_works(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    hook = await make_hook(http, alice, flow)
    path = hook.pop("path")
    assert path.startswith("/hooks/") and len(path) > 80
    read = await http.get(_path(flow, hook), headers=alice.headers)
    assert read.json() == hook, "what is secret is shown once"
    assert (
        hook | {"userId": alice.user_id, "verification": "none", "dedupe": "preset", "answer": "at-once"}
        == hook
    )

    sent = await http.post(f"{path}?from=here&to=a&to=b", json={"who": "world"}, headers={"X-Mark": "7"})
    assert sent.status_code == 202 and sent.json()["status"] == "queued", sent.text
    assert sent.headers["Location"] == f"/executions/{sent.json()['executionId']}"
    run = (await http.get(sent.headers["Location"], headers=alice.headers)).json()
    assert (run["trigger"], run["triggerId"], run["userId"]) == ("webhook", hook["id"], alice.user_id)
    assert run["inputs"]["body"] == {"who": "world"}
    assert run["inputs"]["query"] == {"from": "here", "to": ["a", "b"]}
    assert run["inputs"]["headers"]["x-mark"] == "7"


async def test_the_body_itself_may_be_the_inputs(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow, inputs="body")
    sent = await http.post(hook["path"], json={"who": "world"})
    run = await http.get(sent.headers["Location"], headers=alice.headers)
    assert run.json()["inputs"] == {"who": "world"}
    assert pointers(await http.post(hook["path"], json=[1])) == [""]


@pytest.mark.parametrize("token", ["x", "A" * 75, "é", "%00", "%2e%2e", "x" * 5000])
async def test_a_token_that_opens_nothing_is_not_found(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], token: str
) -> None:
    problem = refused(await http.post(f"/hooks/{token}", json={}), 404, "not-found")
    assert problem["detail"] == "There is no hook at this address."


async def test_nearly_the_right_token_opens_nothing_either(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow)
    path = hook["path"]
    for wrong in (
        path[:-2] + ("B" if path[-2] == "A" else "A") + path[-1],
        path + "=",
        path + "A",
        path[:-1],
        path.swapcase().replace("/HOOKS", "/hooks"),
    ):
        problem = refused(await http.post(wrong, json={}), 404, "not-found")
        assert problem["detail"] == "There is no hook at this address."
    refused(await http.get(path), 405)
    assert await deliveries_of(http, alice, _path(flow, hook)) == []


async def test_a_rotated_token_ends_at_once(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow)
    rotated = await http.post(f"{_path(flow, hook)}/rotate", headers=alice.headers)
    assert rotated.status_code == 200 and rotated.json()["path"] != hook["path"]
    refused(await http.post(hook["path"], json={}), 404, "not-found")
    assert (await http.post(rotated.json()["path"], json={})).status_code == 202
    stale = {**alice.headers, "If-Match": '"1"'}
    refused(await http.post(f"{_path(flow, hook)}/rotate", headers=stale), 412)


async def test_a_disabled_hook_says_so_and_neither_starts_nor_keeps_anything(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow, enabled=False)
    refused(await http.post(hook["path"], json={}), 409, "hook-disabled")
    assert await deliveries_of(http, alice, _path(flow, hook)) == []
    await http.patch(_path(flow, hook), json={"enabled": True}, headers=alice.headers)
    assert (await http.post(hook["path"], json={})).status_code == 202


async def test_a_flow_that_is_not_published_starts_nothing_and_the_inbox_has_it(
    http: httpx.AsyncClient, alice: Member
) -> None:
    flow = await make_flow(http, alice)
    hook = await make_hook(http, alice, flow)
    refused(await http.post(hook["path"], json={}), 409, "not-published")
    (delivery,) = await deliveries_of(http, alice, _path(flow, hook))
    assert (delivery["outcome"], delivery["problem"]["code"]) == ("refused", "not-published")


async def test_inputs_that_break_the_flows_schema_are_refused_where_they_are_and_kept(
    http: httpx.AsyncClient, alice: Member
) -> None:
    body = {"type": "object", "required": ["who"], "properties": {"who": {"type": "string"}}}
    schema = {"type": "object", "properties": {"body": body}}
    flow = await publish(http, alice, await make_flow(http, alice, inputSchema=schema))
    hook = await make_hook(http, alice, flow)
    assert pointers(await http.post(hook["path"], json={"who": 7})) == ["/who"]
    (delivery,) = await deliveries_of(http, alice, _path(flow, hook))
    assert (delivery["outcome"], delivery["executionId"], delivery["problem"]["status"]) == (
        "refused",
        None,
        422,
    )
    assert delivery["problem"]["errors"][0]["pointer"] == "/who"
    one = await http.get(f"{_path(flow, hook)}/deliveries/{delivery['id']}", headers=alice.headers)
    assert one.json()["body"] == '{"who":7}'
    assert "body" not in delivery and delivery["bytes"] == 9


async def test_a_body_that_cannot_be_read_is_refused_and_kept(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow)
    for content, media, status in (
        (b"{", "application/json", 400),
        (b'{"a": 1e999}', "application/json", 422),
        (b"\xff\x00", "application/octet-stream", 415),
        (b"{}", "application/json", 415),
    ):
        headers = {"Content-Type": media} | ({"Content-Encoding": "gzip"} if content == b"{}" else {})
        refused(await http.post(hook["path"], content=content, headers=headers), status)
    kept = await deliveries_of(http, alice, _path(flow, hook))
    assert [one["problem"]["status"] for one in kept] == [415, 415, 422, 400]
    refused(await http.post(f"{hook['path']}?a=%ff", json={}), 400, "malformed")
    refused(await http.post(f"{hook['path']}?a=%00", json={}), 400, "malformed")
    refused(await http.post(hook["path"], content=b"x" * 1_100_000), 413)


async def test_the_inbox_keeps_what_was_sent_but_no_secrets(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(http, alice, flow)
    secret = {"Authorization": "Bearer xyz", "Cookie": "a=xyz", "X-Hub-Signature-256": "sha256=xyz"}
    await http.post(f"{hook['path']}?b=1", content="größer", headers={**secret, "Content-Type": "text/plain"})
    (delivery,) = await deliveries_of(http, alice, _path(flow, hook))
    assert "xyz" not in str(delivery) and delivery["query"] == {"b": "1"}
    assert UUID(delivery["executionId"])
    one = await http.get(f"{_path(flow, hook)}/deliveries/{delivery['id']}", headers=alice.headers)
    assert one.json()["body"] == "größer"
    page = await http.get(f"{_path(flow, hook)}/deliveries?outcome=refused", headers=alice.headers)
    assert page.json()["data"] == []


async def test_when_done_answers_with_the_output(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice, output={"said": "{{ steps.greet.output.text }}"})
    await publish(http, alice, flow)
    hook = await make_hook(http, alice, flow, answer="when-done")
    done = await http.post(hook["path"], json={})
    assert (done.status_code, done.json()) == (200, {"said": "hello"})
    run = await http.get(done.headers["Location"], headers=alice.headers)
    assert run.json()["status"] == "succeeded"


async def test_when_done_tells_of_a_failure_and_gives_up_in_time(
    http: httpx.AsyncClient, alice: Member
) -> None:
    failing = [{"key": "a", "transform": "{{ inputs.body.nothing }}"}]
    waiting = [{"key": "a", "wait": {"seconds": 3600}}]
    for steps, status in ((failing, 502), (waiting, 202)):
        flow = await publish(http, alice, await make_flow(http, alice, steps=steps))
        hook = await make_hook(http, alice, flow, answer="when-done", timeoutSeconds=1)
        answered = await http.post(hook["path"], json={})
        assert answered.status_code == status, answered.text
        assert answered.headers["Location"].startswith("/executions/")
        if status == 502:
            refused(answered, 502, "run-failed")
        else:
            assert answered.json()["status"] == "waiting"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"verification": "github"}, "/signingSecret"),
        ({"signingSecret": "x"}, "/signingSecret"),
        ({"verification": "standard", "signingSecret": "x"}, "/signingSecret"),
        ({"dedupe": "header"}, "/dedupeHeader"),
        ({"dedupeHeader": "X-Id"}, "/dedupeHeader"),
        ({"dedupe": "header", "dedupeHeader": "a b"}, "/dedupeHeader"),
        ({"timeoutSeconds": 51}, "/timeoutSeconds"),
        ({"answer": "later"}, "/answer"),
    ],
)
async def test_what_does_not_go_together_is_told(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], fields: dict[str, Any], at: str
) -> None:
    sent = {"name": "Hook", **fields}
    made = await http.post(f"/flows/{flow['id']}/hooks", json=sent, headers=alice.headers)
    assert pointers(made) == [at]


async def test_changes_keep_together_what_belongs_together(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]
) -> None:
    hook = await make_hook(
        http, alice, flow, verification="github", signingSecret="s", dedupe="header", dedupeHeader="X-Id"
    )
    path = _path(flow, hook)
    assert hook["dedupeHeader"] == "x-id"
    cleared = await http.patch(path, json={"verification": "none", "dedupe": "none"}, headers=alice.headers)
    assert (cleared.json()["verification"], cleared.json()["dedupeHeader"]) == ("none", None)
    again = await http.patch(path, json={"verification": "slack"}, headers=alice.headers)
    assert pointers(again) == ["/signingSecret"], "the secret went with the verification"


async def test_lists_and_removals(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    made = [await make_hook(http, alice, flow, enabled=number > 0) for number in range(3)]
    listed = await http.get(f"/flows/{flow['id']}/hooks?limit=2", headers=alice.headers)
    assert [one["id"] for one in listed.json()["data"]] == [made[2]["id"], made[1]["id"]]
    disabled = await http.get(f"/flows/{flow['id']}/hooks?enabled=false", headers=alice.headers)
    assert [one["id"] for one in disabled.json()["data"]] == [made[0]["id"]]

    refused(await http.delete(f"/flows/{flow['id']}", headers=alice.headers), 409, "in-use")
    await http.post(made[2]["path"], json={})
    for hook in made:
        assert (await http.delete(_path(flow, hook), headers=alice.headers)).status_code == 204
    refused(await http.post(made[2]["path"], json={}), 404)
    refused(await http.get(_path(flow, made[0]), headers=alice.headers), 404)


async def test_a_hook_is_its_flows(http: httpx.AsyncClient, alice: Member, flow: dict[str, Any]) -> None:
    other, hook = await make_flow(http, alice), await make_hook(http, alice, flow)
    for method, tail in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("GET", "/deliveries"),
    ):
        body = {"json": {"name": "Hook"}} if method == "PATCH" else {}
        answer = await http.request(method, _path(other, hook) + tail, headers=alice.headers, **body)
        refused(answer, 404, "not-found")


@pytest.mark.parametrize(
    "name",
    ["Authorization", "cookie", "X-Gateway-Secret", "X-User-ID", "Stripe-Signature", "webhook-signature"],
)
async def test_a_header_that_proves_who_sends_names_no_delivery(
    http: httpx.AsyncClient, alice: Member, flow: dict[str, Any], name: str
) -> None:
    sent = {"name": "Hook", "dedupe": "header", "dedupeHeader": name}
    path = f"/flows/{flow['id']}/hooks"
    assert pointers(await http.post(path, json=sent, headers=alice.headers)) == ["/dedupeHeader"]
    hook = await make_hook(http, alice, flow, dedupe="header", dedupeHeader="X-Delivery")
    changed = await http.patch(_path(flow, hook), json={"dedupeHeader": name}, headers=alice.headers)
    assert pointers(changed) == ["/dedupeHeader"]
