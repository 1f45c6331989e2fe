"""Canary secrets of every kind, used by real processes, are nowhere but where they are sent.

Looked through: every line that API and workers log (at debug), every answer and its headers, the metrics, and all
columns of all tables; as text, base64, hexadecimal, percent-encoded and as JSON and HTML escape it.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from tests.api.factories import make_action, make_credential, make_flow, make_tool, publish
from tests.api.triggers import delivered, make_hook, make_subscription
from tests.conftest import Databases, Member, founded
from tests.engine.authorizing import wanted
from tests.engine.browser import browser, query
from tests.engine.echo_server import serving_in_thread
from tests.engine.escaping_server import STYLES, escaping_in_thread
from tests.engine.oauth_server import CLIENT, OAuthServer, oauth_in_thread
from tests.engine.oauth_server import SECRET as OAUTH_SECRET
from tests.processes import serving, start_worker

APP_KEY = base64.b64encode(b"canary-of-the-application-key-32").decode()
BEARER = "canary-bearer/7d1f+0b=9"
PASSWORD = 'canary "password" \\ 3c5e'
HEADER_KEY = "canary-header-key:2a8b~"
QUERY_KEY = "canary-query-key&91d4/+"
SIGNING = "canary-signing-secret-6f02"
WRONG = "canary-of-a-wrong-body-55aa"
USED = {
    "bearer": {"token": BEARER},
    "basic": {"username": "user", "password": PASSWORD},
    "header": {"key": HEADER_KEY},
    "query": {"key": QUERY_KEY},
}


def forms(secret: str) -> set[str]:
    raw = secret.encode()
    # wherever a text may stand in another that was encoded, three alignments of base64 are possible
    encoded = {base64.b64encode(b"x" * shift + raw).decode()[4 if shift else 0 : -4] for shift in range(3)}
    escaped = {json.dumps(secret)[1:-1], html.escape(secret)}
    return {secret, raw.hex(), quote(secret, safe=""), *escaped, *encoded}


class Seen:
    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    async def answer(self, response: httpx.Response) -> None:
        await response.aread()
        where = f"{response.request.method} {response.request.url.path} {response.status_code}"
        self.texts.append((where, f"{response.text}\n{response.headers}"))

    async def page(self, response: httpx.Response) -> None:
        """Of ours, without the way to the provider and the cookie, which are the browser's to know."""
        await response.aread()
        if "/oauth/" in response.request.url.path and response.status_code != 303:
            headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
            self.texts.append((f"page {response.status_code}", f"{response.text}\n{headers}"))

    def hold(self, secrets: Iterable[str]) -> list[str]:
        wanted = [form for secret in secrets for form in forms(secret)]
        return [f"{where}: {form}" for where, text in self.texts for form in wanted if form in text]


async def test_secrets_are_nowhere_but_where_they_are_sent(
    module_database: Databases, tmp_path: Path
) -> None:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "APP_KEY": APP_KEY,
        "EGRESS_ALLOW": "127.0.0.1/32",
        "RUN_WORKER": "false",
        "LOG_LEVEL": "debug",
    }
    seen = Seen()
    with ExitStack() as stack:
        echo = stack.enter_context(serving_in_thread())
        escaping = stack.enter_context(escaping_in_thread())
        issuer = stack.enter_context(oauth_in_thread())
        served = stack.enter_context(serving(tmp_path, settings))
        workers = [start_worker(tmp_path, settings, f"worker-{number}") for number in range(2)]
        for worker in workers:
            stack.callback(worker.end)
        hooks = {"response": [seen.answer]}
        async with httpx.AsyncClient(base_url=served.url, timeout=60, event_hooks=hooks) as http:
            alice = await founded(http, "alice@example.com")
            subscription = await make_subscription(
                http, alice, url=echo.url, events=["execution.succeeded", "execution.failed"]
            )
            seen.texts.clear()  # its secret is shown this once
            for kind in USED:
                await _use(http, alice, kind, echo.url)
                await _have_it_escaped(http, alice, kind, escaping)
            allowed = await _have_it_allowed(http, alice, issuer, seen)
            await _use_oauth(http, alice, issuer.url)
            token = issuer.tokens[-1]
            issuer.set(refusal="invalid_client", revoke=True)
            await _use_oauth(http, alice, issuer.url)
            await _send_to_hook(http, alice)
            await _make_mistakes(http, alice)
            await delivered(http, alice, f"/subscriptions/{subscription['id']}")
            await http.get("/metrics")
            for path in ("/tools", "/executions", "/execution-logs", "/subscriptions"):
                await http.get(path, params={"limit": 200}, headers=alice.headers)
        for process in (served, *workers):
            process.stop()
            seen.texts.append((process.log_file.name, process.log()))
    sent = json.dumps([list(echo.requests), issuer.asked, issuer.seen])
    pair = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    for used in (BEARER, pair, HEADER_KEY, QUERY_KEY, token):
        assert json.dumps(used)[1:-1] in sent, "it was sent to whom it is for"
    seen.texts += await _database(module_database)
    assert len(seen.texts) > 60 and any('"run' in text or "worker_works" in text for _, text in seen.texts)
    secrets = [*_secrets(), *allowed, token, pair, subscription["secret"]]
    assert seen.hold(secrets) == []


