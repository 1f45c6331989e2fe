"""Fifty runs in five worker processes need an access token at once: one call fetches it, or refreshes it."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.factories import make_action, make_credential, make_flow, make_tool, publish
from tests.conftest import Databases, Member, founded
from tests.engine.authorizing import wanted
from tests.engine.browser import browser
from tests.engine.oauth_server import CLIENT, SECRET, OAuthServer, oauth_in_thread
from tests.processes import serving, start_worker

RUNS, WORKERS = 50, 5


@pytest.mark.parametrize("grant", ["clientCredentials", "authorizationCode"])
async def test_fifty_refreshes_in_five_processes_are_one_call(
    module_database: Databases, tmp_path: Path, grant: str
) -> None:
    """First for a token that nobody has yet, or has but for the one that was allowed; then for one that was revoked
    under all of them. A refresh token counts once: a second call by the same would end all.
    """
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "APP_KEY": f"{'k' * 42}8=",
        "EGRESS_ALLOW": "127.0.0.1/32",
        "RUN_WORKER": "false",
        # so few that all of them are needed
        "WORKER_CONCURRENCY": str(RUNS // WORKERS),
    }
    with ExitStack() as stack:
        issuer = stack.enter_context(oauth_in_thread())
        served = stack.enter_context(serving(tmp_path, settings))
        workers = [start_worker(tmp_path, settings, f"worker-{number}") for number in range(WORKERS)]
        for worker in workers:
            stack.callback(worker.end)
        http = await _client(served.url)
        try:
            alice, flow = await _flow(http, issuer, grant)
            by_code = len(issuer.asked)
            for number in (1, 2):
                issuer.set(hold=True, revoke=True)
                ids = await asyncio.gather(*(_start(http, alice, flow) for _ in range(RUNS)))
                await _until_all_run(http, alice)
                issuer.set()
                runs = await asyncio.gather(*(_ended(http, alice, id_) for id_ in ids))
                assert {run["status"] for run in runs} == {"succeeded"}, runs[0]
                assert len(issuer.asked) == by_code + number
        finally:
            await http.aclose()
        logs = [worker.log() for worker in workers]
    assert sum(log.count('"token_fetched"') for log in logs) == 2
    if grant == "authorizationCode":
        assert len(issuer.refresh_tokens) == 3 and len(issuer.used_up) == 3, "the code, and two of the three"
    for log in (*logs, served.log()):
        assert SECRET not in log and not any(
            token in log for token in (*issuer.tokens, *issuer.refresh_tokens)
        )


async def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=60)


async def _flow(http: httpx.AsyncClient, issuer: OAuthServer, grant: str) -> tuple[Member, str]:
    alice = await founded(http, "alice@example.com")
    if grant == "authorizationCode":
        ours = await wanted(http, alice, issuer)
        tool = ours.tool
        async with browser() as opened:
            assert (await opened.through(await ours.link())).status_code == 200
    else:
        tool = await make_tool(http, alice, authType="oauth2", baseUrl=f"{issuer.url}/api")
        secret = {"tokenUrl": f"{issuer.url}/token", "clientId": CLIENT, "clientSecret": SECRET}
        await make_credential(http, alice, tool, oauth2=secret)
    action = await make_action(http, alice, tool, method="GET", endpoint="/things")
    flow = await make_flow(http, alice, steps=[{"key": "call", "action": action["key"]}])
    await publish(http, alice, flow)
    return alice, flow["id"]


async def _start(http: httpx.AsyncClient, alice: Member, flow: str) -> str:
    answer = await http.post(f"/flows/{flow}/executions", json={}, headers=alice.headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _until_all_run(http: httpx.AsyncClient, alice: Member) -> None:
    """Each of them is at its call, and needs the token."""
    async with asyncio.timeout(18):
        while True:
            started = await http.get(
                "/execution-logs", params={"status": "started", "limit": 200}, headers=alice.headers
            )
            if len(started.json()["data"]) == RUNS:
                return
            await asyncio.sleep(0.1)


async def _ended(http: httpx.AsyncClient, alice: Member, id_: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            run: dict[str, Any] = (await http.get(f"/executions/{id_}", headers=alice.headers)).json()
            if run["finishedAt"]:
                return run
            await asyncio.sleep(0.1)
