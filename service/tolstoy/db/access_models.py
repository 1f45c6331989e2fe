"""The tables of who may use the API."""

from tortoise import fields
from tortoise.indexes import Index

from tolstoy.db.models import TenantEntity, json_field


class ApiKey(TenantEntity):
    """Acts as its user. Of its text only the hash is kept; `scopes` null means all that the user's role gives."""

    user_id = fields.UUIDField()
    name = fields.CharField(max_length=200)
    prefix = fields.CharField(max_length=26)  # what its text begins with
    hash = fields.BinaryField()
    scopes = json_field(null=True)
    max_requests_per_minute = fields.IntField(
        null=True
    )  # null: no limit but its user's and its organization's
    expires_at = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    replaced_by = fields.UUIDField(null=True)

    class Meta:
        table = "api_keys"
        unique_together = (("org_id", "id"),)
        indexes = (Index(fields=["org_id", "user_id", "id"]),)