def _secrets() -> list[str]:
    return [BEARER, PASSWORD, HEADER_KEY, QUERY_KEY, SIGNING, WRONG, OAUTH_SECRET, APP_KEY]


async def _use(http: httpx.AsyncClient, alice: Member, kind: str, url: str) -> None:
    """In calls that succeed, fail, are redirected, time out and are cut off."""
    tool = await _proven_tool(http, alice, kind, url)
    steps = []
    for index, endpoint in enumerate(
        ("/echo", "/status/500", "/redirect", "/loop", "/close-at-once", "/garbage", "/bad-json", "/hang")
    ):
        action = await make_action(http, alice, tool, method="GET", endpoint=endpoint)
        step = {
            "key": f"s{index}",
            "action": action["key"],
            "retry": {"maxAttempts": 1},
            "onError": "continue",
        }
        inputs = {"inputs": {"to": "/echo"}} if endpoint == "/redirect" else {}
        steps.append({**step, **inputs, "timeoutSeconds": 1})
    steps.append({"key": "last", "action": steps[1]["action"], "retry": {"maxAttempts": 1}})
    output = {"first": "{{ steps.s0.output }}", "errors": "{{ steps.s4.error }}"}
    await _run(http, alice, steps, output)


async def _have_it_escaped(http: httpx.AsyncClient, alice: Member, kind: str, url: str) -> None:
    """By tools of several languages."""
    tool = await _proven_tool(http, alice, kind, url)
    steps = []
    for style in STYLES:
        action = await make_action(http, alice, tool, method="GET", endpoint=f"/{style}")
        steps.append({"key": style, "action": action["key"]})
    await _run(http, alice, steps, {style: f"{{{{ steps.{style}.output }}}}" for style in STYLES})


async def _proven_tool(http: httpx.AsyncClient, alice: Member, kind: str, url: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"authType": kind, "baseUrl": url}
    if kind in ("header", "query"):
        fields |= {"authType": "apiKey", "authConfig": {"location": kind, "name": "X-Key"}}
    tool = await make_tool(http, alice, **fields)
    await make_credential(http, alice, tool, **{fields["authType"]: USED[kind]})
    return tool


async def _use_oauth(http: httpx.AsyncClient, alice: Member, url: str) -> None:
    tool = await make_tool(http, alice, authType="oauth2", baseUrl=f"{url}/api")
    secret = {"tokenUrl": f"{url}/token", "clientId": CLIENT, "clientSecret": OAUTH_SECRET}
    await make_credential(http, alice, tool, oauth2=secret)
    action = await make_action(http, alice, tool, method="GET", endpoint="/things")
    await _run(http, alice, [{"key": "call", "action": action["key"]}], "{{ steps.call.output }}")


