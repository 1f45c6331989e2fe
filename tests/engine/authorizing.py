"""A tool behind an OAuth2 server, and a credential for it that somebody has to authorize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from tests.api.factories import make_credential, make_tool
from tests.conftest import Member
from tests.engine.oauth_server import CLIENT, SECRET, OAuthServer


def secret(issuer: OAuthServer, /, **fields: Any) -> dict[str, Any]:
    return {
        "grant": "authorizationCode",
        "authorizationUrl": f"{issuer.url}/authorize",
        "tokenUrl": f"{issuer.url}/token",
        "clientId": CLIENT,
        "clientSecret": SECRET,
        **fields,
    }


@dataclass(frozen=True)
class Wanted:
    """A credential that is to be authorized, and who wants it."""

    http: httpx.AsyncClient
    member: Member
    issuer: OAuthServer
    tool: dict[str, Any]
    id: str

    @property
    def path(self) -> str:
        return f"/tools/{self.tool['id']}/credentials/{self.id}"

    async def credential(self) -> dict[str, Any]:
        answer = await self.http.get(self.path, headers=self.member.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def begun(self, member: Member | None = None) -> dict[str, Any]:
        answer = await self.http.post(f"{self.path}/authorize", headers=(member or self.member).headers)
        assert answer.status_code == 200, answer.text
        begun: dict[str, Any] = answer.json()
        return begun

    async def link(self) -> str:
        return str((await self.begun())["url"])

    async def change(self, **fields: Any) -> None:
        answer = await self.http.patch(self.path, json=fields, headers=self.member.headers)
        assert answer.status_code == 200, answer.text

    async def pending(self, owner: asyncpg.Connection) -> asyncpg.Record | None:
        return await owner.fetchrow(
            "SELECT * FROM credential_authorizations WHERE credential_id = $1", UUID(self.id)
        )


async def wanted(http: httpx.AsyncClient, member: Member, issuer: OAuthServer, /, **fields: Any) -> Wanted:
    issuer.set(forget=True)
    tool = await make_tool(http, member, name="Ledger", authType="oauth2", baseUrl=f"{issuer.url}/api")
    made = await make_credential(http, member, tool, name="Ours", oauth2=secret(issuer, **fields))
    return Wanted(http, member, issuer, tool, made["id"])
