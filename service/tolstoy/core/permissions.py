"""What a role lets its user do. Which operation takes which permission is in `api/permissions`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args

Role = Literal["viewer", "operator", "editor", "approver", "admin", "auditor"]
Permission = Literal[
    "read", "run", "define", "approve", "users", "keys", "credentials", "audit", "organization"
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
ROLES: tuple[Role, ...] = get_args(Role)

MEANINGS: Mapping[Permission, str] = {
    "read": "see tools, flows, runs and users",
    "run": "start, cancel and resume runs",
    "define": "write tools, actions, flows and what starts and follows runs",
    "approve": "decide what a run waits for",
    "users": "add, change and remove users",
    "keys": "see, make, rotate and revoke API keys",
    "credentials": "keep what tools are called with",
    "audit": "read the audit log",
    "organization": "change and delete the organization itself",
}
GIVEN: Mapping[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "run"}),
    "editor": frozenset({"read", "run", "define"}),
    "approver": frozenset({"read", "approve"}),
    "admin": frozenset(PERMISSIONS),
    "auditor": frozenset({"read", "audit"}),
}


@cache
def roles_with(permission: Permission) -> tuple[Role, ...]:
    return tuple(role for role in ROLES if permission in GIVEN[role])
