"""The tables of what organizations may use."""

from tortoise import Model, fields
from tortoise.fields.db_defaults import Now


class RequestAllowance(Model):
    """A token bucket: an organization's (`user_id` is null, `id` its own), a user's (`id` the user's) or an API key's.

    UNLOGGED: a crash of the database fills the buckets, and no request waits for the disk.
    """

    id = fields.UUIDField(primary_key=True)
    org_id = fields.UUIDField()
    user_id = fields.UUIDField(null=True)
    tokens = fields.FloatField()
    filled_at = fields.DatetimeField(db_default=Now())

    class Meta:
        table = "request_allowances"
        unique_together = (("org_id", "id"),)


class StoredVolume(Model):
    """What an organization's executions and logs took when they were last measured; `id` is the organization's.

    `most` is what the setting allowed then; `seconds`, how long the measuring took, says when it is done again.
    """

    id = fields.UUIDField(primary_key=True)
    org_id = fields.UUIDField()
    bytes = fields.BigIntField()
    most = fields.BigIntField(null=True)
    measured_at = fields.DatetimeField(db_default=Now())
    seconds = fields.FloatField()

    class Meta:
        table = "stored_volumes"
        unique_together = (("org_id", "id"),)
