"""The way to a provider and back: once, by one browser, in time, for whoever may, and with a verifier."""

from __future__ import annotations

import asyncio
import base64
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.api.factories import make_credential, make_tool
from tests.api.problems import pointers, refused
from tests.conftest import Member
from tests.engine.authorizing import Wanted, secret, wanted
from tests.engine.browser import Browser, query, says
from tests.engine.oauth_server import CLIENT, SECRET, OAuthServer
from tests.processes import Served


async def events(ours: Wanted, **params: str) -> list[dict[str, Any]]:
    answer = await ours.http.get("/audit-events", params=params, headers=ours.member.headers)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found[::-1]


async def test_what_is_asked_of_the_provider_and_of_people(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer, alices: Browser, owner: asyncpg.Connection
) -> None:
    ours = await wanted(
        http,
        alice,
        issuer,
        authorizationUrl=f"{issuer.url}/authorize?tenant=7",
        scopes=["read", "write"],
        audience="https://things",
        authorizationParameters={"access_type": "offline"},
    )
    before = await ours.credential()
    assert (before["state"], before["stateDetail"], before["authorizedAt"]) == (
        "needsAuthorization", "not authorized yet", None,
    )  # fmt: skip
    begun = await ours.begun()
    page = await alices.open(begun["url"])
    says(page, 200, "Ledger", "Ours", "alice@example.com", "Of alice@example.com", f"{issuer.url}.")
    cookie = page.headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax") and cookie.startswith(
        "tolstoy-oauth="
    )
    sent = await alices.press(begun["url"])
    assert sent.status_code == 303 and sent.headers["Location"].startswith(
        f"{issuer.url}/authorize?tenant=7&"
    )
    asked = query(sent.headers["Location"])
    state, challenge = asked.pop("state"), asked.pop("code_challenge")
    assert asked == {
        "tenant": "7",
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": begun["redirectUri"],
        "code_challenge_method": "S256",
        "scope": "read write",
        "audience": "https://things",
        "access_type": "offline",
    }
    back = await alices.allowed(sent.headers["Location"])
    says(await alices.open(back), 200, "Ledger is connected")
    (exchanged,) = issuer.asked
    verifier = exchanged["form"].pop("code_verifier")
    assert len(verifier) == 43
    assert base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") == challenge
    assert exchanged["form"] == {
        "grant_type": "authorization_code",
        "code": query(back)["code"],
        "redirect_uri": begun["redirectUri"],
    }
    after = await ours.credential()
    assert (after["state"], after["stateDetail"]) == ("ready", None) and after["authorizedAt"]
    assert await ours.pending(owner) is None
    told = str(await events(ours))
    row = await owner.fetchval(
        "SELECT t::text FROM credential_tokens t WHERE credential_id = $1", UUID(ours.id)
    )
    for canary in (state, verifier, query(back)["code"], issuer.tokens[-1], issuer.refresh_tokens[-1]):
        for text in (told, str(after), row):
            assert canary not in text and canary.encode().hex() not in text


async def test_who_authorized_what_is_in_the_audit_log(ours: Wanted, alices: Browser) -> None:
    assert (await alices.through(await ours.link())).status_code == 200
    told = [
        (event["action"], event["userId"])
        for event in await events(ours, subjectType="credential_authorization")
    ]
    assert told == [("create", ours.member.user_id), ("delete", ours.member.user_id)]
    *_, last = await events(ours, subjectId=ours.id)
    assert (last["action"], last["after"]["state"], last["userId"]) == (
        "update",
        "ready",
        ours.member.user_id,
    )
    assert last["after"]["authorized_at"] and last["origin"]["path"] == "/oauth/callback"


async def test_a_state_counts_once(ours: Wanted, alices: Browser, issuer: OAuthServer) -> None:
    back = await alices.to_callback(await ours.link())
    pages = await asyncio.gather(*(alices.open(back) for _ in range(8)))
    assert sorted(page.status_code for page in pages) == [200, *[404] * 7]
    says(await alices.open(back), 404, "Ask for another")
    assert len(issuer.asked) == 1


