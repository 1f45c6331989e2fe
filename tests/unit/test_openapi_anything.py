"""Whatever an OpenAPI document says becomes an action that the API would take, or a finding."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.openapi_documents import document
from tolstoy.domain import json_schema
from tolstoy.domain.actions import ActionCreate
from tolstoy.domain.openapi.plan import plan

_NAMES = st.text(alphabet="abAB12_-. é", min_size=1, max_size=8)
_SCALARS = st.sampled_from(
    [{"type": "string"}, {"type": "integer", "minimum": 3}, {"type": ["boolean", "null"]}, True]
)
_SCHEMAS = st.recursive(
    _SCALARS | st.just({"$ref": "#/components/schemas/Loop"}),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(_NAMES, inner, max_size=3)}
        ),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=8,
)
_PARAMETERS = st.lists(
    st.fixed_dictionaries(
        {"name": _NAMES, "in": st.sampled_from(["query", "header", "cookie"]), "schema": _SCHEMAS},
        optional={"required": st.booleans(), "style": st.just("form"), "description": st.just("D")},
    ),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(
    parameters=_PARAMETERS,
    body=st.none() | _SCHEMAS,
    path_names=st.lists(_NAMES, max_size=3, unique=True),
    operation_id=st.none() | _NAMES,
    prefix=st.sampled_from(["", "pre-"]),
)
def test_whatever_it_says_becomes_an_action_or_a_finding(
    parameters: list[Any], body: Any, path_names: list[str], operation_id: str | None, prefix: str
) -> None:
    """What becomes an action, the API takes; the same document makes the same; no two inputs are one."""
    path = "/p" + "".join(f"/{{{name}}}" for name in path_names)
    operation: dict[str, Any] = {"parameters": parameters}
    if operation_id is not None:
        operation["operationId"] = operation_id
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    loop = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Loop"}}}
    said = document({path: {"post": operation}}, components={"schemas": {"Loop": loop}})
    made = plan(said, key_prefix=prefix)
    assert made == plan(said, key_prefix=prefix)
    assert len(made.actions) == 1 or made.warnings
    for action in made.actions:
        sent = {
            "toolId": "01a20057-3e5d-704b-bbed-112ca9e86b3f",
            "key": action.key,
            "name": action.name,
            "method": action.method,
            "endpoint": action.endpoint,
            "inputSchema": action.input_schema,
        }
        msgspec.convert(sent, ActionCreate)
        assert list(json_schema.check(action.input_schema)) == []
        assert set(action.input_schema.get("required", [])) <= action.input_schema["properties"].keys()
        assert action.input_schema["properties"].keys() == action.sources.keys()
