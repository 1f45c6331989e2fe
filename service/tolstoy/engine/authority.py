"""Calls that prove themselves: a credential is opened as it is sent, to its own origin only, and masked in answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db.database import Database
from tolstoy.domain import credentials, url
from tolstoy.domain.action_request import Request
from tolstoy.engine import credential as credential_
from tolstoy.engine.answer import Response
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential, Masks, Proof
from tolstoy.engine.failures import StepError
from tolstoy.engine.outbound import Outbound
from tolstoy.engine.tokens import Tokens


class Authority:
    """One per process: it keeps the tokens that OAuth2 credentials were exchanged for."""

    def __init__(self, database: Database, outbound: Outbound) -> None:
        self._database = database
        self._outbound = outbound
        self._tokens = Tokens(database, outbound)

    async def send(
        self, org_id: UUID, credential: Credential, request: Request, timeout_seconds: float
    ) -> Response:
        """Raises CallError; StepError where the credential is of no use."""
        secret = self._opened(org_id, credential)
        origin = url.split(request.url).origin
        if origin != secret["origin"]:
            raise StepError(
                "credential_origin",
                f"the credential was stored for {secret['origin']} and is not sent to {origin}: store it anew there",
            )
        if credential.type != "oauth2":
            proof = credential_.proof(credential, secret)
            masks = credential_.masks(credential, secret)
            return await self._send(request, proof, masks, timeout_seconds)
        token = await self._tokens.current(org_id, credential, timeout_seconds)
        answer = await self._send_with(credential, secret, token.access, request, timeout_seconds)
        if answer.status == 401:
            # it may have been revoked before its time; what was refused had no effect and may be sent again
            token = await self._tokens.current(org_id, credential, timeout_seconds, after=token.generation)
            answer = await self._send_with(credential, secret, token.access, request, timeout_seconds)
        return answer

    async def _send_with(
        self, credential: Credential, secret: dict[str, Any], token: str, request: Request, seconds: float
    ) -> Response:
        proof = credential_.proof(credential, secret, token=token)
        return await self._send(request, proof, credential_.masks(credential, secret, token), seconds)

    async def _send(self, request: Request, proof: Proof, masks: Masks, seconds: float) -> Response:
        try:
            answer = await self._outbound.send(request, timeout_seconds=seconds, proof=proof)
        except CallError as exc:
            raise CallError(exc.kind, masks.text(exc.detail), exc.sent) from None
        return msgspec.structs.replace(
            answer,
            headers={name: masks.text(value) for name, value in answer.headers.items()},
            body=masks.raw(answer.body),
            url=masks.text(answer.url),
        )

    def _opened(self, org_id: UUID, credential: Credential) -> dict[str, Any]:
        try:
            place = credentials.place(org_id, credential.id)
            opened = self._database.keyring.open(credential.sealed, place)
        except UnreadableSecretError as exc:
            raise StepError("credential_unreadable", exc.detail) from exc
        secret: dict[str, Any] = msgspec.json.decode(opened)
        return secret