async def test_a_link_is_shown_as_often_as_it_is_looked_at_and_used_by_one_browser(
    ours: Wanted, alices: Browser, mallorys: Browser
) -> None:
    """Programs that look at links do not use them up."""
    link = await ours.link()
    assert (await mallorys.client.head(link)).status_code == 200
    assert (await mallorys.open(link)).status_code == 200
    first = await alices.to_provider(link)
    says(await mallorys.press(link), 403, "another browser")
    second = await alices.to_provider(link)
    assert query(first)["code_challenge"] != query(second)["code_challenge"], (
        "the way back to the page is open"
    )
    says(await alices.open(await alices.allowed(first)), 404)
    says(await alices.open(await alices.allowed(second)), 200)
    says(await alices.open(link), 404, "Ask for another")


async def test_what_another_browser_was_sent_to_the_provider_with_brings_nothing(
    ours: Wanted, alices: Browser, mallorys: Browser, issuer: OAuthServer
) -> None:
    """Mallory begins, and has Alice allow it at the provider: what she allows must not become what Mallory uses."""
    link = await ours.link()
    back = await alices.allowed(await mallorys.to_provider(link))
    says(await alices.open(back), 403, "another browser")
    assert (await alices.open(link)).status_code == 200
    says(await alices.open(back), 403, "another browser")  # nor with a cookie of her own
    assert issuer.asked == [] and (await ours.credential())["state"] == "needsAuthorization"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
async def test_no_page_elsewhere_presses_the_button(
    ours: Wanted, alices: Browser, headers: dict[str, str]
) -> None:
    link = await ours.link()
    assert (await alices.open(link)).status_code == 200
    says(await alices.press(link, **headers), 403, "its own page")
    alices.client.cookies.clear()  # as a browser sends what another site's page posts: SameSite
    says(await alices.press(link), 403, "cookie")


async def test_ten_minutes_later_it_is_over(ours: Wanted, alices: Browser, owner: asyncpg.Connection) -> None:
    async def pass_ten_minutes() -> None:
        await owner.execute(
            "UPDATE credential_authorizations SET expires_at = expires_at - interval '10 minutes'"
            " WHERE credential_id = $1",
            UUID(ours.id),
        )

    link = await ours.link()
    await pass_ten_minutes()
    says(await alices.open(link), 404)
    link = await ours.link()
    await alices.open(link)
    await pass_ten_minutes()
    says(await alices.press(link), 404)
    back = await alices.to_callback(await ours.link())
    await pass_ten_minutes()
    says(await alices.open(back), 404)
    assert ours.issuer.asked == []


async def test_each_user_has_one_at_a_time(
    ours: Wanted, bob: Member, alices: Browser, mallorys: Browser
) -> None:
    await make_admin(ours, bob)
    first = await ours.link()
    of_bob = (await ours.begun(bob))["url"]
    second = await ours.link()
    says(await alices.open(first), 404)
    says(await alices.through(second), 200)
    says(await mallorys.through(of_bob), 200)


async def make_admin(ours: Wanted, bob: Member) -> None:
    changed = await ours.http.patch(
        f"/users/{bob.user_id}", json={"role": "admin"}, headers=ours.member.headers
    )
    assert changed.status_code == 200, changed.text


async def test_who_may_no_more_does_not_finish(ours: Wanted, bob: Member, alices: Browser) -> None:
    await make_admin(ours, bob)
    back = await alices.to_callback((await ours.begun(bob))["url"])
    demoted = await ours.http.patch(
        f"/users/{bob.user_id}", json={"role": "viewer"}, headers=ours.member.headers
    )
    assert demoted.status_code == 200, demoted.text
    says(await alices.open(back), 403, "permission")
    gone = await ours.http.delete(f"/users/{bob.user_id}", headers=ours.member.headers)
    assert gone.status_code == 204, gone.text
    says(await alices.open(back), 404)
    assert ours.issuer.asked == []


