"""The first requests of docs/deployment.md, in their order, to the real service as production runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance import documents
from tests.conftest import Databases
from tests.infra.documents import DEPLOYMENT
from tests.processes import serving

GATEWAY_SECRET = "a-secret-of-more-than-thirty-two-characters"


def test_the_first_requests_work_as_they_are_written(database: Databases, tmp_path: Path) -> None:
    production = {
        "APP_ENV": "production",
        "AUTH_MODE": "gateway",
        "GATEWAY_SECRET": GATEWAY_SECRET,
        "APP_KEY": f"{'k' * 42}8=",
        "WORKERS": "1",
        "USE_AWS_SECRETS": "false",
        "DATABASE_URL": database.database_url,
        "DIRECT_URL": database.direct_url,
    }
    with serving(tmp_path, production) as service:
        known = {"URL": service.url, "GATEWAY_SECRET": GATEWAY_SECRET}
        said = documents.run(DEPLOYMENT, tmp_path, known)
    users, detailed, refused = said.replace("}{", "}\n{").splitlines()[-3:]
    assert [user["email"] for user in json.loads(users)["data"]] == ["user@example.com"]
    assert json.loads(detailed)["deployment"]["authMode"] == "gateway"
    assert json.loads(refused)["status"] == 401
