"""What is wrong or doubtful with a flow's document in its organization: with the actions and flows that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.core.ids import parse_id
from tolstoy.core.strict_json import pointer
from tolstoy.db import tenancy
from tolstoy.db.tenancy import Scope
from tolstoy.domain import flow_checks, flow_credentials, flow_document
from tolstoy.domain.flow_checks import ActionFacts
from tolstoy.domain.flow_sites import trails
from tolstoy.domain.text import Description, MaxRunning, Name

_ACTIONS = tenancy.reading(
    "SELECT key, endpoint, input_schema FROM actions WHERE org_id = $1 AND key = ANY ($3::text[])"
)
_FLOWS = tenancy.reading("SELECT id FROM flows WHERE org_id = $1 AND id = ANY ($3::uuid[])")

_NOT_OF_THE_DOCUMENT = frozenset({"name", "description", "max_running_executions"})

AnyJson = Annotated[Any, Meta(description="any JSON: what is wrong with it is what this tells")]


class FlowValidate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A flow as it would be saved; what is not of its document may come along."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    max_running_executions: MaxRunning | UnsetType | None = UNSET
    input_schema: AnyJson | UnsetType = UNSET
    steps: AnyJson | UnsetType = UNSET
    output: AnyJson | UnsetType = UNSET
    on_failure: AnyJson | UnsetType = UNSET
    max_duration_seconds: AnyJson | UnsetType = UNSET


class Validation(Struct, frozen=True, rename="camel"):
    result: Annotated[Literal["OK", "FAIL"], Meta(description="OK: it can be saved and run.")]
    findings: list[Finding]
    truncated: Annotated[bool, Meta(description="Whether there are more findings than are listed.")]


async def validate(scope: Scope, sent: FlowValidate) -> Validation:
    given = {
        wire: value
        for name, wire in zip(sent.__struct_fields__, sent.__struct_encode_fields__, strict=True)
        if name not in _NOT_OF_THE_DOCUMENT and (value := getattr(sent, name)) is not UNSET
    }
    if not flow_checks.action_keys(given):
        await tenancy.fetch(scope, _ACTIONS, [])  # the door, which nothing else would pass then
    found = await findings(scope, given)
    result: Literal["OK", "FAIL"] = "FAIL" if errors_of(found) else "OK"
    return Validation(result, found, any(finding.code == "more_findings" for finding in found))


async def findings(scope: Scope, document: dict[str, Any]) -> list[Finding]:
    actions: dict[str, ActionFacts] = {}
    if keys := flow_checks.action_keys(document):
        for row in await tenancy.fetch(scope, _ACTIONS, sorted(keys)):
            schema = row["input_schema"]
            facts = None if schema is None else msgspec.json.decode(schema)
            actions[row["key"]] = ActionFacts(row["endpoint"], facts)
    unknown = [*await _unknown_flows(scope, document), *await flow_credentials.unknown(scope, document)]
    return flow_document.bounded(chain(flow_checks.check(document, actions), unknown))


async def refuse_errors(scope: Scope, document: dict[str, Any]) -> list[Finding]:
    """The warnings; raises InvalidError with all findings where one of them is an error."""
    found = await findings(scope, document)
    if errors_of(found):
        raise InvalidError(findings=found)
    return found


def errors_of(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity == "error"]


async def _unknown_flows(scope: Scope, document: dict[str, Any]) -> list[Finding]:
    ids = {text: id_ for text in flow_checks.flow_ids(document) if (id_ := parse_id(text.lower()))}
    if not ids:
        return []
    there = {row["id"] for row in await tenancy.fetch(scope, _FLOWS, sorted(set(ids.values())))}
    return list(_missing(document, {text for text, id_ in ids.items() if id_ not in there}))


def _missing(document: dict[str, Any], unknown: set[str]) -> Iterator[Finding]:
    for trail in trails(document):
        call = trail[-1].step.get("flow")
        id_ = call.get("id") if isinstance(call, dict) else None
        if isinstance(id_, str) and id_ in unknown:
            place = pointer(pointer(trail[-1].at, "flow"), "id")
            yield Finding("unknown_flow", "there is no flow with this id here", place, severity="error")
