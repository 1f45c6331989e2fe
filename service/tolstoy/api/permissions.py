"""Which operation takes which permission: one table. An operation that is not in it cannot be mounted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from tolstoy.core.permissions import Permission

# What no role gives: for who runs the installation.
PLATFORM: Final = "platform"
Requirement = Permission | Literal["platform"]

_OPERATIONS: Mapping[Requirement, str] = {
    PLATFORM: "create_organization create_first_key",
    "organization": "change_organization delete_organization",
    "users": "create_user change_user delete_user",
    "keys": "list_api_keys create_api_key get_api_key revoke_api_key rotate_api_key",
    "credentials": "list_credentials create_credential get_credential change_credential delete_credential"
    " authorize_credential",
    "audit": "list_audit_events verify_audit_events",
    "approve": "approve_step reject_step",
    "define": """
        create_tool change_tool delete_tool import_openapi
        create_action change_action delete_action
        create_flow change_flow delete_flow publish_flow restore_flow_version
        create_hook change_hook delete_hook rotate_hook
        create_schedule change_schedule delete_schedule
        create_subscription change_subscription delete_subscription rotate_subscription_secret test_subscription
        delete_execution
    """,
    "run": """
        start_execution cancel_execution resume_execution cancel_executions resume_executions
        execute_action dry_run_flow
        create_execution_log change_execution_log delete_execution_log
        pause_schedule resume_schedule run_schedule
        replay_event_delivery
    """,
    "read": """
        list_organizations get_organization
        list_users get_user list_tools get_tool list_actions get_action
        list_flows get_flow validate_flow list_flow_versions get_flow_version diff_flow get_flow_stats
        list_executions get_execution follow_execution list_waits list_execution_logs get_execution_log
        list_hooks get_hook list_hook_deliveries get_hook_delivery
        list_schedules get_schedule preview_schedule
        list_subscriptions get_subscription list_event_deliveries get_event_delivery
    """,
}
REQUIRED: Mapping[str, Requirement] = {
    operation: requirement for requirement, names in _OPERATIONS.items() for operation in names.split()
}


def required(operation: str) -> Requirement:
    """What the operation of this name takes; raises LookupError for one that nobody has thought of."""
    try:
        return REQUIRED[operation]
    except KeyError:
        raise LookupError(f"{operation}: say in api/permissions.py which permission it takes") from None
