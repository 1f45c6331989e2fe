"""The first requests of docs/deployment.md, in their order, to the real service as a machine's containers run it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance import documents
from tests.conftest import Databases
from tests.infra.documents import DEPLOYMENT
from tests.infra.hosts import host
from tests.processes import serving
from tolstoy_infra.host import environment

PLATFORM_KEY = "a-secret-of-more-than-thirty-two-characters"


def test_the_first_requests_work_as_they_are_written(database: Databases, tmp_path: Path) -> None:
    told = {name: value for name, value in environment(host()).items() if name != "PORT"}
    secret = {
        "DATABASE_URL": database.database_url,
        "DIRECT_URL": database.direct_url,
        "PLATFORM_KEY": PLATFORM_KEY,
        "APP_KEY": f"{'k' * 42}8=",
    }
    with serving(tmp_path, {**told, **secret, "USE_AWS_SECRETS": "false", "WORKERS": "1"}) as service:
        known = {"URL": service.url, "PLATFORM_KEY": PLATFORM_KEY}
        said = documents.run(DEPLOYMENT, tmp_path, known)
    users, detailed, refused = said.replace("}{", "}\n{").splitlines()[-3:]
    assert [user["email"] for user in json.loads(users)["data"]] == ["user@example.com"]
    assert json.loads(detailed)["deployment"]["authMode"] == told["AUTH_MODE"] == "api-key"
    assert json.loads(refused)["status"] == 401
