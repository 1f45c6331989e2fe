"""What an import is sent, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tolstoy.core.errors import Finding
from tolstoy.domain.text import Name
from tolstoy.domain.tools import AuthConfig, AuthType, BaseUrl


class OpenAPIImport(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Either `document` or `url`."""

    document: Annotated[
        dict[str, Any] | str | None,
        Meta(description="an OpenAPI document (3.0 or 3.1), as an object or as a text of JSON or YAML"),
    ] = None
    url: (
        Annotated[str, Meta(max_length=2000, description="the address of a document, fetched once")] | None
    ) = None
    tool_id: Annotated[
        UUID | None,
        Meta(
            description="the id of the tool to bring up to date; left out: the one of that name and baseUrl, or a new"
        ),
    ] = None
    name: Annotated[Name | None, Meta(description="the tool's name; left out: the document's title")] = None
    base_url: Annotated[
        BaseUrl | None, Meta(description="where the service is; left out: the document's first server")
    ] = None
    key_prefix: Annotated[
        str,
        Meta(
            max_length=32,
            pattern="^([a-z0-9]+([_-][a-z0-9]+)*[_-]?)?$(?!\n)",
            description="how the actions' keys begin, as petstore- does in petstore-list-pets",
        ),
    ] = ""
    remove_missing: Annotated[
        bool,
        Meta(description="true: delete actions of the tool that are not in the document and in no flow"),
    ] = False


class ImportView(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    dry_run: Annotated[bool, Meta(description="true: say what would change, and change nothing.")] = False


class ImportedTool(Struct, frozen=True, rename="camel"):
    id: Annotated[UUID | None, Meta(description="null in a dry run that would make it.")]
    created: bool
    name: str
    base_url: str
    auth_type: AuthType
    auth_config: AuthConfig | None


class FlowUse(Struct, frozen=True):
    id: UUID
    name: str


class OperationChange(Struct, frozen=True, rename="camel"):
    """`remove`: the action is not in the document. It is `kept` unless removeMissing is sent and no flow names it."""

    change: Literal["add", "change", "remove"]
    key: str
    name: str
    method: str
    endpoint: str
    action_id: UUID | None
    pointer: Annotated[str | None, Meta(description="The operation, in the document.")]
    fields: Annotated[list[str], Meta(description="Of a change: what differs.")]
    breaking: Annotated[
        list[Finding], Meta(description="What a flow that names it could send before and now cannot.")
    ]
    used_by: Annotated[
        list[FlowUse], Meta(description="Flows that name an action that breaks or is missing; at most 20.")
    ]
    kept: bool


class ImportCounts(Struct, frozen=True):
    add: int
    change: int
    remove: int
    same: int
    breaking: int


class ImportResult(Struct, frozen=True, rename="camel"):
    dry_run: bool
    tool: ImportedTool
    counts: ImportCounts
    operations: Annotated[
        list[OperationChange], Meta(description="Those that differ, in the order of the document.")
    ]
    findings: Annotated[
        list[Finding],
        Meta(description="What of the document is not taken over. Pointers into it begin with /document."),
    ]
