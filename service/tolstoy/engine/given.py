"""What a dry run's steps get from outside: what was given for it, or else what an execution got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from tolstoy.core import moments
from tolstoy.domain.dry_runs import (
    DryRunCreate,
    FailureKind,
    GivenAnswer,
    GivenDecision,
    GivenFailure,
    Recorded,
)

_FAILURES: frozenset[str] = frozenset(get_args(FailureKind))


class Given:
    """Names are the paths of steps or, for every iteration of a loop, their keys; a path goes before a key."""

    def __init__(self, given: DryRunCreate, recorded: Sequence[Recorded], user_id: UUID) -> None:
        self._given = given
        self._user_id = user_id
        self._used: set[tuple[str, str]] = set()
        self._recorded: dict[str, list[Recorded]] = defaultdict(list)
        for one in recorded:
            self._recorded[one.path].append(one)

    def answer(self, path: str, attempt: int) -> GivenAnswer | None:
        """To an attempt, counted from 1; what there is last holds for all further ones."""
        name = self._named("responses", self._given.responses, path)
        if name is not None:
            given = self._given.responses[name]
            answers = given if isinstance(given, list) else [given]
        else:
            answers = [_as_answer(one) for one in self._recorded.get(path, ())]
        return answers[min(attempt, len(answers)) - 1] if answers else None

    def outcome(self, path: str, kind: str) -> dict[str, Any] | None:
        """How the wait of an approval or a callback step ended."""
        if kind == "callback":
            name = self._named("callbacks", self._given.callbacks, path)
            if name is not None:
                return received(self._given.callbacks[name])
        else:
            name = self._named("approvals", self._given.approvals, path)
            if name is not None:
                return self._decided(self._given.approvals[name])
        recorded = self._recorded.get(path)
        return _as_outcome(recorded[-1]) if recorded else None

    def decision(self, user_id: UUID, approved: bool, payload: Any = None) -> dict[str, Any]:
        at = moments.text(datetime.now(UTC))
        return {"userId": str(user_id), "approved": approved, "at": at, "comment": None, "payload": payload}

    def unused(self) -> Iterator[tuple[str, str]]:
        """What was given, by its field and name, and no step has asked for."""
        for field in ("responses", "approvals", "callbacks"):
            for name in getattr(self._given, field):
                if (field, name) not in self._used:
                    yield field, name

    def _named(self, field: str, given: dict[str, Any], path: str) -> str | None:
        for name in (path, path.rpartition(".")[2]):
            if name in given:
                self._used.add((field, name))
                return name
        return None

    def _decided(self, given: bool | GivenDecision) -> dict[str, Any]:
        approved = given if isinstance(given, bool) else True
        payload = None if isinstance(given, bool) else given.payload
        return {"approved": approved, "decisions": [self.decision(self._user_id, approved, payload)]}


def received(body: Any) -> dict[str, Any]:
    """What a callback step gives for what was posted to its address."""
    return {"body": body, "receivedAt": moments.text(datetime.now(UTC))}


def _as_answer(recorded: Recorded) -> GivenAnswer:
    """An attempt of a call, or the end of a `flow` step, as the answer it got."""
    output = None if recorded.output is None else msgspec.json.decode(recorded.output)
    if recorded.completed and recorded.kind == "flow":
        return GivenAnswer(body=output)
    if recorded.completed and isinstance(output, dict):
        return _whole(output)
    error = {} if recorded.error is None else msgspec.json.decode(recorded.error)
    if isinstance(error, dict) and isinstance(error.get("status"), int):
        return _whole(error)
    code = error.get("code") if isinstance(error, dict) else None
    kind: Any = code if code in _FAILURES else "connection"
    return GivenAnswer(error=GivenFailure(kind))


def _whole(said: dict[str, Any]) -> GivenAnswer:
    return GivenAnswer(said.get("status", 200), said.get("headers") or {}, said.get("body"))


def _as_outcome(recorded: Recorded) -> dict[str, Any]:
    value = recorded.output if recorded.completed else recorded.error
    outcome: Any = {} if value is None else msgspec.json.decode(value)
    if recorded.completed:
        return outcome if isinstance(outcome, dict) else received(outcome)
    if outcome.get("code") == "rejected":
        return {"approved": False, "decisions": outcome.get("decisions", [])}
    return {"timedOut": True}
