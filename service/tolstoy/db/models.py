"""The tables. What they enforce beyond columns (row-level security, composite keys, triggers) is in migrations/."""

from typing import Any

import msgspec
from tortoise import Model, fields
from tortoise.fields.db_defaults import Now
from tortoise.indexes import Index

from tolstoy.core.ids import new_id


def json_field(*, null: bool = False) -> Any:
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
    max_running_executions = fields.IntField(db_default=100)
    max_requests_per_minute = fields.IntField(null=True)  # null: what the setting says
    max_stored_bytes = fields.BigIntField(null=True)  # the same
    external_id = fields.CharField(
        max_length=255, null=True, unique=True
    )  # what an identity provider calls it
    egress_allow = json_field(null=True)  # beside what the setting allows

    class Meta:
        table = "organizations"


class TenantEntity(Entity):
    org_id = fields.UUIDField()

    class Meta:
        abstract = True


class UserId(TenantEntity):
    """What history names a user by. Of one who was anonymized it stays, and nothing else does."""

    class Meta:
        table = "user_ids"
        unique_together = (("org_id", "id"),)


class User(TenantEntity):
    email = fields.CharField(max_length=320)
    email_key = fields.CharField(max_length=320)  # the address folded, so that uniqueness has a plain index
    name = fields.CharField(max_length=200, null=True)
    role = fields.CharField(max_length=20)
    external_id = fields.CharField(max_length=255, null=True)  # whom an identity provider means

    class Meta:
        table = "users"
        unique_together = (("org_id", "id"), ("org_id", "email_key"), ("org_id", "external_id"))


class Tool(TenantEntity):
    name = fields.CharField(max_length=200)
    base_url = fields.CharField(max_length=2000)
    auth_type = fields.CharField(max_length=20)
    auth_config = json_field(null=True)
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
    headers = json_field(null=True)
    input_schema = json_field(null=True)
    execute_if = fields.CharField(max_length=2000, null=True)
    on_unknown = fields.CharField(max_length=10, db_default="retry")
    credential_id = fields.UUIDField(null=True)  # one of its tool's, else the tool's default

    class Meta:
        table = "actions"
        unique_together = (("org_id", "id"), ("org_id", "key"))
        indexes = (Index(fields=["org_id", "tool_id", "id"]),)


class Flow(TenantEntity):
    name = fields.CharField(max_length=200)
    description = fields.CharField(max_length=2000, null=True)
    version = fields.IntField(db_default=1)  # the newest one, draft or published
    published_version = fields.IntField(null=True)
    max_running_executions = fields.IntField(null=True)

    class Meta:
        table = "flows"
        unique_together = (("org_id", "id"),)


class FlowVersion(TenantEntity):
    flow_id = fields.UUIDField()
    version = fields.IntField()
    document = json_field()
    published_at = fields.DatetimeField(null=True)
    published_by = fields.UUIDField(
        null=True
    )  # no key to users: who published stays known when they have left

    class Meta:
        table = "flow_versions"
        unique_together = (("org_id", "flow_id", "version"), ("org_id", "id"))


class Execution(TenantEntity):
    """A run. Its transitions, and what follows from each, are kept by functions and a trigger (migrations 9 and 10).

    `epoch` counts the claims: a worker writes only under the epoch it claimed. `job_id` is the one job of the queue
    that may claim the run. `seq` numbers what has happened, for those who follow it. A queued run without a job is
    `parked`: its organization, or its flow, has as many runs as it may.
    """

    flow_id = fields.UUIDField(null=True)  # without one, the run of a single action
    version = fields.IntField(null=True)
    action_key = fields.CharField(max_length=64, null=True)
    user_id = fields.UUIDField()
    trigger = fields.CharField(max_length=20)
    trigger_id = fields.UUIDField(null=True)
    dedupe_key = fields.CharField(max_length=600, null=True)
    parent_id = fields.UUIDField(null=True)
    parent_path = fields.CharField(max_length=500, null=True)
    depth = fields.SmallIntField(db_default=0)
    status = fields.CharField(max_length=20, db_default="queued")
    parked = fields.BooleanField(db_default=False)
    inputs = json_field()
    output = json_field(null=True)
    error = json_field(null=True)
    job_id = fields.BigIntField(null=True)
    epoch = fields.IntField(db_default=0)
    claims = fields.IntField(db_default=0)  # since it last got on: a run that kills its workers must end
    seq = fields.BigIntField(db_default=0)
    status_seq = fields.BigIntField(db_default=0)
    signalled = fields.BooleanField(db_default=False)
    watched = fields.BooleanField(db_default=False)
    waiting_for = fields.CharField(max_length=20, null=True)
    wake_at = fields.DatetimeField(null=True)
    deadline_at = fields.DatetimeField(null=True)
    cancel_requested_at = fields.DatetimeField(null=True)
    callback_secret = fields.BinaryField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "executions"
        unique_together = (("org_id", "id"), ("org_id", "dedupe_key"))
        indexes = (
            Index(fields=["org_id", "flow_id", "id"]),
            Index(fields=["org_id", "status", "id"]),
            Index(fields=["org_id", "parent_id"]),
            Index(fields=["org_id", "user_id", "id"]),
        )


class ExecutionLog(TenantEntity):
    """One attempt of a step. `recorded` rows are the engine's; `superseded` ones were undone by a resume."""

    flow_id = fields.UUIDField(null=True)
    execution_id = fields.UUIDField(null=True)
    step_key = fields.CharField(max_length=500)
    inputs = json_field()
    outputs = json_field(null=True)
    error = json_field(null=True)
    status = fields.CharField(max_length=20)
    user_id = fields.UUIDField()
    kind = fields.CharField(max_length=20, null=True)
    attempt = fields.IntField(db_default=1)
    details = json_field(null=True)
    recorded = fields.BooleanField(db_default=False)
    superseded = fields.BooleanField(db_default=False)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    started_seq = fields.BigIntField(null=True)
    finished_seq = fields.BigIntField(null=True)

    class Meta:
        table = "execution_logs"
        unique_together = (("org_id", "id"),)
        indexes = (
            Index(fields=["org_id", "flow_id", "id"]),
            Index(fields=["org_id", "execution_id", "id"]),
            Index(fields=["org_id", "user_id"]),
        )


class Wait(TenantEntity):
    """What a step waits for: a time, approvals, a callback or another run. `outcome` is there once it is over."""

    execution_id = fields.UUIDField()
    step_key = fields.CharField(max_length=500)
    round = fields.IntField(db_default=1)  # a step that is run again waits anew
    kind = fields.CharField(max_length=20)
    due_at = fields.DatetimeField(null=True)
    needed = fields.SmallIntField(db_default=1)
    decisions = json_field()
    outcome = json_field(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "waits"
        unique_together = (("org_id", "id"), ("org_id", "execution_id", "step_key", "round"))


class IdempotencyKey(Model):
    """An answer kept for its repetition. `org_id` is the platform's id for routes outside any organization."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    org_id = fields.UUIDField()
    key = fields.CharField(max_length=255)
    fingerprint = fields.BinaryField()
    status = fields.SmallIntField()
    headers = json_field()
    body = fields.BinaryField()
    created_at = fields.DatetimeField(db_default=Now())

    class Meta:
        table = "idempotency_keys"
        unique_together = (("org_id", "key"),)
        indexes = (Index(fields=["org_id", "created_at"]),)
