"""The tables of what tools are called with: secrets, sealed by `core.crypto`, and what they were exchanged for."""

from tortoise import fields

from tolstoy.db.models import TenantEntity, json_field


class Credential(TenantEntity):
    """What a tool asks callers for. `secret` is sealed and names the `origin` that it may be sent to."""

    tool_id = fields.UUIDField()
    name = fields.CharField(max_length=200)
    type = fields.CharField(max_length=20)
    is_default = fields.BooleanField(db_default=False)
    origin = fields.CharField(max_length=2000)
    details = json_field()  # what of it is no secret
    hint = fields.CharField(max_length=20)
    secret = fields.BinaryField()
    state = fields.CharField(max_length=20, db_default="ready")
    state_detail = fields.CharField(max_length=500, null=True)

    class Meta:
        table = "credentials"
        unique_together = (("org_id", "id"), ("org_id", "tool_id", "id"), ("org_id", "tool_id", "name"))


class CredentialToken(TenantEntity):
    """The access token of an OAuth2 credential, and the lease of who is fetching another.

    `generation` counts the tokens: who found one of them refused asks for a newer one.
    """

    credential_id = fields.UUIDField()
    token = fields.BinaryField(null=True)
    refresh_at = fields.DatetimeField(null=True)
    generation = fields.BigIntField(db_default=0)
    lease_id = fields.UUIDField(null=True)
    lease_until = fields.DatetimeField(null=True)

    class Meta:
        table = "credential_tokens"
        unique_together = (("org_id", "id"), ("org_id", "credential_id"))
