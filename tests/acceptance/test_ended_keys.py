"""Keys that have ended use up nothing of their organization's requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.problems import refused
from tests.conftest import Databases, Member, founded
from tests.processes import Served, serving
from tests.tenancy.connections import connected

LIMIT = 60
ENDS = {
    "revoked": "UPDATE api_keys SET revoked_at = now() WHERE id = $1",
    "expired": "UPDATE api_keys SET expires_at = now() WHERE id = $1",
    "gone": "DELETE FROM api_keys WHERE id = $1",
}
# A full bucket whose time stands still: what is counted does not depend on how fast this machine is.
FULL = (
    "INSERT INTO request_allowances (id, org_id, tokens, filled_at)"
    " VALUES ($1, $1, $2, now() + interval '1000 years')"
    " ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, filled_at = excluded.filled_at"
)


@pytest.fixture
async def limited(module_database: Databases, tmp_path: Path) -> AsyncIterator[Served]:
    settings = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "RUN_WORKER": "false",
        "RATE_LIMIT": str(LIMIT),
    }
    with serving(tmp_path, settings) as served:
        yield served


async def test_a_key_that_has_ended_uses_up_no_requests(limited: Served, module_database: Databases) -> None:
    async with (
        httpx.AsyncClient(base_url=limited.url, timeout=20) as http,
        connected(module_database.direct) as owner,
    ):
        for ended, how in ENDS.items():
            member: Member = await founded(http, f"{ended}@example.com")
            made = (await http.post("/api-keys", json={"name": "Leaked"}, headers=member.headers)).json()
            leaked = {"Authorization": f"Bearer {made['key']}"}
            assert (await http.get("/tools", headers=leaked)).status_code == 200
            await owner.execute(how, made["id"])
            await owner.execute(FULL, member.org_id, float(LIMIT))
            answers = [await http.get("/tools", headers=leaked) for _ in range(2 * LIMIT)]
            assert Counter(answer.status_code for answer in answers) == {401: 2 * LIMIT}, ended
            first, last = (refused(answers[at], 401, "invalid-key")["detail"] for at in (0, -1))
            assert first == last, "it says the same, remembered or not"
            assert "RateLimit" not in answers[-1].headers
            assert (await http.get("/tools", headers=member.headers)).status_code == 200, ended
            assert made["id"] in limited.log().splitlines()[-2], "the log still tells which key it was"
