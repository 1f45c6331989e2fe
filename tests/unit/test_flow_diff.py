import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.domain.flow_diff import diff

OLD: dict[str, Any] = {
    "steps": [
        {"key": "order", "action": "get-order"},
        {"key": "cool", "wait": {"seconds": 60}},
        {"key": "tell", "action": "notify"},
    ],
    "output": {"id": "{{ steps.order.output.id }}"},
}


def test_the_same_document_has_no_difference() -> None:
    assert diff(OLD, copy.deepcopy(OLD)) == []


def test_a_changed_field_is_one_operation() -> None:
    new = copy.deepcopy(OLD)
    new["steps"][1]["wait"]["seconds"] = 90
    assert diff(OLD, new) == [{"op": "replace", "path": "/steps/1/wait/seconds", "value": 90}]


def test_a_removed_step_is_one_operation() -> None:
    assert diff(OLD, {**OLD, "steps": OLD["steps"][:2]}) == [{"op": "remove", "path": "/steps/2"}]


@pytest.mark.parametrize(
    ("old", "new"), [(True, 1), (0, False), (1, 1.0), ([True], [1]), ({"a": 0}, {"a": False})]
)
def test_true_is_not_one(old: object, new: object) -> None:
    assert json.dumps(jsonpatch.apply_patch(old, diff(old, new))) == json.dumps(new)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
)


@settings(deadline=None)
@given(JSON, JSON)
def test_applying_the_patch_gives_the_new_document(old: object, new: object) -> None:
    patched = jsonpatch.apply_patch(old, diff(old, new))
    assert json.dumps(patched, sort_keys=True) == json.dumps(new, sort_keys=True)


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd"), max_size=8), st.lists(st.sampled_from("abcd"), max_size=8))
def test_steps_that_moved_are_where_they_should_be(old: list[str], new: list[str]) -> None:
    before, after = (
        {"steps": [{"key": key, "transform": {"of": key}} for key in keys]} for keys in (old, new)
    )
    assert jsonpatch.apply_patch(before, diff(before, after)) == after
