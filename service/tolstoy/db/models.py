"""The tables. What they enforce beyond columns (row-level security, composite keys, triggers) is in migrations/."""

from typing import Any

import msgspec
from tortoise import Model, fields
from tortoise.fields.db_defaults import Now
from tortoise.indexes import Index

from tolstoy.core.ids import new_id


def _json(*, null: bool = False) -> Any:
    return fields.JSONField(
        null=null, encoder=lambda value: msgspec.json.encode(value).decode(), decoder=msgspec.json.decode
    )


class Entity(Model):
    """`created_at`, `updated_at` and `revision` (the ETag) are kept by the database: defaults and a trigger."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    revision = fields.BigIntField(db_default=1)

    class Meta:
        abstract = True


class Organization(Entity):
    name = fields.CharField(max_length=200)

    class Meta:
        table = "organizations"


class TenantEntity(Entity):
    org_id = fields.UUIDField()

    class Meta:
        abstract = True


class User(TenantEntity):
    email = fields.CharField(max_length=320)
    email_key = fields.CharField(max_length=320)  # the address folded, so that uniqueness has a plain index
    name = fields.CharField(max_length=200, null=True)
    role = fields.CharField(max_length=20)

    class Meta:
        table = "users"
        unique_together = (("org_id", "id"), ("org_id", "email_key"))


class Tool(TenantEntity):
    name = fields.CharField(max_length=200)
    base_url = fields.CharField(max_length=2000)
    auth_type = fields.CharField(max_length=20)
    auth_config = _json(null=True)
    description = fields.CharField(max_length=2000, null=True)

    class Meta:
        table = "tools"
        unique_together = (("org_id", "id"),)


class Action(TenantEntity):
    tool_id = fields.UUIDField()
    key = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    method = fields.CharField(max_length=10)
    endpoint = fields.CharField(max_length=2000)
    headers = _json(null=True)
    input_schema = _json(null=True)
    execute_if = fields.CharField(max_length=2000, null=True)

    class Meta:
        table = "actions"
        unique_together = (("org_id", "id"), ("org_id", "key"))
        indexes = (Index(fields=["org_id", "tool_id", "id"]),)


class Flow(TenantEntity):
    name = fields.CharField(max_length=200)
    description = fields.CharField(max_length=2000, null=True)
    version = fields.IntField(db_default=1)  # the newest one, draft or published
    published_version = fields.IntField(null=True)

    class Meta:
        table = "flows"
        unique_together = (("org_id", "id"),)


class FlowVersion(TenantEntity):
    flow_id = fields.UUIDField()
    version = fields.IntField()
    document = _json()
    published_at = fields.DatetimeField(null=True)
    published_by = fields.UUIDField(
        null=True
    )  # no key to users: who published stays known when they have left

    class Meta:
        table = "flow_versions"
        unique_together = (("org_id", "flow_id", "version"), ("org_id", "id"))


class ExecutionLog(TenantEntity):
    flow_id = fields.UUIDField()
    execution_id = fields.UUIDField(null=True)
    step_key = fields.CharField(max_length=500)
    inputs = _json()
    outputs = _json(null=True)
    error = _json(null=True)
    status = fields.CharField(max_length=20)
    user_id = fields.UUIDField()

    class Meta:
        table = "execution_logs"
        unique_together = (("org_id", "id"),)
        indexes = (
            Index(fields=["org_id", "flow_id", "id"]),
            Index(fields=["org_id", "execution_id", "id"]),
            Index(fields=["org_id", "user_id"]),
        )


class IdempotencyKey(Model):
    """An answer kept for its repetition. `org_id` is the platform's id for routes outside any organization."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    org_id = fields.UUIDField()
    key = fields.CharField(max_length=255)
    fingerprint = fields.BinaryField()
    status = fields.SmallIntField()
    headers = _json()
    body = fields.BinaryField()
    created_at = fields.DatetimeField(db_default=Now())

    class Meta:
        table = "idempotency_keys"
        unique_together = (("org_id", "key"),)
        indexes = (Index(fields=["org_id", "created_at"]),)
