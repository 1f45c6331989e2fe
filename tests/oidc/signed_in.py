"""Who signs in at the identity provider of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.conftest import Member
from tests.oidc.issuer import Issuer

PLATFORM_KEY = "the-platforms-key-of-these-tests-0123456789"


def by(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Acme(Member):
    """An organization whose admin and viewer sign in at the issuer."""

    called: str
    admin: str
    viewer: str
    viewer_id: str


@dataclass(frozen=True)
class Signed(Member):
    """Who sends a token instead of who they are."""

    sent: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return self.sent


async def founded(web: httpx.AsyncClient) -> Acme:
    """A new one, with its admin and nobody else."""
    name = uuid4().hex
    owner = {"email": "ada@example.com", "externalId": f"ada-{name}"}
    sent = {"name": "Acme", "externalId": f"acme-{name}", "owner": owner}
    made = await web.post("/organizations", json=sent, headers=by(PLATFORM_KEY))
    assert made.status_code == 201, made.text
    body = made.json()
    return Acme(body["id"], body["owner"]["id"], body["externalId"], body["owner"]["externalId"], "", "")


def admin_of(issuer: Issuer, acme: Acme, **claims: Any) -> dict[str, str]:
    return by(issuer.token(**{"sub": acme.admin, "org_id": acme.called, **claims}))


def viewer_of(issuer: Issuer, acme: Acme, **claims: Any) -> dict[str, str]:
    return by(issuer.token(**{"sub": acme.viewer, "org_id": acme.called, **claims}))
