"""Calls that prove themselves: a credential is opened as it is sent, to its own origin only, and masked in answers."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import msgspec

from tolstoy.core.crypto import UnreadableSecretError
from tolstoy.db.database import Database
from tolstoy.domain import sealed, url
from tolstoy.domain.action_request import Request
from tolstoy.engine import credential as credential_
from tolstoy.engine.answer import Response
from tolstoy.engine.call_error import CallError
from tolstoy.engine.credential import Credential, Proof
from tolstoy.engine.failures import StepError
from tolstoy.engine.masks import Masks
from tolstoy.engine.outbounds import Outbounds
from tolstoy.engine.tokens import Current, Tokens, needs_authorization


class _Time:
    """What is left of the time of a call that is made in several steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Raises CallError where there is none."""
        left = round(self._end - time.monotonic(), 1)  # it is told in errors
        if left <= 0:
            raise CallError("timeout", f"no answer within {self._seconds:g} s", False)
        return left


class Authority:
    """One per process: it keeps the tokens that OAuth2 credentials were exchanged for."""

    def __init__(self, database: Database, outbounds: Outbounds) -> None:
        self._database = database
        self._outbounds = outbounds
        self._tokens = Tokens(database, outbounds)

    async def send(
        self, org_id: UUID, credential: Credential, request: Request, timeout_seconds: float
    ) -> Response:
        """Raises CallError; StepError where the credential is of no use."""
        secret = self._opened(org_id, credential)
        if secret.get("missing"):  # domain/transfer left it out
            raise needs_authorization("imported without its secret", None)
        _check_origin(secret["origin"], url.split(request.url).origin)
        if credential.type != "oauth2":
            proof = credential_.proof(credential, secret)
            masks = credential_.masks(credential, secret)
            return await self._send(org_id, request, proof, masks, timeout_seconds)
        time_ = _Time(timeout_seconds)
        token = await self._tokens.current(org_id, credential, time_.left())
        answer = await self._send_with(org_id, credential, secret, token, request, time_)
        if answer.status == 401 and token.renewable:
            # it may have been revoked before its time; what was refused had no effect and may be sent again
            token = await self._tokens.current(org_id, credential, time_.left(), after=token.generation)
            answer = await self._send_with(org_id, credential, secret, token, request, time_)
        return answer

    async def _send_with(
        self,
        org_id: UUID,
        credential: Credential,
        secret: dict[str, Any],
        token: Current,
        request: Request,
        time_: _Time,
    ) -> Response:
        # the credential is as the run found it, the token of the secret as it is by now
        _check_origin(token.origin, url.split(request.url).origin)
        proof = credential_.proof(credential, secret, token=token.access)
        masks = credential_.masks(credential, secret, token.access)
        return await self._send(org_id, request, proof, masks, time_.left())

    async def _send(
        self, org_id: UUID, request: Request, proof: Proof, masks: Masks, seconds: float
    ) -> Response:
        try:
            answer = await self._outbounds.send(org_id, request, timeout_seconds=seconds, proof=proof)
        except CallError as exc:
            raise CallError(exc.kind, masks.text(exc.detail), exc.sent) from None
        return msgspec.structs.replace(
            answer,
            headers={name: masks.text(value) for name, value in answer.headers.items()},
            body=await masks.body(answer.body),
            url=masks.text(answer.url),
        )

    def _opened(self, org_id: UUID, credential: Credential) -> dict[str, Any]:
        try:
            return sealed.open_secret(self._database.keyring, org_id, credential.id, credential.sealed)
        except UnreadableSecretError as exc:
            raise StepError("credential_unreadable", exc.detail) from exc


def _check_origin(stored_for: str, wanted: str) -> None:
    if wanted != stored_for:
        raise StepError(
            "credential_origin",
            f"the credential was stored for {stored_for} and is not sent to {wanted}: store it anew there",
        )
