"""From the text of a document to the tool and the actions that it would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tolstoy.core.errors import Finding
from tolstoy.domain.openapi import document
from tolstoy.domain.openapi.notes import Notes
from tolstoy.domain.openapi.operations import Planned, planned
from tolstoy.domain.openapi.service import Service, service_of


@dataclass(frozen=True)
class Plan:
    service: Service
    actions: Sequence[Planned]
    warnings: Sequence[Finding]


def plan(said: dict[str, Any] | str, *, key_prefix: str = "", fetched_from: str | None = None) -> Plan:
    """A document may take a second: not to be called on an event loop. Raises InvalidError with every finding."""
    notes = Notes()
    root = document.read(said) if isinstance(said, str) else said
    read = document.Document(root, notes)
    actions = planned(read, key_prefix)
    service = service_of(read, actions, fetched_from)
    notes.raise_errors()
    return Plan(service, actions, _in_order(notes.warnings))


def _in_order(warnings: Sequence[Finding]) -> list[Finding]:
    def key(finding: Finding) -> list[str]:
        return (finding.pointer or "").split("/")

    return sorted(warnings, key=key)
