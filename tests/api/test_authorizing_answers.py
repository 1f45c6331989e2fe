"""What comes back from a provider, or from who would like to be one: refusals, other codes, another issuer."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Member
from tests.engine.authorizing import Wanted, secret, wanted
from tests.engine.browser import Browser, query, says
from tests.engine.oauth_server import SECRET, OAuthServer
from tolstoy.core import base64url


async def test_another_verifier_gets_no_token(ours: Wanted, alices: Browser, issuer: OAuthServer) -> None:
    """A code that went another way: of the second authorization, with the first one's state."""
    first = await alices.to_callback(await ours.link())
    second = await alices.to_provider(await ours.link())
    stolen = query(first)["code"]
    state = query(await alices.allowed(second))["state"]
    page = await alices.client.get(first.partition("?")[0], params={"code": stolen, "state": state})
    says(page, 502, "No access token", "invalid_grant")
    assert len(issuer.asked) == 1 and (await ours.credential())["state"] == "needsAuthorization"


async def test_a_code_that_was_used_gets_no_token(ours: Wanted, alices: Browser) -> None:
    first = await alices.to_callback(await ours.link())
    says(await alices.open(first), 200)
    second = await alices.to_callback(await ours.link())
    replayed = {"code": query(first)["code"], "state": query(second)["state"]}
    says(await alices.client.get(first.partition("?")[0], params=replayed), 502, "invalid_grant")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("<script>alert(1)</script>", "no error that RFC 6749 knows"),
    ],
)
async def test_what_the_provider_refuses_is_told_in_words_of_our_own(
    ours: Wanted, alices: Browser, issuer: OAuthServer, error: str, said: str
) -> None:
    issuer.set(error=error)
    back = await alices.to_callback(await ours.link())
    page = await alices.open(back)
    says(page, 403, said, issuer.url, "nothing was authorized")
    assert "c4n4ry" not in page.text and "alert" not in page.text
    says(await alices.open(back), 404)


@pytest.mark.parametrize("status", [500, 401])
async def test_a_token_endpoint_that_fails_is_told_without_a_secret(
    ours: Wanted, alices: Browser, issuer: OAuthServer, status: int
) -> None:
    back = await alices.to_callback(await ours.link())
    issuer.set(status=status)
    page = await alices.open(back)
    says(page, 502, str(status), issuer.url)
    assert SECRET not in page.text and query(back)["code"] not in page.text


async def test_a_code_is_not_exchanged_within_the_network(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer, alices: Browser
) -> None:
    """By the same guard as every call."""
    ours = await wanted(http, alice, issuer, tokenUrl="http://169.254.169.254/token")
    says(await alices.through(await ours.link()), 502, "169.254.169.254: a metadata address")
    assert (await ours.credential())["state"] == "needsAuthorization"


async def test_the_issuer_that_answers_is_the_one_that_was_asked(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer, alices: Browser
) -> None:
    """RFC 9207: of the same origin where nobody wrote down which; exactly that one where somebody did."""
    cases = [
        (None, f"{issuer.url}/realm", 200),
        (None, "https://evil.example.com", 400),
        (None, "not a URL", 400),
        (f"{issuer.url}/realm", f"{issuer.url}/realm", 200),
        (f"{issuer.url}/realm", f"{issuer.url}/realm/", 400),
        (f"{issuer.url}/realm", None, 400),
    ]
    for configured, said, status in cases:
        ours = await wanted(http, alice, issuer, **({"issuer": configured} if configured else {}))
        issuer.set(**({"iss": said} if said else {}))
        page = await alices.through(await ours.link())
        says(page, status)
        assert len(issuer.asked) == (status == 200), (configured, said)


async def test_the_callback_alone_does_nothing(ours: Wanted, alices: Browser, charlie: Member) -> None:
    """Nor with what is another organization's."""
    back = await alices.to_callback(await ours.link())
    address, sent = back.partition("?")[0], query(back)
    raw = base64url.read(sent["state"]) or b""
    for params in (
        {},
        {"code": "x"},
        {"state": "x", "code": "x"},
        {**sent, "state": sent["state"][:-4] + "AAAA"},
        {**sent, "state": base64url.write(UUID(charlie.org_id).bytes + raw[16:])},
    ):
        says(await alices.client.get(address, params=params), 404)
    for doubled in ("state", "code"):
        says(await alices.open(f"{back}&{doubled}=x"), 400, "twice")
    says(await alices.client.get(f"{address}?state=%ff&code=x"), 404)
    says(await alices.open(back), 200)


async def test_a_ticket_is_no_state_and_a_state_no_ticket(ours: Wanted, alices: Browser) -> None:
    link = await ours.link()
    state = query(await alices.to_provider(link))["state"]
    server, _, ticket = link.partition("/oauth/start/")
    says(await alices.open(f"{server}/oauth/start/{state}"), 404)
    says(await alices.client.get(f"{server}/oauth/callback", params={"state": ticket, "code": "x"}), 404)


async def test_a_secret_that_changes_while_the_code_is_exchanged_gets_none_of_it(
    ours: Wanted, alices: Browser, issuer: OAuthServer, owner: asyncpg.Connection
) -> None:
    back = await alices.to_callback(await ours.link())
    issuer.set(hold=True)
    coming = asyncio.create_task(alices.open(back))
    async with asyncio.timeout(15):
        while not issuer.asked:
            await asyncio.sleep(0.02)
    await ours.change(oauth2=secret(issuer, scopes=["other"]))
    issuer.set()
    says(await coming, 404)
    assert (await ours.credential())["state"] == "needsAuthorization"
    assert (
        await owner.fetchval("SELECT token FROM credential_tokens WHERE credential_id = $1", UUID(ours.id))
        is None
    )