async def _have_it_allowed(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer, seen: Seen
) -> list[str]:
    """By two browsers, one of which the provider sends back without: all that is secret on the way."""
    ours = await wanted(http, alice, issuer)
    secrets: list[str] = []

    async def go(**settings: str) -> None:
        issuer.set(**settings)
        answer = await http.post(f"{ours.path}/authorize", headers=alice.headers)
        seen.texts.pop()  # which shows the link this once
        link = answer.json()["url"]
        async with browser() as opened:
            opened.client.event_hooks = {"response": [seen.page]}
            back = await opened.to_callback(link)
            await opened.open(back)
            said = query(back)
            cookies = opened.client.cookies.values()
            secrets.extend((link.rpartition("/")[2], said["state"], said.get("code", ""), *cookies))

    await go()
    action = await make_action(http, alice, ours.tool, method="GET", endpoint="/things")
    for revoke in (False, True):
        issuer.set(revoke=revoke)
        await _run(http, alice, [{"key": "call", "action": action["key"]}], "{{ steps.call.output }}")
    await go(error="access_denied")
    issuer.set()
    verifier = next(asked["form"]["code_verifier"] for asked in issuer.asked if "code" in asked["form"])
    assert len(issuer.refresh_tokens) == 2
    return [text for text in (*secrets, verifier, *issuer.refresh_tokens, *issuer.tokens) if text]


async def _run(http: httpx.AsyncClient, alice: Member, steps: list[dict[str, Any]], output: Any) -> None:
    flow = await make_flow(http, alice, steps=steps, output=output)
    await publish(http, alice, flow)
    run = await http.post(
        f"/flows/{flow['id']}/executions", json={}, params={"wait": 50}, headers=alice.headers
    )
    assert run.status_code == 200, run.text
    id_ = run.json()["id"]
    for path in (f"/executions/{id_}", f"/executions/{id_}/events"):
        await http.get(path, headers=alice.headers)
    await http.get("/execution-logs", params={"executionId": id_, "limit": 200}, headers=alice.headers)
    await http.post(f"/flows/{flow['id']}/dry-run", json={}, headers=alice.headers)
    await http.post(f"/flows/{flow['id']}/dry-run", json={"recordedFrom": id_}, headers=alice.headers)


async def _send_to_hook(http: httpx.AsyncClient, alice: Member) -> None:
    flow = await make_flow(http, alice)
    await publish(http, alice, flow)
    hook = await make_hook(http, alice, flow, verification="github", signingSecret=SIGNING)
    wrong = await http.post(hook["path"], json={}, headers={"X-Hub-Signature-256": "sha256=00"})
    assert wrong.status_code == 401
    await http.patch(
        f"/flows/{flow['id']}/hooks/{hook['id']}", json={"signingSecret": SIGNING}, headers=alice.headers
    )


async def _make_mistakes(http: httpx.AsyncClient, alice: Member) -> None:
    """What is refused is not repeated either."""
    tool = await make_tool(http, alice, authType="bearer")
    path = f"/tools/{tool['id']}/credentials"
    for body in (
        {"name": "A", "bearer": {"token": f"{WRONG} "}},
        {"name": "A", "bearer": {"token": WRONG, "more": WRONG}},
        {"name": "A", "bearer": WRONG},
        {"name": "A", "basic": {"username": "u", "password": WRONG}},
        {"name": "A", "bearer": {"token": f"{WRONG}\r\nX: y"}},
        {"name": "", "bearer": {"token": WRONG}},
        [WRONG],
    ):
        answer = await http.post(path, json=body, headers=alice.headers)
        assert answer.status_code == 422, answer.text
    cut = b'{"name": "A", "bearer": {"token": "' + WRONG.encode()
    headers = {**alice.headers, "Content-Type": "application/json"}
    assert (await http.post(path, content=cut, headers=headers)).status_code == 400
    headers = {**alice.headers, "Idempotency-Key": "one"}
    body = {"name": "A", "bearer": {"token": WRONG}}
    for _ in range(2):
        assert (await http.post(path, json=body, headers=headers)).status_code == 201


async def _database(databases: Databases) -> list[tuple[str, str]]:
    owner = await asyncpg.connect(**databases.direct.asyncpg_kwargs())
    try:
        tables = await owner.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace::regnamespace::text IN ('public', 'queue', 'tolstoy')"
        )
        return [
            (
                f"table {name}",
                "\n".join(row["row"] for row in await owner.fetch(f"SELECT t::text AS row FROM {name} t")),
            )
            for (name,) in tables
        ]
    finally:
        await owner.close()
