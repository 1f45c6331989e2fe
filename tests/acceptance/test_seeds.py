"""What the original's README shows, word for word with curl; and what our own README shows."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from tests.acceptance import documents
from tests.api.acting import happened
from tests.conftest import Member
from tests.engine.echo_server import serving_in_thread

CREATE_AN_ORGANIZATION = r"""
curl -X POST http://localhost:3000/organizations \
  -H "Content-Type: application/json" \
  -d '{"name":"My Organization"}'
"""
CREATE_A_USER = r"""
curl -X POST http://localhost:3000/users \
  -H "Content-Type: application/json" \
  -H "X-Org-ID: your-org-id" \
  -H "X-User-ID: your-user-id" \
  -d '{"email":"user@example.com"}'
"""
CREATE_A_TOOL = r"""
curl -X POST http://localhost:3000/tools \
  -H "Content-Type: application/json" \
  -H "X-Org-ID: your-org-id" \
  -H "X-User-ID: your-user-id" \
  -d '{"name":"Slack API","baseUrl":"https://api.slack.com","authType":"bearer"}'
"""
ENDPOINTS = """
GET    /organizations       # List all organizations
POST   /organizations       # Create organization
GET    /organizations/:id   # Get organization by ID
PUT    /organizations/:id   # Update organization
DELETE /organizations/:id   # Delete organization

GET    /users              # List users in organization
POST   /users              # Create user in organization
GET    /users/:id          # Get user by ID
PUT    /users/:id          # Update user
DELETE /users/:id          # Delete user

GET    /tools              # List tools in organization
POST   /tools              # Create tool in organization
GET    /tools/:id          # Get tool by ID
PUT    /tools/:id          # Update tool
DELETE /tools/:id          # Delete tool

GET    /actions            # List actions in organization
POST   /actions            # Create action
GET    /actions/:id        # Get action by ID
PUT    /actions/:id        # Update action
DELETE /actions/:id        # Delete action

GET    /flows              # List flows in organization
POST   /flows              # Create flow
GET    /flows/:id          # Get flow by ID
PUT    /flows/:id          # Update flow
DELETE /flows/:id          # Delete flow

