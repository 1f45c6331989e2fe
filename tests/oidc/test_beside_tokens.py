"""What goes on beside access tokens: links that their users asked for, API keys' own limits, the last admin."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.api.problems import refused
from tests.conftest import Databases
from tests.engine.authorizing import wanted
from tests.engine.browser import browser, says
from tests.engine.oauth_server import oauth_in_thread
from tests.oidc.issuer import Issuer, settings
from tests.oidc.signed_in import PLATFORM_KEY, Acme, Signed, admin_of, by, founded
from tests.processes import serving


@pytest.mark.parametrize(
    "change", [{"externalId": None}, {"externalId": "another"}, {"email": "another@example.com"}, None]
)
async def test_a_link_ends_with_who_asked_for_it_by_a_token(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme, change: dict[str, str | None] | None
) -> None:
    """Who is no more whom the token meant does not finish what he began by it."""
    admin = admin_of(issuer, acme)
    path = f"/users/{acme.viewer_id}"
    assert (await web.patch(path, json={"role": "admin"}, headers=admin)).status_code == 200
    member = Signed(acme.org_id, acme.viewer_id, admin_of(issuer, acme, sub=acme.viewer))
    with oauth_in_thread() as provider:
        ours = await wanted(web, member, provider)
        async with browser() as opened:
            back = await opened.to_callback(await ours.link())
            if change is not None:
                assert (await web.patch(path, json=change, headers=admin)).status_code == 200
            says(await opened.open(back), 200 if change is None else 404)
        assert len(provider.asked) == (change is None)


async def test_a_keys_own_limit_is_the_keys_alone(
    module_database: Databases, issuer: Issuer, tmp_path: Path
) -> None:
    """Its user's tokens take nothing of it, nor does it stop them; both take of what is the organization's."""
    urls = {"DATABASE_URL": module_database.database_url, "DIRECT_URL": module_database.direct_url}
    told = {**urls, "RUN_WORKER": "false", "PLATFORM_KEY": PLATFORM_KEY, "RATE_LIMIT": "1000"}
    with serving(tmp_path, settings(issuer, **told)) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            acme = await founded(http)
            token = admin_of(issuer, acme)
            sent = {"name": "Slow", "maxRequestsPerMinute": 3}
            key = by((await http.post("/api-keys", json=sent, headers=token)).json()["key"])
            for _ in range(10):
                answered = await http.get("/tools", headers=token)
                assert answered.status_code == 200
                assert (
                    "organization" in answered.headers["RateLimit"]
                    and "key" not in answered.headers["RateLimit"]
                )
            answers = [await http.get("/tools", headers=key) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
            assert "for this key" in refused(answers[-1], 429)["detail"]
            assert (await http.get("/tools", headers=token)).status_code == 200


async def test_an_admin_whom_no_token_means_any_more_is_let_in_by_the_platform(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    admin, path = admin_of(issuer, acme), f"/users/{acme.user_id}"
    refused(await web.patch(path, json={"role": "viewer"}, headers=admin), 409, "last-admin")
    refused(await web.delete(path, headers=admin), 409, "last-admin")
    assert (await web.patch(path, json={"externalId": None}, headers=admin)).status_code == 200
    refused(await web.get("/tools", headers=admin), 403, "unknown-identity")
    keys, new = f"/organizations/{acme.org_id}/api-keys", {"name": "Way in", "userId": acme.user_id}
    key = by((await web.post(keys, json=new, headers=by(PLATFORM_KEY))).json()["key"])
    assert (await web.patch(path, json={"externalId": acme.admin}, headers=key)).status_code == 200
    assert (await web.get("/tools", headers=admin)).status_code == 200
