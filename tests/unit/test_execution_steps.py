"""The tree of a run's steps, out of its document and the newest attempt of each."""

from __future__ import annotations

from typing import Any

import msgspec

from tolstoy.domain.execution_steps import MOST_NODES, StepRow, StepView, Tree, tree

A_STEP: dict[str, Any] = {"key": "a", "transform": 1}


def _row(path: str, kind: str = "transform", status: str = "completed", **fields: Any) -> StepRow:
    said = {
        "path": path, "kind": kind, "status": status, "attempts": 1, "startedAt": "2026-01-31T12:00:00.000000Z",
        "finishedAt": None, "error": None, "details": None, **fields,
    }  # fmt: skip
    return msgspec.json.decode(msgspec.json.encode(said), type=StepRow)


def _tree(*rows: StepRow, finished: bool = False, **document: Any) -> Tree:
    return tree(document, rows, finished=finished)


def _paths(steps: list[StepView]) -> list[Any]:
    return [[step.path, *_paths(step.steps)] for step in steps]


def test_what_has_not_begun_is_pending() -> None:
    made = _tree(_row("a"), steps=[A_STEP, {"key": "b", "name": "Second", "wait": {"seconds": 1}}])
    assert [(step.key, step.name, step.kind, step.status, step.attempts) for step in made.steps] == [
        ("a", None, "transform", "completed", 1),
        ("b", "Second", "wait", "pending", 0),
    ]
    assert not made.truncated


def test_nested_steps_have_their_number() -> None:
    inner = {"key": "both", "parallel": {"branches": [[A_STEP], [{"key": "b", "transform": 2}]]}}
    loop = {"key": "lines", "forEach": {"items": [7, 8], "steps": [inner]}}
    rows = [_row("lines", "forEach", "started", details={"items": 2}), _row("lines[0].both", "parallel")]
    made = _tree(
        *rows, _row("lines[0].a"), _row("lines[0].b"), _row("lines[1].both", "parallel"), steps=[loop]
    )
    assert _paths(made.steps) == [
        [
            "lines",
            ["lines[0].both", ["lines[0].a"], ["lines[0].b"]],
            ["lines[1].both", ["lines[1].a"], ["lines[1].b"]],
        ]
    ]
    (lines,) = made.steps
    assert (lines.items, [step.index for step in lines.steps]) == (2, [0, 1])
    assert [(step.index, step.status) for step in lines.steps[1].steps] == [(0, "pending"), (1, "pending")]


def test_of_a_switch_the_case_that_was_chosen_is_shown() -> None:
    cases = [{"when": "false", "steps": [A_STEP]}, {"when": "true", "steps": [{"key": "b", "transform": 2}]}]
    step = {"key": "s", "switch": {"cases": cases, "default": [{"key": "c", "transform": 3}]}}
    for chosen, expected in ((None, []), (1, [["b"]]), (2, [["c"]])):
        rows = [] if chosen is None else [_row("s", "switch", "started", details={"case": chosen})]
        (shown,) = _tree(*rows, steps=[step]).steps
        assert _paths(shown.steps) == expected
        assert [inner.index for inner in shown.steps] == ([] if chosen is None else [chosen])


def test_what_a_step_waits_for() -> None:
    due = "2030-01-31T09:00:00+00:00"
    rows = [
        _row("w", "wait", "started", details={"dueAt": due}),
        _row("ok", "approval", "started", details={"dueAt": due, "approvals": 2}),
        _row("child", "flow", "started", details={"flowId": "x"}),
        _row("call", "http", "failed", details={"retryAt": due}, error={"code": "http.503"}),
        _row("busy", "http", "started"),
    ]
    steps = [
        {"key": "w", "wait": {}},
        {"key": "ok", "approval": {}},
        {"key": "child", "flow": {}},
        {"key": "call", "http": {}},
        {"key": "busy", "http": {}},
    ]
    made = msgspec.json.decode(msgspec.json.encode(_tree(*rows, steps=steps).steps))
    assert [(step["status"], step["wait"]) for step in made] == [
        ("waiting", {"for": "time", "dueAt": "2030-01-31T09:00:00Z"}),
        ("waiting", {"for": "approval", "dueAt": "2030-01-31T09:00:00Z", "approvals": 2}),
        ("waiting", {"for": "flow", "dueAt": None}),
        ("waiting", {"for": "retry", "dueAt": "2030-01-31T09:00:00Z"}),
        ("running", None),
    ]
    ended = _tree(*rows, steps=steps, finished=True).steps
    assert {step.status for step in ended} == {"failed"}
    assert msgspec.json.decode(bytes(ended[0].error or b""))["code"] == "abandoned"
    assert msgspec.json.decode(bytes(ended[3].error or b""))["code"] == "http.503"


def test_steps_of_on_failure_are_there_once_one_of_them_is() -> None:
    document = {
        "steps": [A_STEP],
        "onFailure": [{"key": "tell", "transform": 1}, {"key": "more", "transform": 1}],
    }
    assert _tree(_row("a"), **document).on_failure == []
    made = _tree(_row("a", status="failed"), _row("tell"), **document)
    assert [(step.key, step.status) for step in made.on_failure] == [
        ("tell", "completed"),
        ("more", "pending"),
    ]


def test_a_tree_is_bounded_and_whole_iterations_are_left_out() -> None:
    """What is outside of loops is there in any case, then outer loops before inner ones."""
    loop = {"key": "l", "forEach": {"items": [], "steps": [A_STEP, {"key": "b", "transform": 1}]}}
    rows = [_row(f"l[{index}].{key}") for index in range(700) for key in "ab"]
    made = _tree(_row("l", "forEach"), *rows, _row("last"), steps=[loop, {"key": "last", "transform": 1}])
    loop_shown, last = made.steps
    assert made.truncated and last.status == "completed"
    assert len(loop_shown.steps) == MOST_NODES - 2
    assert [step.path for step in loop_shown.steps[-2:]] == ["l[498].a", "l[498].b"]

    inner = {"key": "i", "forEach": {"items": [], "steps": [A_STEP]}}
    outer = {"key": "o", "forEach": {"items": [], "steps": [inner]}}
    rows = [_row(f"o[{n}].i[{m}].a") for n in range(40) for m in range(40)]
    (shown,) = _tree(*rows, steps=[outer]).steps
    assert [len(step.steps) for step in shown.steps] == [40] * 23 + [39] + [0] * 16
