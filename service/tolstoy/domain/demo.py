"""A demo organization to try Tolstoy with, made like anyone else's: by its member, through the domain."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from tolstoy.db import models, tenancy
from tolstoy.db.database import Database
from tolstoy.db.tenancy import Door, Scope
from tolstoy.domain import actions, flow_versions, flows, organizations, tools, users

ORGANIZATION: Final = "Tolstoy Demo"
EMAIL: Final = "demo@tolstoy.example"

_TOOL = tools.ToolCreate(
    name="JSONPlaceholder",
    base_url="https://jsonplaceholder.typicode.com",
    description="A public API to practise on: it needs no key and keeps nothing.",
)


def _inputs(**types: str) -> dict[str, Any]:
    properties = {name: {"type": type_} for name, type_ in types.items()}
    return {
        "type": "object",
        "required": list(types),
        "properties": properties,
        "additionalProperties": False,
    }


def _actions(tool_id: UUID) -> tuple[actions.ActionCreate, ...]:
    return (
        actions.ActionCreate(
            tool_id=tool_id,
            key="get-person",
            name="Get a person",
            method="GET",
            endpoint="/users/{personId}",
            input_schema=_inputs(personId="integer"),
        ),
        actions.ActionCreate(
            tool_id=tool_id,
            key="list-tasks",
            name="List a person's tasks",
            method="GET",
            endpoint="/users/{personId}/todos",
            input_schema=_inputs(personId="integer"),
        ),
        actions.ActionCreate(
            tool_id=tool_id,
            key="write-note",
            name="Write a note",
            method="POST",
            endpoint="/posts",
            headers={"Content-Type": "application/json"},
            input_schema=_inputs(userId="integer", title="string", body="string"),
        ),
    )


_PERSON = "{{ inputs.personId }}"
_FLOW = flows.FlowCreate(
    name="Note how much a person has to do",
    description="Reads a person and their tasks, and writes a note when there are any.",
    input_schema=_inputs(personId="integer"),
    steps=[
        {"key": "person", "action": "get-person", "inputs": {"personId": _PERSON}},
        {"key": "tasks", "action": "list-tasks", "inputs": {"personId": _PERSON}},
        {
            "key": "note",
            "action": "write-note",
            "executeIf": "size(steps.tasks.output.body) > 0",
            "inputs": {
                "userId": _PERSON,
                "title": "Tasks of {{ steps.person.output.body.name }}",
                "body": "{{ size(steps.tasks.output.body) }} in all",
            },
        },
    ],
    output={"person": "{{ steps.person.output.body.name }}", "tasks": "{{ size(steps.tasks.output.body) }}"},
)


class Demo(Struct, frozen=True):
    organization: UUID
    user: UUID
    tool: UUID
    actions: dict[str, UUID]
    flow: UUID


async def plant(database: Database) -> Demo:
    """Make what of the demo is missing. Two at once would make two: the caller sees to it that there is one."""
    organization, user = await _organization(database)
    member = Scope(database, Door.MEMBER, organization, user)
    async with tenancy.transaction(member) as scope:
        tool = await _tool(scope)
        made = {new.key or "": await _action(scope, new) for new in _actions(tool)}
        flow = await _flow(scope)
    return Demo(organization, user, tool, made, flow)


async def _organization(database: Database) -> tuple[UUID, UUID]:
    platform = tenancy.platform(database)
    query = organizations.OrganizationQuery(name=ORGANIZATION, limit=200)
    for found in reversed((await organizations.page(platform, query)).data):
        if (user := await _user(platform, found.id)) is not None:
            return found.id, user
    owner = organizations.Owner(email=EMAIL, name="Demo")
    made = await organizations.create(
        platform, organizations.OrganizationCreate(name=ORGANIZATION, owner=owner)
    )
    if not isinstance(made.owner, users.User):
        raise RuntimeError("an organization made with an owner has one")
    return made.id, made.owner.id


async def _user(platform: Scope, organization: UUID) -> UUID | None:
    """The demo's user, whose id is needed to enter as a member: all that is looked up past the doors."""
    async with tenancy.transaction(platform) as scope:
        await scope.open_connection.execute("SELECT set_config('app.org_id', $1, true)", str(organization))
        user = await models.User.get_or_none(org_id=organization, email_key=users.folded(EMAIL))
        return None if user is None else user.id


async def _tool(scope: Scope) -> UUID:
    found = await models.Tool.filter(org_id=scope.org_id, name=_TOOL.name).order_by("id").first()
    return found.id if found is not None else (await tools.create(scope, _TOOL)).id


async def _action(scope: Scope, new: actions.ActionCreate) -> UUID:
    found = await models.Action.get_or_none(org_id=scope.org_id, key=new.key)
    return found.id if found is not None else (await actions.create(scope, new)).id


async def _flow(scope: Scope) -> UUID:
    found = await models.Flow.filter(org_id=scope.org_id, name=_FLOW.name).order_by("id").first()
    if found is not None:
        return found.id
    made = await flows.create(scope, _FLOW)
    return (await flow_versions.publish(scope, made.id, None)).id
