"""What a step may do to the world outside its run. A worker does it; a dry run says what would be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from tolstoy.domain.action_request import Request
from tolstoy.engine.credential import Credential
from tolstoy.engine.outbound import Response


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run that a flow step started has ended."""

    id: UUID
    status: str
    output: Any
    error: Any


class Effects(Protocol):
    max_payload_bytes: int

    async def send(
        self, path: str, request: Request, timeout_seconds: float, credential: Credential | None
    ) -> Response:
        """Raises CallError; StepError where the credential is of no use."""

    async def decided(
        self, path: str, kind: str, *, round_: int, needed: int, due: datetime
    ) -> dict[str, Any] | None:
        """How the wait of a step ended, None while it has not; the first question about a wait opens it."""

    async def forgotten(self, path: str, round_: int) -> None:
        """Close the wait of a step that nobody goes on with."""

    async def child(
        self, path: str, flow_id: UUID, version: int | None, inputs: dict[str, Any], round_: int
    ) -> Ended | None:
        """How the run of a flow step ended, None while it has not; the first question starts it."""
