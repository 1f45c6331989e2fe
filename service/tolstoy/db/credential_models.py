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
    authorized_at = fields.DatetimeField(null=True)

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


class CredentialAuthorization(TenantEntity):
    """A user's wish to authorize a credential, until he comes back from its provider or the time is over.

    What is known of the link, the browser that opened it and the state that it went with are their hashes.
    """

    credential_id = fields.UUIDField()
    user_id = fields.UUIDField()
    key_id = fields.UUIDField(null=True)  # the API key that let him in, which has to hold at the end, too
    expires_at = fields.DatetimeField()
    ticket_hash = fields.BinaryField()
    browser_hash = fields.BinaryField(null=True)
    state_hash = fields.BinaryField(null=True)
    verifier = fields.BinaryField(null=True)  # sealed

    class Meta:
        table = "credential_authorizations"
        unique_together = (("org_id", "id"), ("org_id", "credential_id", "user_id"))
