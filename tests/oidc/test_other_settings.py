"""Tokens that name no organization, users who are known by their e-mail addresses, and issuers that are not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.api.problems import headers, refused
from tests.conftest import Databases
from tests.oidc.issuer import Issuer, issuing, settings
from tests.oidc.signed_in import PLATFORM_KEY, Acme, admin_of, by, founded
from tests.processes import Served, serving


@asynccontextmanager
async def told(
    folder: Path, databases: Databases, issuer: Issuer, **others: str
) -> AsyncIterator[tuple[httpx.AsyncClient, Served]]:
    urls = {"DATABASE_URL": databases.database_url, "DIRECT_URL": databases.direct_url}
    alone = {"RUN_WORKER": "false", "PLATFORM_KEY": PLATFORM_KEY}
    with serving(folder, {**settings(issuer), **urls, **alone, **others}) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            yield http, served
        assert "request_failed" not in served.log()


async def test_where_a_token_names_no_organization_the_header_does(
    module_database: Databases, issuer: Issuer, acme: Acme, tmp_path: Path
) -> None:
    """Among those whose admins have let its user in, and no others."""
    async with told(tmp_path, module_database, issuer, OIDC_ORG_CLAIM="") as (http, _):
        token = by(issuer.token(sub=acme.admin))
        assert headers(await http.get("/tools", headers=token)) == ["X-Org-ID"]
        assert (await http.get("/tools", headers={**token, "X-Org-ID": acme.org_id})).status_code == 200
        other = await founded(http)
        there = {**token, "X-Org-ID": other.org_id}
        refused(await http.get("/tools", headers=there), 403, "unknown-identity")
        also = {"email": "ada@example.org", "externalId": acme.admin, "role": "viewer"}
        owner = {**by(issuer.token(sub=other.admin)), "X-Org-ID": other.org_id}
        assert (await http.post("/users", json=also, headers=owner)).status_code == 201
        assert (await http.get("/tools", headers=there)).status_code == 200
        refused(
            await http.post("/tools", json={"name": "x", "baseUrl": "https://x.example"}, headers=there), 403
        )
        described = (await http.get("/openapi.json")).json()
        assert described["paths"]["/tools"]["get"]["security"] == [{"apiKey": []}, {"accessToken": []}]
        assert "X-Org-ID" in described["components"]["securitySchemes"]["accessToken"]["description"]


async def test_a_verified_address_is_a_users(
    module_database: Databases, issuer: Issuer, acme: Acme, tmp_path: Path
) -> None:
    """Whatever its case; what the claim of the organization is called may be a path."""
    own = {"OIDC_USER_CLAIM": "email", "OIDC_ORG_CLAIM": "https://acme.example/app.org.id"}
    async with told(tmp_path, module_database, issuer, **own) as (http, _):

        def token(**claims: object) -> dict[str, str]:
            good = {"email": "ADA@Example.com", "email_verified": True, own["OIDC_ORG_CLAIM"]: acme.called}
            return by(issuer.token(**{**good, **claims}))

        assert (await http.get("/tools", headers=token())).status_code == 200
        for verified in (None, False, "true", 1):
            problem = refused(
                await http.get("/tools", headers=token(email_verified=verified)), 401, "invalid-token"
            )
            assert "not verified" in problem["detail"]
        refused(await http.get("/tools", headers=token(email="eve@example.com")), 403, "unknown-identity")
        await _letters_that_fold_alike_are_others(http, token)
        renamed = await http.patch(
            f"/users/{acme.user_id}", json={"email": "ada@example.net"}, headers=token()
        )
        assert renamed.status_code == 200
        for _ in range(2):
            refused(await http.get("/tools", headers=token()), 403, "unknown-identity")
    nested = {"OIDC_ORG_CLAIM": "app.org.id"}
    (tmp_path / "nested").mkdir()
    async with told(tmp_path / "nested", module_database, issuer, **nested) as (http, _):
        there = by(issuer.token(sub=acme.admin, app={"org": {"id": acme.called}}))
        assert (await http.get("/tools", headers=there)).status_code == 200
        for app in ({"org": acme.called}, {"org.id": acme.called}, [], None):
            refused(await http.get("/tools", headers=by(issuer.token(sub=acme.admin, app=app))), 401)


async def _letters_that_fold_alike_are_others(
    http: httpx.AsyncClient, token: Callable[..., dict[str, str]]
) -> None:
    """Who has a mailbox at straße.example is nobody at strasse.example, though no two users may be called so."""
    alike = [("weiss@strasse.example", "weiß@strasse.example"), ("kay@example.com", "\u212aay@example.com")]
    for one, other in alike:
        for kept, shown in (
            (one, other),
            (other, one),
            (one, one.replace("ss", "ſs").replace("k", "\u212a")),
        ):
            made = await http.post("/users", json={"email": kept}, headers=token())
            assert made.status_code == 201, made.text
            answered = await http.get("/tools", headers=token(email=shown))
            refused(answered, 403, "unknown-identity")
            assert (await http.get("/tools", headers=token(email=kept))).status_code == 200
            gone = await http.delete(f"/users/{made.json()['id']}", headers=token())
            assert gone.status_code == 204, gone.text


async def test_the_service_starts_and_goes_on_without_its_issuer(
    module_database: Databases, tmp_path: Path
) -> None:
    """Tokens get 503 until their keys can be read, and go on while those last; keys do not mind."""
    with issuing() as issuer:
        issuer.answers["/.well-known/openid-configuration"] = 500
        async with told(tmp_path, module_database, issuer, OIDC_REFRESH="1") as (http, served):
            acme = await founded(http)
            path, first = f"/organizations/{acme.org_id}/api-keys", {"name": "First", "userId": acme.user_id}
            key = (await http.post(path, json=first, headers=by(PLATFORM_KEY))).json()["key"]
            assert (await http.get("/tools", headers=by(key))).status_code == 200
            token = admin_of(issuer, acme)
            answered = await http.get("/tools", headers=token)
            refused(answered, 503, "issuer-unavailable")
            assert int(answered.headers["Retry-After"]) > 0
            assert (await http.get("/status")).status_code == 200
            told_of = (await http.get("/status/detailed")).json()["identityProvider"]
            assert (told_of["status"], told_of["keys"], told_of["ageSeconds"]) == ("unknown", 0, None)
            assert "answers 500" in told_of["failure"] and "issuer_keys_unread" in served.log()
            issuer.answers.clear()
            await answering(http, token, 200)
            issuer.answers["/keys"] = 500
            async with asyncio.timeout(30):
                while (await http.get("/status/detailed")).json()["identityProvider"]["status"] != "failing":
                    await asyncio.sleep(0.05)
            assert (await http.get("/tools", headers=token)).status_code == 200
            issuer.answers.clear()
            issuer.rotate("second", "ES256")
            await answering(http, token, 401)
            assert (await http.get("/tools", headers=admin_of(issuer, acme, kid="second"))).status_code == 200


async def answering(http: httpx.AsyncClient, token: dict[str, str], status: int) -> None:
    async with asyncio.timeout(30):
        while (await http.get("/tools", headers=token)).status_code != status:
            await asyncio.sleep(0.05)
