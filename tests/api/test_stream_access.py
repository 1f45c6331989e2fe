"""An open stream is no way around what has ended: each look at the run asks anew who is looking."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.acting import transform, until, waiting
from tests.engine.lab import Lab

OK: dict[str, Any] = {"key": "ok", "approval": {}}


@pytest.mark.parametrize("end", ["the key is revoked", "the user is deleted", None])
async def test_who_may_look_no_more_is_told_no_more(lab: Lab, end: str | None) -> None:
    run = await waiting(lab, OK, transform("secret", "told to none"))
    watcher = (await lab.post("/users", {"email": "watcher@example.com", "role": "viewer"})).json()
    key = (await lab.post("/api-keys", {"name": "Watching", "userId": watcher["id"]})).json()
    gone = f"/api-keys/{key['id']}" if end == "the key is revoked" else f"/users/{watcher['id']}"
    headers = {"Authorization": f"Bearer {key['key']}"}
    told = b""
    async with lab.http.stream("GET", f"/executions/{run['id']}/events", headers=headers) as answer:
        assert answer.status_code == 200
        chunks = answer.aiter_bytes()
        while b'"waitingFor":"approval"' not in told:
            told += await anext(chunks)
        if end is not None:
            assert (await lab.http.delete(gone, headers=lab.member.headers)).status_code == 204
        assert (await lab.post(f"/executions/{run['id']}/steps/ok/approve")).status_code == 200
        await until(lab, run, "succeeded")
        try:
            async for chunk in chunks:
                told += chunk
        except httpx.RemoteProtocolError:
            pass  # it is cut off, not ended: what was told is not all
    assert (b"told to none" in told, b'"succeeded"' in told) == (end is None, end is None)
