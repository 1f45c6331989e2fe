"""The table of the audit log, which grows and never changes."""

from __future__ import annotations

from tortoise import Model, fields
from tortoise.indexes import Index

from tolstoy.core.ids import new_id


class AuditEvent(Model):
    """A link of an organization's chain. `event` is what is hashed; the other columns repeat it, to be searched by.

    Written by the database alone: the service may read it, and nobody may change it.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    org_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    seq = fields.BigIntField()
    user_id = fields.UUIDField(null=True)  # no key to users: who did it stays known when they have left
    action = fields.CharField(max_length=50)
    subject_type = fields.CharField(max_length=50)
    subject_id = fields.UUIDField(null=True)
    event = fields.TextField()
    previous_hash = fields.BinaryField()
    hash = fields.BinaryField()

    class Meta:
        table = "audit_events"
        unique_together = (("org_id", "id"), ("org_id", "seq"))
        indexes = (
            Index(fields=["org_id", "subject_id", "id"]),
            Index(fields=["org_id", "user_id", "id"]),
        )
