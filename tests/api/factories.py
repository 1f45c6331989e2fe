"""Things of an organization, made over the API as a client would; every field can be said."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.conftest import Member

DOCUMENT: dict[str, Any] = {"steps": [{"key": "greet", "transform": {"text": "hello"}}]}


async def make(http: httpx.AsyncClient, path: str, member: Member, sent: dict[str, Any]) -> dict[str, Any]:
    made = await http.post(path, json=sent, headers=member.headers)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def make_user(http: httpx.AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    return await make(http, "/users", member, {"email": f"{uuid4().hex}@example.com", **fields})


async def make_tool(http: httpx.AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    return await make(http, "/tools", member, {"name": "Slack", "baseUrl": "https://slack.com/api", **fields})


async def make_credential(
    http: httpx.AsyncClient, member: Member, tool: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """A bearer's unless the fields say otherwise; the tool has to be of that authType."""
    sent = {"name": f"Credential {uuid4().hex}", **(fields or {"bearer": {"token": "a-bearers-token"}})}
    return await make(http, f"/tools/{tool['id']}/credentials", member, sent)


async def make_action(
    http: httpx.AsyncClient, member: Member, tool: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    tool = tool or await make_tool(http, member)
    sent = {"toolId": tool["id"], "name": f"Action {uuid4().hex}", "method": "POST", "endpoint": "/post"}
    return await make(http, "/actions", member, {**sent, **fields})


async def make_flow(http: httpx.AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    return await make(http, "/flows", member, {"name": "Greet", **DOCUMENT, **fields})


async def make_log(
    http: httpx.AsyncClient, member: Member, flow: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    flow = flow or await make_flow(http, member)
    sent = {"flowId": flow["id"], "stepKey": "greet", "inputs": {"name": "world"}, "status": "started"}
    return await make(http, "/execution-logs", member, {**sent, **fields})


async def publish(http: httpx.AsyncClient, member: Member, flow: dict[str, Any]) -> dict[str, Any]:
    published = await http.post(f"/flows/{flow['id']}/publish", headers=member.headers)
    assert published.status_code == 200, published.text
    body: dict[str, Any] = published.json()
    return body