async def test_an_api_key_that_is_revoked_meanwhile_does_not_finish(ours: Wanted, alices: Browser) -> None:
    made = await ours.http.post("/api-keys", json={"name": "Of a program"}, headers=ours.member.headers)
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    begun = await ours.http.post(f"{ours.path}/authorize", headers=key)
    assert begun.status_code == 200, begun.text
    back = await alices.to_callback(begun.json()["url"])
    revoked = await ours.http.delete(f"/api-keys/{made.json()['id']}", headers=ours.member.headers)
    assert revoked.status_code in (200, 204), revoked.text
    says(await alices.open(back), 401)
    assert ours.issuer.asked == []


async def test_a_changed_secret_ends_it_and_so_does_its_removal(
    ours: Wanted, alices: Browser, owner: asyncpg.Connection
) -> None:
    back = await alices.to_callback(await ours.link())
    await ours.change(oauth2=secret(ours.issuer))
    says(await alices.open(back), 404)
    link = await ours.link()
    await ours.change(name="Another name")
    assert (await alices.open(link)).status_code == 200, "its name is none of its secret"
    back = await alices.to_callback(link)
    removed = await ours.http.delete(ours.path, headers=ours.member.headers)
    assert removed.status_code == 204
    says(await alices.open(back), 404)
    assert await ours.pending(owner) is None and ours.issuer.asked == []


async def test_only_what_somebody_has_to_allow_is_authorized(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer
) -> None:
    tool = await make_tool(http, alice, authType="oauth2", baseUrl=issuer.url)
    machine = {"tokenUrl": f"{issuer.url}/token", "clientId": CLIENT, "clientSecret": SECRET}
    made = await make_credential(http, alice, tool, oauth2=machine)
    path = f"/tools/{tool['id']}/credentials/{made['id']}/authorize"
    refused(await http.post(path, headers=alice.headers), 409, "nothing-to-authorize")


async def test_what_a_credential_that_is_authorized_needs(http: httpx.AsyncClient, alice: Member) -> None:
    tool = await make_tool(http, alice, authType="oauth2")
    base = {"tokenUrl": "https://id.example.com/token", "clientId": "c"}
    allowed = {**base, "grant": "authorizationCode", "authorizationUrl": "https://id.example.com/authorize"}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        (base, ["/oauth2/clientSecret"]),
        ({**base, "grant": "authorizationCode"}, ["/oauth2/authorizationUrl"]),
        ({**allowed, "grant": "clientCredentials"}, ["/oauth2/clientSecret", "/oauth2/authorizationUrl"]),
        ({**allowed, "authorizationUrl": "javascript:alert(1)"}, ["/oauth2/authorizationUrl"]),
        ({**allowed, "authorizationUrl": "https://id.example.com/?state=1"}, ["/oauth2/authorizationUrl"]),
        ({**allowed, "authorizationParameters": {"redirect_uri": "x"}}, ["/oauth2/authorizationParameters"]),
    ]
    for oauth2, wrong in cases:
        answer = await http.post(
            f"/tools/{tool['id']}/credentials", json={"name": "C", "oauth2": oauth2}, headers=alice.headers
        )
        assert pointers(answer) == wrong
    made = await make_credential(http, alice, tool, oauth2=allowed)
    assert (made["hint"], made["details"]["grant"], made["state"]) == (
        "", "authorizationCode", "needsAuthorization",
    )  # fmt: skip


async def test_neither_link_nor_state_nor_code_is_logged(
    ours: Wanted, alices: Browser, served: Served
) -> None:
    link = await ours.link()
    back = await alices.to_callback(link)
    says(await alices.open(back), 200)
    await alices.client.get(link, headers={"X-Request-ID": "the-last-authorization"})
    async with asyncio.timeout(10):
        while "the-last-authorization" not in served.log():
            await asyncio.sleep(0.02)
    said = query(back)
    cookie = alices.client.cookies["tolstoy-oauth"]
    for secret_text in (link.rpartition("/")[2], said["state"], said["code"], cookie):
        assert secret_text not in served.log()
    assert '"path":"/oauth/start/…"' in served.log()
