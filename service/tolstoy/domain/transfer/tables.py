"""Which tables and columns of an organization a file of it has, and why it lacks the others.

Nothing gets in by itself: a test compares this with the database's catalog, so that what a migration adds has to be
decided about here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

_OWN: Final = ("id", "created_at", "updated_at", "revision")

Reasons = Mapping[str, str]


class Exported(Struct, frozen=True):
    """A table of which each row is a line. `history` is what runs left behind, which may be left out as a whole."""

    name: str
    columns: tuple[str, ...]
    left_out: Reasons = {}
    history: bool = False

    @property
    def mine(self) -> str:
        """The column that says whose a row is."""
        return "id" if self.name == "organizations" else "org_id"


def _of(name: str, columns: str, left_out: Reasons | None = None, *, history: bool = False) -> Exported:
    return Exported(name, (*_OWN, *columns.split()), left_out or {}, history)


_HIDDEN: Final = "a secret, or made of one"
_ENGINE: Final = "what the engine keeps while a run is under way"
_CLOCK: Final = "when to look next, which an import decides anew"

# Each after those that its rows refer to: a file is read from top to bottom.
EXPORTED: Final = (
    _of(
        "organizations",
        "name max_running_executions max_requests_per_minute max_stored_bytes",
        {
            "external_id": "lets in by it: who runs an installation says which organization has it",
            "egress_allow": "opens networks: the same",
        },
    ),
    _of("user_ids", ""),
    _of("users", "email email_key name role external_id"),
    _of("tools", "name base_url auth_type auth_config description"),
    _of(
        "credentials",
        "tool_id name type is_default origin details",
        {
            "secret": _HIDDEN,
            "hint": "the end of a secret",
            "state": "without its secret none is ready",
            "authorized_at": "of tokens that are left out",
            "state_detail": "the same",
        },
    ),
    _of(
        "actions",
        "tool_id key name method endpoint headers input_schema execute_if on_unknown credential_id",
    ),
    _of("flows", "name description version published_version max_running_executions"),
    _of("flow_versions", "flow_id version document published_at published_by"),
    _of(
        "hooks",
        "flow_id user_id name enabled verification dedupe dedupe_header inputs_from answer timeout_seconds",
        {"token_hash": _HIDDEN, "signing_secret": _HIDDEN, "sealed_signing_secret": _HIDDEN},
    ),
    _of(
        "schedules",
        "flow_id user_id name cron time_zone overlap catch_up_seconds inputs paused note last_at skipped last_error",
        {"next_at": _CLOCK, "buffered_at": _CLOCK, "due_at": _CLOCK},
    ),
    _of(
        "subscriptions",
        "url description events flow_id active disabled_reason failing_since",
        {
            "secret": _HIDDEN,
            "previous_secret": _HIDDEN,
            "sealed_secret": _HIDDEN,
            "sealed_previous_secret": _HIDDEN,
            "previous_until": "of a secret that is left out",
        },
    ),
    _of(
        "executions",
        "flow_id version action_key user_id trigger trigger_id dedupe_key parent_id parent_path depth status inputs"
        " output error seq status_seq cancel_requested_at started_at finished_at",
        {
            "callback_secret": _HIDDEN,
            "parked": _ENGINE,
            "job_id": _ENGINE,
            "epoch": _ENGINE,
            "claims": _ENGINE,
            "signalled": _ENGINE,
            "watched": _ENGINE,
            "waiting_for": _ENGINE,
            "wake_at": _ENGINE,
            "deadline_at": _ENGINE,
        },
        history=True,
    ),
    _of(
        "execution_logs",
        "flow_id execution_id step_key inputs outputs error status user_id kind attempt details recorded superseded"
        " started_at finished_at started_seq finished_seq",
        history=True,
    ),
    _of(
        "waits",
        "execution_id step_key round kind due_at needed decisions outcome closed_at",
        history=True,
    ),
    _of(
        "hook_deliveries",
        "hook_id delivery_id headers query body outcome problem execution_id",
        history=True,
    ),
    _of(
        "event_deliveries",
        "subscription_id execution_id type payload status tries attempts",
        {"next_at": _CLOCK},
        history=True,
    ),
)
BY_NAME: Final = {table.name: table for table in EXPORTED}

LEFT_OUT: Final[Reasons] = {
    "api_keys": "of a key there is a hash alone; who is to have one is given another",
    "audit_events": "a chain that holds in its place: export-audit writes it so that it can be proved",
    "credential_authorizations": "begun by somebody, and over within minutes",
    "credential_tokens": _HIDDEN,
    "idempotency_keys": "answers kept for a day, some of which tell of more than the organization",
    "request_allowances": "counted anew",
    "stored_volumes": "measured anew",
}
