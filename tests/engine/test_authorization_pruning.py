"""Authorizations that nobody comes back from do not stay."""

from __future__ import annotations

from tests.engine.home import Home, neighbour
from tolstoy.domain import credential_authorizations, credentials, tools
from tolstoy.domain.credential_secrets import OAuth2
from tolstoy.domain.credentials import CredentialCreate
from tolstoy.domain.tools import ToolCreate
from tolstoy.engine import retention


async def begun(home: Home) -> None:
    tool = await tools.create(
        home.scope, ToolCreate(name="Calendar", base_url="https://calendar.example", auth_type="oauth2")
    )
    secret = OAuth2(
        grant="authorizationCode",
        authorization_url="https://login.example/authorize",
        token_url="https://login.example/token",
        client_id="ours",
    )
    made = await credentials.create(home.scope, tool.id, CredentialCreate(name="Ours", oauth2=secret))
    await credential_authorizations.begin(home.scope, tool.id, made.id, "https://tolstoy.example")


async def test_those_whose_time_is_over_go(home: Home) -> None:
    """Of every organization, and no others."""
    other = await neighbour(home)
    for each in (home, other):
        await begun(each)
    await retention.prune_authorizations(home.database)
    assert await home.owner.fetchval("SELECT count(*) FROM credential_authorizations") == 2
    await home.owner.execute(
        "UPDATE credential_authorizations SET expires_at = now() - interval '1 second' WHERE org_id = $1",
        other.scope.org_id,
    )
    await retention.prune_authorizations(home.database)
    kept = await home.owner.fetch("SELECT org_id FROM credential_authorizations")
    assert [row["org_id"] for row in kept] == [home.scope.org_id]
