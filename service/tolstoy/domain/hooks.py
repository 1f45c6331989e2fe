"""Hooks: the addresses at which others start runs of a flow. What arrives at one is in hook_deliveries."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from tolstoy.core.errors import Finding, InvalidError
from tolstoy.core.ids import new_id
from tolstoy.db import tenancy, trigger_models
from tolstoy.db.statements import Table
from tolstoy.db.tenancy import Scope
from tolstoy.domain import address_tokens, crud, flows, hook_requests, sealed, webhook_signatures
from tolstoy.domain.paging import Page, PageQuery
from tolstoy.domain.text import Moment, Name
from tolstoy.domain.webhook_signatures import Verification

VerifiedBy = Annotated[
    Verification,
    Meta(description="none, github, stripe, slack or standard (Standard Webhooks), how a sender signs"),
]
SigningSecret = Annotated[
    str,
    Meta(
        min_length=1, max_length=500, description="the secret that the sender signs with; never shown again"
    ),
]
Dedupe = Annotated[
    Literal["preset", "header", "none"],
    Meta(
        description="preset, header or none, by what a delivery is known that comes twice: what the sender's kind has"
        " for it (X-GitHub-Delivery, the id of a Stripe event, event_id of Slack, webhook-id; Idempotency-Key where"
        " verification is none), the header named in dedupeHeader, or nothing"
    ),
]
HeaderName = Annotated[
    str,
    Meta(pattern="^[A-Za-z0-9_-]{1,100}$(?!\n)", description="the name of a header, such as X-Delivery-ID"),
]
InputsFrom = Annotated[
    Literal["request", "body"],
    Meta(
        description='request or body, what a run is given: {"body": …, "headers": {…}, "query": {…}}, or the JSON'
        " object in the body itself"
    ),
]
Answer = Annotated[
    Literal["at-once", "when-done"],
    Meta(
        description="at-once or when-done, whether the sender is answered with 202, or with the output of the run if"
        " it ends in time"
    ),
]
TimeoutSeconds = Annotated[
    int, Meta(ge=1, le=50, description="a number from 1 to 50, how long when-done waits until it answers 202")
]


class HookCreate(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name
    enabled: bool = True
    verification: VerifiedBy = "none"
    signing_secret: SigningSecret | None = None
    dedupe: Dedupe = "preset"
    dedupe_header: HeaderName | None = None
    inputs: InputsFrom = "request"
    answer: Answer = "at-once"
    timeout_seconds: TimeoutSeconds = 30


class HookChange(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    verification: VerifiedBy | UnsetType = UNSET
    signing_secret: SigningSecret | UnsetType = UNSET
    dedupe: Dedupe | UnsetType = UNSET
    dedupe_header: HeaderName | UnsetType | None = UNSET
    inputs: InputsFrom | UnsetType = UNSET
    answer: Answer | UnsetType = UNSET
    timeout_seconds: TimeoutSeconds | UnsetType = UNSET


class Hook(Struct, frozen=True, rename="camel"):
    id: UUID
    org_id: UUID
    flow_id: UUID
    user_id: Annotated[UUID, Meta(description="On whose behalf its runs are.")]
    name: str
    enabled: bool
    verification: Verification
    dedupe: Literal["preset", "header", "none"]
    dedupe_header: str | None
    inputs: Literal["request", "body"]
    answer: Literal["at-once", "when-done"]
    timeout_seconds: int
    created_at: Moment
    updated_at: Moment
    revision: int


class HookWithPath(Hook, frozen=True, rename="camel"):
    shown_once: ClassVar[frozenset[str]] = frozenset({"path"})

    path: Annotated[
        str,
        Meta(
            description="Where others send to: who knows it may. It is shown this once, and not again where the answer"
            " is replayed for its Idempotency-Key."
        ),
    ]


class HookQuery(PageQuery, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    enabled: bool | None = None


TABLE = Table(trigger_models.Hook, Hook, computed={"inputs": "inputs_from"})
_CONDITIONS = {"enabled": "enabled = {}"}
_ONE = TABLE.reading("flow_id = $3 AND id = $4")
_COLUMNS = {"inputs": "inputs_from"}
_INSERT = TABLE.insert(
    (
        "id",
        "flow_id",
        "token_hash",
        "name",
        "enabled",
        "verification",
        "sealed_signing_secret",
        "dedupe",
        "dedupe_header",
        "inputs_from",
        "answer",
        "timeout_seconds",
    ),
    entered_user="user_id",
)
_NO_IDS: Final = hook_requests.SECRET_HEADERS | {"x-org-id", "x-user-id"}


async def get(scope: Scope, flow_id: UUID, hook_id: UUID) -> Hook:
    row = await tenancy.fetchrow(scope, _ONE, flow_id, hook_id)
    if row is None:
        raise crud.missing(TABLE, hook_id)
    return TABLE.read(row)


async def page(scope: Scope, flow_id: UUID, query: HookQuery) -> Page[Hook]:
    found = await crud.page(scope, TABLE, query, _CONDITIONS, within={"flow_id": flow_id})
    if not found.data:
        await flows.get(scope, flow_id)  # an empty page may mean that there is no flow
    return found


async def create(scope: Scope, flow_id: UUID, new: HookCreate) -> HookWithPath:
    if found := [*_secret_findings(structs.asdict(new)), *_dedupe_findings(structs.asdict(new))]:
        raise InvalidError(findings=found)
    id_ = new_id()
    token, token_hash = address_tokens.new(scope.org_id, id_)
    args = (
        id_,
        flow_id,
        token_hash,
        new.name,
        new.enabled,
        new.verification,
        None if new.signing_secret is None else sealed.HOOK.seal(scope, id_, new.signing_secret),
        new.dedupe,
        new.dedupe_header and new.dedupe_header.lower(),
        new.inputs,
        new.answer,
        new.timeout_seconds,
    )
    conflicts = {"hooks_flows_fk": lambda: crud.missing(flows.TABLE, flow_id)}
    made = await crud.insert_by(scope, TABLE, _INSERT, args, conflicts)
    return HookWithPath(**structs.asdict(made), path=f"/hooks/{token}")


async def change(
    scope: Scope, flow_id: UUID, hook_id: UUID, sent: HookChange, if_match: frozenset[int] | None
) -> Hook:
    values = crud.given(sent)
    async with tenancy.transaction(scope) as inner:
        stored = await _locked(inner, flow_id, hook_id, if_match)
        if values.get("verification") == "none":
            values.setdefault("signing_secret", None)
        if values.get("dedupe", "header") != "header":
            values.setdefault("dedupe_header", None)
        _check_change(inner, stored, values)
        if "signing_secret" in values:
            secret = values.pop("signing_secret")
            values |= {"signing_secret": None, "sealed_signing_secret": None}
            if secret is not None:
                values["sealed_signing_secret"] = sealed.HOOK.seal(inner, hook_id, secret)
        if values.get("dedupe_header"):
            values["dedupe_header"] = values["dedupe_header"].lower()
        values = {_COLUMNS.get(name, name): value for name, value in values.items()}
        return await crud.update(inner, TABLE, hook_id, values, {})


async def rotate(scope: Scope, flow_id: UUID, hook_id: UUID, if_match: frozenset[int] | None) -> HookWithPath:
    """Give it another address; the one before leads nowhere from then on."""
    async with tenancy.transaction(scope) as inner:
        await _locked(inner, flow_id, hook_id, if_match)
        token, token_hash = address_tokens.new(scope.org_id, hook_id)
        hook = await crud.update(inner, TABLE, hook_id, {"token_hash": token_hash}, {})
        return HookWithPath(**structs.asdict(hook), path=f"/hooks/{token}")


async def remove(scope: Scope, flow_id: UUID, hook_id: UUID, if_match: frozenset[int] | None) -> None:
    """Its inbox goes with it; the runs that it started stay."""
    async with tenancy.transaction(scope) as inner:
        stored = await _locked(inner, flow_id, hook_id, if_match)
        await stored.delete()


async def _locked(
    scope: Scope, flow_id: UUID, hook_id: UUID, if_match: frozenset[int] | None
) -> trigger_models.Hook:
    within = {"flow_id": flow_id}
    return await crud.locked(scope, TABLE, trigger_models.Hook, hook_id, if_match, within=within)


def _check_change(scope: Scope, stored: trigger_models.Hook, values: dict[str, Any]) -> None:
    names = ("verification", "dedupe", "dedupe_header")
    merged = {name: values.get(name, getattr(stored, name)) for name in names}
    found: list[Finding] = []
    if "signing_secret" in values:
        found += _secret_findings({**merged, "signing_secret": values["signing_secret"]})
    elif "verification" in values:  # the one that is kept has to fit it
        kept = sealed.HOOK.open(scope, stored.id, stored.sealed_signing_secret, stored.signing_secret)
        found += _secret_findings({**merged, "signing_secret": kept})
    if found := [*found, *_dedupe_findings(merged)]:
        raise InvalidError(findings=found)


def _secret_findings(values: dict[str, Any]) -> list[Finding]:
    kind, secret = values["verification"], values["signing_secret"]
    at = "/signingSecret"
    if kind == "none":
        detail = "verification none takes no secret: say how the sender signs"
        return [Finding("not_applicable", detail, at)] if secret is not None else []
    if secret is None:
        return [Finding("required", f"verification {kind} needs the secret that the sender signs with", at)]
    if kind == "standard" and webhook_signatures.key_of(secret) is None:
        detail = "a secret of Standard Webhooks is whsec_ and base64 of 24 to 64 bytes"
        return [Finding("invalid_format", detail, at)]
    return []


def _dedupe_findings(values: dict[str, Any]) -> list[Finding]:
    if values["dedupe"] == "header" and values["dedupe_header"] is None:
        return [Finding("required", "dedupe header needs the name of the header", "/dedupeHeader")]
    if values["dedupe"] != "header" and values["dedupe_header"] is not None:
        detail = f"dedupe {values['dedupe']} takes no header; write dedupe: header"
        return [Finding("not_applicable", detail, "/dedupeHeader")]
    if (values["dedupe_header"] or "").lower() in _NO_IDS:
        detail = "this header proves who sends, and is not stored: write one that names the delivery"
        return [Finding("invalid_value", detail, "/dedupeHeader")]
    return []
