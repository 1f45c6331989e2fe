"""An organization with tools, made through the API, and the requests its user sends."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import asyncpg

from bench.issuer import Issuer
from bench.load import request
from bench.servers import Server

TOOLS = 200
NEIGHBOURS = 100
CONNECTIONS = 16


@dataclass(frozen=True)
class Tenant:
    headers: dict[str, str]
    tools: list[str]

    def by_key(self, server: Server) -> Tenant:
        """The same, who sends an API key and no more."""
        key = json.loads(_post(server, "/api-keys", self.headers, b'{"name": "Bench"}'))["key"]
        return replace(self, headers={"Authorization": f"Bearer {key}"})

    def by_token(self, server: Server, issuer: Issuer) -> Tenant:
        """The same, who sends an access token and no more."""
        path = f"/users/{self.headers['X-User-ID']}"
        known = {"Content-Type": "application/json", **self.headers}
        server.ask("PATCH", path, known, b'{"externalId": "bench"}')
        token = issuer.token(self.headers["X-Org-ID"], "bench")
        return replace(self, headers={"Authorization": f"Bearer {token}"})

    def gets(self) -> list[list[bytes]]:
        """For each connection, as with those below."""
        shares = (self.tools[number::CONNECTIONS] for number in range(CONNECTIONS))
        return [[request("GET", f"/tools/{tool}", self.headers) for tool in share] for share in shares]

    def lists(self) -> list[list[bytes]]:
        return [[request("GET", "/tools", self.headers)]] * CONNECTIONS

    def posts(self) -> list[list[bytes]]:
        return [[request("POST", "/tools", self.headers, _tool(number))] for number in range(CONNECTIONS)]

    def puts(self) -> list[list[bytes]]:
        """Every one changes something; no two connections change the same tool."""
        return [
            [
                request("PUT", f"/tools/{tool}", self.headers, json.dumps({"name": name}).encode())
                for name in ("Storefront", "Warehouse")
            ]
            for tool in self.tools[:CONNECTIONS]
        ]

    def mixed(self) -> list[list[bytes]]:
        """Of ten requests six read a tool, two a list, one creates and one changes."""
        kinds = zip(self.gets(), self.lists(), self.posts(), self.puts(), strict=True)
        return [
            [
                *(*gets[:3], *lists, puts[0], *gets[3:6], *lists, *posts),
                *(*gets[6:9], *lists, puts[1], *gets[9:12], *lists, *posts),
            ]
            for gets, lists, posts, puts in kinds
        ]


def create(server: Server) -> Tenant:
    owner = {"name": "Bench", "owner": {"email": "bench@example.com"}}
    organization = json.loads(_post(server, "/organizations", {}, json.dumps(owner).encode()))
    headers = {"X-Org-ID": organization["id"], "X-User-ID": organization["owner"]["id"]}
    tools = [json.loads(_post(server, "/tools", headers, _tool(number)))["id"] for number in range(TOOLS)]
    return Tenant(headers, tools)


async def neighbours(address: str) -> None:
    """Other organizations, as many as make Postgres use its indexes, and statistics that say so."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(_NEIGHBOURS)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


_NEIGHBOURS = f"""
WITH made AS (
    INSERT INTO organizations (id, name)
    SELECT gen_random_uuid(), 'Neighbour ' || n FROM generate_series(1, {NEIGHBOURS}) n RETURNING id
), members AS (
    INSERT INTO users (id, org_id, email, email_key, role)
    SELECT gen_random_uuid(), id, n || '@example.com', n || '@example.com', 'editor'
    FROM made, generate_series(1, 10) n
)
INSERT INTO tools (id, org_id, name, base_url, auth_type, description)
SELECT gen_random_uuid(), id, 'Tool ' || n, 'https://tool-' || n || '.example.com', 'none', 'One of many'
FROM made, generate_series(1, {TOOLS}) n
"""


def _post(server: Server, path: str, headers: dict[str, str], body: bytes) -> bytes:
    return server.ask("POST", path, {"Content-Type": "application/json", **headers}, body)


def _tool(number: int) -> bytes:
    tool = {
        "name": f"Storefront {number}",
        "baseUrl": f"https://storefront-{number}.example.com/api/v2",
        "description": "Orders, customers and refunds of the shop",
    }
    return json.dumps(tool).encode()
