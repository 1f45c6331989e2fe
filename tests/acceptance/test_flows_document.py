"""docs/flows.md, command by command: a tool, two actions, a flow; run, watched, approved, failed, mended, resumed."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.acceptance import documents
from tests.api.factories import make_flow, publish
from tests.conftest import Member
from tests.engine.browser import browser
from tests.engine.echo_server import serving_in_thread
from tests.engine.oauth_server import oauth_in_thread


def test_the_walk_through_works_as_it_is_written(server: str, tmp_path: Path) -> None:
    with serving_in_thread() as tool:
        said = documents.run(
            documents.ROOT / "docs" / "flows.md", tmp_path, {"TOLSTOY": server, "TOOL": tool.url}
        )
        refunds = [seen for seen in tool.requests if seen["method"] == "POST"]
    assert "event: execution\n" in said and '"failed"' in said and '"succeeded"' in said
    assert [seen["path"] for seen in refunds] == ["/status/503", "/status/503", "/anything/refunds"]
    assert len({seen["headers"]["idempotency-key"] for seen in refunds}) == 1
    sent = json.loads(refunds[-1]["body"])
    assert sent["order"] == "A-17" and len(sent["approvedBy"]) == 36
    orders = [seen["path"] for seen in tool.requests if seen["method"] == "GET"]
    assert orders == ["/anything/orders/A-17"], "the dry run called nothing, the resume nothing again"


async def test_a_credential_is_stored_and_one_authorized_as_it_is_written(
    server: str, alice: Member, tmp_path: Path
) -> None:
    with oauth_in_thread() as provider:
        known = {"TOLSTOY": server, "ORG": alice.org_id, "ME": alice.user_id, "PROVIDER": provider.url}
        said = documents.run(documents.ROOT / "docs" / "credentials.md", tmp_path, known)
        stored, end = json.JSONDecoder().raw_decode(said)
        begun = json.loads(said[end:])
        assert (stored["type"], stored["default"], stored["hint"]) == ("bearer", True, "***-bot")
        assert stored["origin"] == "https://api.slack.com" and "the-token" not in said
        async with browser() as opened:
            assert (await opened.through(begun["url"])).status_code == 200
        (asked,) = provider.authorized
        assert (asked["scope"], asked["prompt"], asked["redirect_uri"]) == (
            "entries.read",
            "consent",
            begun["redirectUri"],
        )


async def test_a_hook_is_made_as_it_is_written(
    http: httpx.AsyncClient, server: str, alice: Member, tmp_path: Path
) -> None:
    flow = await publish(http, alice, await make_flow(http, alice))
    known = {"TOLSTOY": server, "FLOW": flow["id"], "ORG": alice.org_id, "ME": alice.user_id}
    said = documents.run(documents.ROOT / "docs" / "triggers.md", tmp_path, known)
    assert json.loads(said)["path"].startswith("/hooks/")