GET    /execution-logs     # List execution logs in organization
POST   /execution-logs     # Create execution log
GET    /execution-logs/:id # Get execution log by ID
PUT    /execution-logs/:id # Update execution log
DELETE /execution-logs/:id # Delete execution log
"""


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


def curl(example: str, server: str, org_id: str = "", user_id: str = "") -> Answer:
    """Run the example as it stands, but for the port and the ids."""
    port = server.rpartition(":")[2]
    command = (
        example.strip()
        .replace("localhost:3000", f"localhost:{port}")
        .replace("your-org-id", org_id)
        .replace("your-user-id", user_id)
    )
    asked = subprocess.run(
        ["bash", "-c", command + r" -sS -w '\n%{http_code}'"], capture_output=True, text=True, check=True
    )
    body, _, status = asked.stdout.rpartition("\n")
    return Answer(int(status), json.loads(body))


def test_the_three_curl_examples(server: str) -> None:
    """In the order of the original: the first user is created in the name of any user id."""
    organization = curl(CREATE_AN_ORGANIZATION, server)
    assert organization.status == 201
    assert organization.body["name"] == "My Organization"
    org_id = organization.body["id"]
    assert UUID(org_id).version == 7

    user = curl(CREATE_A_USER, server, org_id, str(uuid4()))
    assert user.status == 201
    assert user.body["email"] == "user@example.com"
    assert user.body["orgId"] == org_id

    tool = curl(CREATE_A_TOOL, server, org_id, user.body["id"])
    assert tool.status == 201
    sent = {"name": "Slack API", "baseUrl": "https://api.slack.com", "authType": "bearer"}
    assert sent.items() <= tool.body.items()
    assert tool.body["orgId"] == org_id
    for made in (organization, user, tool):
        assert made.body["createdAt"] == made.body["updatedAt"]


def test_the_examples_with_their_placeholders_left_in_are_refused_with_an_explanation(server: str) -> None:
    refused = curl(CREATE_A_TOOL, server, "your-org-id", "your-user-id")
    assert refused.status == 400
    assert "X-Org-ID" in refused.body["detail"]


async def bodies(http: httpx.AsyncClient, alice: Member) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What each noun is created from, and what a change of it sends."""

    async def made(path: str, body: dict[str, Any]) -> str:
        answer = await http.post(path, json=body, headers=alice.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    tool_id = await made("/tools", {"name": "Shop", "baseUrl": "https://shop.example.com"})
    flow: dict[str, Any] = {"name": "Refund", "steps": [{"key": "cool", "wait": {"seconds": 60}}]}
    flow_id = await made("/flows", flow)
    action = {"toolId": tool_id, "name": "Get order", "method": "GET", "endpoint": "/orders/{id}"}
    log = {"flowId": flow_id, "stepId": "cool", "inputs": {"id": 1}, "status": "started"}
    return {
        "organizations": ({"name": "One"}, {"name": "Two"}),
        "users": ({"email": "new@example.com"}, {"name": "New"}),
        "tools": ({"name": "Slack API", "baseUrl": "https://api.slack.com"}, {"authType": "bearer"}),
        "actions": ({**action, "schema": {"type": "object"}}, {"name": "Read order"}),
        "flows": (flow, {"description": "After 30 days"}),
        "execution-logs": (log, {"status": "completed", "outputs": {"ok": True}}),
    }


@pytest.mark.parametrize(
    "listed", ENDPOINTS.strip().split("\n\n"), ids=lambda text: text.split("/")[1].split()[0]
)
async def test_every_endpoint_of_the_original_answers(
    http: httpx.AsyncClient, alice: Member, listed: str
) -> None:
    """A noun's lines one after another, each on what the lines before it left."""
    noun = listed.split("/")[1].split()[0]
    tenant = {} if noun == "organizations" else alice.headers
    create, change = (await bodies(http, alice))[noun]
    made: dict[str, Any] = {}
    for line in listed.splitlines():
        method, path = line.split()[:2]
        body = {"POST": create, "PUT": change}.get(method)
        address = path.replace(":id", made.get("id", ""))
        if tenant:
            nameless = await http.request(method, address, json=body)
            assert nameless.status_code == 400, line
            assert {"X-Org-ID", "X-User-ID"} <= set(re.findall(r"[\w-]+", nameless.json()["detail"]))
        answer = await http.request(method, address, json=body, headers=tenant)
        assert answer.status_code == {"POST": 201, "DELETE": 204}.get(method, 200), f"{line}: {answer.text}"
        match method, path:
            case "GET", _ if ":id" not in path:
                assert isinstance(answer.json()["data"], list)
            case "POST", _:
                made = answer.json()
                assert answer.headers["Location"] == f"{path}/{made['id']}"
                listing = await http.get(path, headers=tenant)
                assert made["id"] in [row["id"] for row in listing.json()["data"]]
            case "GET", _:
                assert answer.json() == made
            case "PUT", _:
                assert change.items() <= answer.json().items()
                assert answer.json()["updatedAt"] > made["updatedAt"]
            case "DELETE", _:
                assert answer.content == b""
    assert (await http.get(address, headers=tenant)).status_code == 404


@pytest.mark.parametrize("path", ["/health", "/status", "/status/detailed"])
async def test_the_health_checks_of_the_original_answer(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_the_requests_of_the_readme_work_as_they_are_written(server: str, tmp_path: Path) -> None:
    """To the call of the tool, which is one of ours in place of Slack."""
    with serving_in_thread() as slack:
        known = {"TOLSTOY": server, "SLACK": slack.url}
        documents.run(documents.ROOT / "README.md", tmp_path, known)
        await happened(lambda: slack.requests)
    (asked,) = slack.requests
    assert (asked["method"], asked["path"]) == ("POST", "/chat.postMessage")
    assert json.loads(asked["body"]) == {"text": "Hello world"}
