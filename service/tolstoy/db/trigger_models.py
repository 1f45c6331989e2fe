"""The tables of what starts runs from outside, and of what tells the outside about them."""

from tortoise import fields
from tortoise.indexes import Index

from tolstoy.db.models import TenantEntity, json_field


class Hook(TenantEntity):
    """An address that starts runs of a flow. Of its token only the hash is kept."""

    flow_id = fields.UUIDField()
    user_id = fields.UUIDField()
    name = fields.CharField(max_length=200)
    enabled = fields.BooleanField(db_default=True)
    token_hash = fields.BinaryField()
    verification = fields.CharField(max_length=20, db_default="none")
    signing_secret = fields.CharField(
        max_length=500, null=True
    )  # of before there was a key; see domain/sealed
    sealed_signing_secret = fields.BinaryField(null=True)
    dedupe = fields.CharField(max_length=20, db_default="preset")
    dedupe_header = fields.CharField(max_length=100, null=True)
    inputs_from = fields.CharField(max_length=20, db_default="request")
    answer = fields.CharField(max_length=20, db_default="at-once")
    timeout_seconds = fields.SmallIntField(db_default=30)

    class Meta:
        table = "hooks"
        unique_together = (("org_id", "id"),)
        indexes = (Index(fields=["org_id", "flow_id", "id"]), Index(fields=["org_id", "user_id"]))


class HookDelivery(TenantEntity):
    """The inbox: a request whose signature was right, as it came. Accepted ones are unique by `delivery_id`."""

    hook_id = fields.UUIDField()
    delivery_id = fields.CharField(max_length=255, null=True)
    headers = json_field()
    query = json_field()
    body = fields.BinaryField()
    outcome = fields.CharField(max_length=20, db_default="accepted")
    problem = json_field(null=True)
    execution_id = fields.UUIDField(null=True)

    class Meta:
        table = "hook_deliveries"
        unique_together = (("org_id", "id"),)
        indexes = (Index(fields=["org_id", "hook_id", "id"]), Index(fields=["org_id", "execution_id"]))


class Schedule(TenantEntity):
    """`next_at` is the next tick. `due_at` says when to look at the schedule: then, or when what runs has ended."""

    flow_id = fields.UUIDField()
    user_id = fields.UUIDField()
    name = fields.CharField(max_length=200)
    cron = fields.CharField(max_length=200)
    time_zone = fields.CharField(max_length=100, db_default="UTC")
    overlap = fields.CharField(max_length=20, db_default="skip")
    catch_up_seconds = fields.IntField(db_default=3600)
    inputs = json_field()
    paused = fields.BooleanField(db_default=False)
    note = fields.CharField(max_length=500, null=True)
    next_at = fields.DatetimeField(null=True)
    last_at = fields.DatetimeField(null=True)
    buffered_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    skipped = fields.BigIntField(db_default=0)
    last_error = json_field(null=True)

    class Meta:
        table = "schedules"
        unique_together = (("org_id", "id"),)
        indexes = (Index(fields=["org_id", "flow_id", "id"]), Index(fields=["org_id", "user_id"]))


class Subscription(TenantEntity):
    """Who is told of events. While a secret is being replaced, both sign."""

    url = fields.CharField(max_length=2000)
    description = fields.CharField(max_length=2000, null=True)
    events = json_field()
    flow_id = fields.UUIDField(null=True)
    secret = fields.CharField(max_length=200, null=True)  # of before there was a key, as the next
    previous_secret = fields.CharField(max_length=200, null=True)
    sealed_secret = fields.BinaryField(null=True)
    sealed_previous_secret = fields.BinaryField(null=True)
    previous_until = fields.DatetimeField(null=True)
    active = fields.BooleanField(db_default=True)
    disabled_reason = fields.CharField(max_length=500, null=True)
    failing_since = fields.DatetimeField(null=True)

    class Meta:
        table = "subscriptions"
        unique_together = (("org_id", "id"),)
        indexes = (Index(fields=["org_id", "flow_id"]),)


class EventDelivery(TenantEntity):
    """The outbox: an event for one subscription. `tries` counts since it last began; `attempts` tells of each."""

    subscription_id = fields.UUIDField()
    execution_id = fields.UUIDField(null=True)
    type = fields.CharField(max_length=50)
    payload = json_field()
    status = fields.CharField(max_length=20, db_default="pending")
    tries = fields.IntField(db_default=0)
    attempts = json_field()
    next_at = fields.DatetimeField(null=True)

    class Meta:
        table = "event_deliveries"
        unique_together = (("org_id", "id"),)
        indexes = (
            Index(fields=["org_id", "subscription_id", "id"]),
            Index(fields=["org_id", "execution_id"]),
        )
