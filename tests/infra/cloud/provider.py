"""The providers of this program, aws and random, on an account of moto's."""

from __future__ import annotations

from tests.infra.cloud import doors, groups, keeping, machines, rights, systems, watching
from tests.infra.cloud.account import Account, Provider

KINDS = {
    **keeping.KINDS,
    **rights.KINDS,
    **machines.KINDS,
    **systems.KINDS,
    **watching.KINDS,
    **doors.KINDS,
    **groups.KINDS,
}
LOOKUPS = {**machines.LOOKUPS, **systems.LOOKUPS}


def provider(account: Account) -> Provider:
    return Provider(account, KINDS, LOOKUPS)
