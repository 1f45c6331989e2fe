"""An organization with a tool that echoes, and flows to run in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from tests.engine.echo_server import EchoServer

if TYPE_CHECKING:
    from tests.conftest import Member


PATIENCE = 20  # seconds for an answer, beside those that it was asked to wait


@dataclass(frozen=True)
class Lab:
    http: httpx.AsyncClient
    member: Member
    echo: EchoServer
    tool_id: str

    async def post(self, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.member.headers, **kwargs)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params=params, headers=self.member.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def action(self, endpoint: str = "/echo", **fields: Any) -> str:
        """The key of a new action."""
        sent = {"toolId": self.tool_id, "name": f"a{uuid4().hex}", "method": "POST", "endpoint": endpoint}
        made = await self.post("/actions", {**sent, **fields})
        assert made.status_code == 201, made.text
        return str(made.json()["key"])

    async def flow(self, *steps: dict[str, Any], **document: Any) -> str:
        """The id of a new published flow."""
        made = await self.post("/flows", {"name": "Flow", "steps": list(steps), **document})
        assert made.status_code == 201, made.text
        published = await self.post(f"/flows/{made.json()['id']}/publish")
        assert published.status_code == 200, published.text
        return str(made.json()["id"])

    async def start(self, flow_id: str, wait: float | None = None, **inputs: Any) -> dict[str, Any]:
        params = {} if wait is None else {"wait": wait}
        answer = await self.post(
            f"/flows/{flow_id}/executions", {"inputs": inputs}, params=params, timeout=PATIENCE + (wait or 0)
        )
        assert answer.status_code in (200, 202), answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def run(self, *steps: dict[str, Any], inputs: dict[str, Any] | None = None, **document: Any) -> Any:
        """A flow of these steps, run to its end."""
        execution = await self.start(await self.flow(*steps, **document), 30, **(inputs or {}))
        assert execution["finishedAt"], execution
        return execution

    async def logs(self, execution: dict[str, Any]) -> list[dict[str, Any]]:
        """Oldest first."""
        page = await self.get("/execution-logs", executionId=execution["id"], limit=200)
        return list(reversed(page["data"]))

    async def statuses(self, execution: dict[str, Any]) -> dict[str, str]:
        """How each step stands, by its path."""
        return {
            row["stepKey"]: row["status"] for row in await self.logs(execution) if row["kind"] != "resume"
        }

    def keys(self, path: str) -> Counter[str]:
        """How often each Idempotency-Key came to that path of the tool."""
        return Counter(
            seen["headers"].get("idempotency-key", "")
            for seen in list(self.echo.requests)
            if seen["path"] == path
        )
