"""The chain that the audit log of an organization is, and where it is broken.

Each event carries the hash of the one before; its own is SHA-256 over that hash and the event's text, as it is stored
and exported, byte by byte. Who changes, removes or inserts one has to write all those after it anew, and is found
out by whoever kept the hash of a later one.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import msgspec


class Link(msgspec.Struct, frozen=True):
    """A row, or a line of an export, whose `columns` are empty."""

    seq: int
    previous_hash: bytes
    hash: bytes
    event: bytes
    columns: dict[str, Any] = {}


class Broken(msgspec.Struct, frozen=True, rename="camel"):
    """The first event at which the chain is not what it was when it was written."""

    seq: int
    reason: str


class _Event(msgspec.Struct, rename="camel"):
    id: UUID
    org_id: UUID
    seq: int
    created_at: datetime
    user_id: UUID | None
    action: str
    subject_type: str
    subject_id: UUID | None


def genesis(org_id: UUID) -> bytes:
    """What stands for the hash before the first event."""
    return sha256(f"tolstoy audit {org_id}".encode()).digest()


class Chain:
    """Follows a chain event by event, from after `seq`, whose hash is `hash`: from the beginning unless given."""

    def __init__(self, org_id: UUID, seq: int = 0, hash: bytes | None = None) -> None:
        self.org_id = org_id
        self.seq = seq
        self.hash = genesis(org_id) if hash is None else hash

    def follow(self, link: Link) -> Broken | None:
        """What is wrong with the next one; the chain stays where it is then."""
        if link.seq != self.seq + 1:
            if link.seq <= self.seq:
                return Broken(link.seq, f"it comes again, or too late: {self.seq} was before it")
            return Broken(self.seq + 1, f"it is missing: {link.seq} comes after {self.seq}")
        if not compare_digest(link.previous_hash, self.hash):
            return Broken(link.seq, "its previousHash is not the hash of the event before it")
        if not compare_digest(sha256(link.previous_hash + link.event).digest(), link.hash):
            return Broken(link.seq, "its hash is not that of what it says")
        try:
            said = msgspec.structs.asdict(msgspec.json.decode(link.event, type=_Event))
        except (msgspec.DecodeError, msgspec.ValidationError):
            return Broken(link.seq, "what it says is no event")
        expected = {"seq": link.seq, "org_id": self.org_id, **link.columns}
        for name, value in expected.items():
            if said[name] != value:
                return Broken(link.seq, f"its {name} is not the one that was hashed")
        self.seq, self.hash = link.seq, link.hash
        return None
