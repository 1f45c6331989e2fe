"""docs/identity-providers.md: its requests are sent as they are written."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.acceptance import documents
from tests.oidc.issuer import Issuer
from tests.oidc.signed_in import PLATFORM_KEY
from tests.processes import Served

DOCUMENT = documents.ROOT / "docs" / "identity-providers.md"


def test_its_requests_work_as_they_are_written(
    process: Served, web: httpx.AsyncClient, issuer: Issuer, tmp_path: Path
) -> None:
    known = {
        "TOLSTOY": process.url,
        "PLATFORM_KEY": PLATFORM_KEY,
        "TOKEN": issuer.token(sub="auth0|65a1", org_id="org_9f2c"),
    }
    said = documents.run(DOCUMENT, tmp_path, known)
    *_, grace, found = said.replace("}{", "}\n{").splitlines()
    assert [user["id"] for user in json.loads(found)["data"]] == [json.loads(grace)["id"]]


@pytest.mark.parametrize(
    "code", ["invalid-token", "unknown-identity", "issuer-unavailable", "permission-denied"]
)
async def test_its_answers_are_explained(web: httpx.AsyncClient, code: str) -> None:
    assert f"`{code}`" in DOCUMENT.read_text()
    assert (await web.get(f"/problems/{code}")).status_code == 200
