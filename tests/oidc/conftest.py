"""A service that takes the tokens of an identity provider, and an organization that signs in there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import Databases
from tests.oidc.issuer import Issuer, issuing, settings
from tests.oidc.signed_in import PLATFORM_KEY, Acme, admin_of, founded
from tests.processes import Served, serving
from tests.wire import Wire, wired


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def wire(module_database: Databases) -> Iterator[Wire]:
    with wired(module_database.service) as made:
        yield made


@pytest.fixture(scope="module")
def process(
    module_database: Databases, wire: Wire, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    told = {
        "DATABASE_URL": wire.url,
        "DIRECT_URL": module_database.direct_url,
        "DATABASE_POOL_SIZE": "1",
        "PLATFORM_KEY": PLATFORM_KEY,
        "EGRESS_ALLOW": "127.0.0.1/32",
        "RATE_LIMIT": "1000000",
        "RUN_WORKER": "false",
    }
    with serving(tmp_path_factory.mktemp("oidc"), settings(issuer, **told)) as made:
        yield made
    assert "request_failed" not in made.log(), made.log()[-5000:]


@pytest.fixture(scope="module")
async def web(process: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:
        yield client


@pytest.fixture
async def acme(web: httpx.AsyncClient, issuer: Issuer) -> Acme:
    acme = await founded(web)
    viewer = {"email": "vic@example.com", "role": "viewer", "externalId": f"vic-{acme.called}"}
    made = await web.post("/users", json=viewer, headers=admin_of(issuer, acme))
    assert made.status_code == 201, made.text
    return Acme(acme.org_id, acme.user_id, acme.called, acme.admin, viewer["externalId"], made.json()["id"])
