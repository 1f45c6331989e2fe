"""Links by which credentials are authorized: what their page tells, and what code from before leaves of them."""

from __future__ import annotations

import asyncpg
import httpx

from tests.conftest import Member
from tests.engine.authorizing import Wanted, wanted
from tests.engine.browser import Browser, says
from tests.engine.oauth_server import CLIENT, SECRET, OAuthServer


async def test_the_page_says_where_the_code_goes_if_that_is_elsewhere(
    http: httpx.AsyncClient, alice: Member, issuer: OAuthServer, alices: Browser
) -> None:
    ours = await wanted(http, alice, issuer)
    assert "The answer goes to" not in (await alices.open(await ours.link())).text
    ours = await wanted(http, alice, issuer, tokenUrl="https://tokens.example.net/token")
    says(await alices.open(await ours.link()), 200, "The answer goes to https://tokens.example.net.")


async def test_a_link_that_code_from_before_left_behind_is_over(
    ours: Wanted, alices: Browser, owner: asyncpg.Connection
) -> None:
    """Its processes go on for a while beside these, and replace a secret without a thought of links."""
    link = await ours.link()
    back = await alices.to_callback(link)
    left = await ours.pending(owner)
    assert left is not None
    machine = {"tokenUrl": f"{ours.issuer.url}/token", "clientId": CLIENT, "clientSecret": SECRET}
    await ours.change(oauth2=machine)
    places = ", ".join(f"${number}" for number in range(1, len(left) + 1))
    names = ", ".join(left.keys())
    await owner.execute(f"INSERT INTO credential_authorizations ({names}) VALUES ({places})", *left.values())
    says(await alices.open(link), 404)
    says(await alices.press(link), 404)
    says(await alices.open(back), 404)
    assert ours.issuer.asked == [] and (await ours.credential())["state"] == "ready"
