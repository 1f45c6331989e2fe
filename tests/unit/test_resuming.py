"""What a resume undoes, and when what it keeps does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from tolstoy.domain import resuming, step_paths
from tolstoy.domain.resuming import Recorded


def _step(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, **(fields or {"transform": 1})}


def _loop(key: str, *steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"key": key, "forEach": {"items": [1, 2, 3], "steps": list(steps)}, **fields}


def _parallel(key: str, *branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {"key": key, "parallel": {"branches": list(branches)}}


def _document(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"steps": list(steps), **more}


def _recorded(document: dict[str, Any], **statuses: str) -> list[Recorded]:
    """What is recorded of steps; `lines_0_charge` stands for the path `lines[0].charge`."""
    trails = resuming.trails_of(document)
    found = []
    for name, status in statuses.items():
        *loops, key = name.split("_")
        path = "".join(f"{loop}[{index}]." for loop, index in zip(loops[::2], loops[1::2], strict=True)) + key
        step = trails[key][-1].step
        kind = next(
            kind for kind in step if kind in ("transform", "action", "forEach", "parallel", "switch", "flow")
        )
        found.append(Recorded(path, kind, status.removesuffix("!"), status.endswith("!")))
    return found


def _undone(document: dict[str, Any], start: str | None = None, **statuses: str) -> set[str]:
    trails = resuming.trails_of(document)
    from_ = None if start is None else step_paths.read(start)
    return resuming.undone(trails, trails, _recorded(document, **statuses), from_)


ABC = _document(_step("a"), _step("b"), _step("c"))
LINES = _document(
    _step("before"), _loop("lines", _step("fetch"), _step("charge"), _step("mail")), _step("after")
)
DONE = dict.fromkeys(
    (
        "before", "lines", "lines_0_fetch", "lines_0_charge", "lines_0_mail", "lines_1_fetch", "lines_1_charge",
        "lines_1_mail", "after",
    ),
    "completed",
)  # fmt: skip


def test_what_failed_runs_again_and_what_ended_well_stays() -> None:
    assert _undone(ABC, a="completed", b="failed") == {"b"}
    assert _undone(ABC, a="skipped", b="started") == {"b"}
    assert _undone(ABC, a="completed", b="completed") == set()


def test_from_a_step_that_is_named_all_after_it_runs_again() -> None:
    assert _undone(ABC, "b", a="completed", b="completed", c="completed") == {"b", "c"}
    assert _undone(ABC, "a", a="completed", b="failed") == {"a", "b"}


def test_a_failure_that_its_flow_goes_on_with_stays() -> None:
    """Unless another attempt was to follow."""
    document = _document(_step("a", transform=1, onError="continue"), _step("b"))
    assert _undone(document, a="failed", b="failed") == {"b"}
    assert _undone(document, a="failed!", b="failed") == {"a", "b"}


def test_what_is_around_a_step_is_reopened_and_the_other_items_stay() -> None:
    assert _undone(LINES, "lines[0].charge", **DONE) == {"lines", "lines[0].charge", "lines[0].mail", "after"}
    failed = {**DONE, "lines": "failed", "lines_1_charge": "failed"}
    del failed["lines_1_mail"], failed["after"]
    assert _undone(LINES, **failed) == {"lines", "lines[1].charge"}


def test_from_a_loop_all_its_items_run_again() -> None:
    assert _undone(LINES, "lines", **DONE) == {path for path in _paths(LINES, DONE) if path != "before"}


def _paths(document: dict[str, Any], statuses: dict[str, str]) -> set[str]:
    return {row.path for row in _recorded(document, **statuses)}


def test_inside_a_step_that_stays_all_stays() -> None:
    """Failures inside a loop that its flow goes on with are part of how it ended."""
    loop = _loop("lines", _step("fetch"), _step("charge"), onError="continue")
    document = _document(loop, _step("after"))
    rows = {"lines": "failed", "lines_0_fetch": "completed", "lines_0_charge": "failed", "after": "failed"}
    assert _undone(document, **rows) == {"after"}
    reopened = {**rows, "lines_1_fetch": "completed"}
    assert _undone(document, "lines[1].fetch", **reopened) == {
        "lines", "lines[0].charge", "lines[1].fetch", "after"
    }  # fmt: skip


def test_other_branches_stay_as_far_as_they_ended_well() -> None:
    document = _document(_parallel("both", [_step("a"), _step("b")], [_step("c"), _step("d")]), _step("e"))
    done = dict.fromkeys(("both", "a", "b", "c", "d", "e"), "completed")
    assert _undone(document, "b", **done) == {"both", "b", "e"}
    assert _undone(document, **{**done, "both": "failed", "b": "failed", "d": "failed"}) == {"both", "b", "d"}


def test_another_case_does_not_stay() -> None:
    cases = [{"when": "true", "steps": [_step("a"), _step("b")]}, {"when": "true", "steps": [_step("c")]}]
    document = _document({"key": "route", "switch": {"cases": cases}})
    assert _undone(document, "b", route="failed", a="completed", b="failed", c="completed") == {
        "route",
        "b",
        "c",
    }


def test_nested_loops_are_told_apart() -> None:
    document = _document(_loop("out", _loop("in", _step("x")), _step("y")))
    done = dict.fromkeys(
        ("out", "out_0_in", "out_0_in_0_x", "out_0_in_1_x", "out_0_y", "out_1_in", "out_1_in_0_x", "out_1_y"),
        "completed",
    )
    assert _undone(document, "out[0].in[1].x", **done) == {"out", "out[0].in", "out[0].in[1].x", "out[0].y"}


def test_on_failure_always_runs_again() -> None:
    document = _document(_step("a"), onFailure=[_step("alarm"), _step("mail")])
    assert _undone(document, a="failed", alarm="completed", mail="failed") == {"a", "alarm", "mail"}
    assert _undone(document, "a", a="failed", alarm="completed") == {"a", "alarm"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing", "there is no step"),
        ("charge", "as in lines[0].charge"),
        ("before[0].charge", "as in lines[0].charge"),
        ("lines[0].after", "as in after"),
        ("lines[7].charge", "the run never came to lines[7]"),
        ("alarm", "onFailure"),
        ("lines[1].charge", None),
        ("after", None),
    ],
)
def test_a_step_to_start_from_has_to_be_one_that_the_run_can_start_from(path: str, said: str | None) -> None:
    document = {**LINES, "onFailure": [_step("alarm")]}
    start = step_paths.read(path)
    assert start is not None
    wrong = resuming.check_start(start, [resuming.trails_of(document)], _recorded(document, **DONE))
    assert (wrong is None) if said is None else (wrong is not None and said in wrong)


def _misfits(
    old: dict[str, Any], new: dict[str, Any], start: str | None = None, **statuses: str
) -> dict[str, str]:
    before, after = resuming.trails_of(old), resuming.trails_of(new)
    from_ = None if start is None else step_paths.read(start)
    rows = _recorded(old, **statuses)
    undone = resuming.undone(before, after, rows, from_)
    kept = [row for row in rows if row.path not in undone]
    return {
        finding.detail.partition(":")[0]: finding.code
        for finding in resuming.misfits(kept, before, after, from_, 2)
    }


def _of_other_items(document: dict[str, Any], start: str | None = None, **statuses: str) -> list[str]:
    undone = _undone(document, start, **statuses)
    kept = [row for row in _recorded(document, **statuses) if row.path not in undone]
    found = list(resuming.of_other_items(kept))
    assert {(finding.code, finding.pointer) for finding in found} <= {("other_items", "/inputs")}
    return [finding.detail.partition(";")[0] for finding in found]


def test_in_a_loop_that_goes_on_nothing_stays_of_the_items_of_other_inputs() -> None:
    """Each step is told once, with the outermost loop that goes on."""
    reason = "it ran for an item of the inputs before"
    failed = {**DONE, "lines": "failed", "lines_1_charge": "failed"}
    assert _of_other_items(LINES, **failed) == [
        f"{path}: {reason}" for path in ("lines[0].fetch", "lines[0].charge", "lines[0].mail")
    ]
    assert _of_other_items(LINES, "lines[0].fetch", **DONE) == [
        f"{path}: {reason}" for path in ("lines[1].fetch", "lines[1].charge", "lines[1].mail")
    ]
    nested = _document(_loop("out", _loop("in", _step("x")), _step("y")))
    rows = {"out": "failed", "out_0_in": "completed", "out_0_in_0_x": "completed", "out_0_y": "failed"}
    assert _of_other_items(nested, **rows) == [f"out[0].{path}: {reason}" for path in ("in", "in[0].x")]


def test_other_inputs_fit_loops_that_are_done_or_begin_anew() -> None:
    assert _of_other_items(LINES, **{**DONE, "after": "failed"}) == []
    assert _of_other_items(LINES, "lines", **DONE) == []
    assert _of_other_items(LINES, "before", **DONE) == []
    first = {"before": "completed", "lines": "failed", "lines_0_fetch": "failed"}
    assert _of_other_items(LINES, **first) == []


def test_what_stays_fits_a_version_that_has_it_in_its_place() -> None:
    extended = _document(_step("new"), _step("b"), _step("a"), _step("c", transform=2), _step("d"))
    assert _misfits(ABC, extended, a="completed", b="completed", c="failed") == {}
    assert _misfits(ABC, _document(_step("b"), _step("a")), a="completed", b="failed") == {}
    assert _misfits(LINES, LINES, "lines[1].charge", **DONE) == {}


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (_document(_step("b"), _step("c")), "unknown_step"),
        (_document(_step("a", wait={"seconds": 1}), _step("c")), "other_kind"),
        (_document(_loop("lines", _step("a")), _step("c")), "moved"),
        (_document(_parallel("both", [_step("a")]), _step("c")), "moved"),
        (_document(_step("b"), onFailure=[_step("a")]), "moved"),
        (_document(_step("c"), _step("a")), "comes_later"),
        (_document(_parallel("both", [_step("c"), _step("x")]), _step("a")), "comes_later"),
    ],
)
def test_what_stays_has_to_fit(new: dict[str, Any], code: str) -> None:
    assert _misfits(ABC, new, "c", a="completed", c="failed") == {"a": code}


def test_a_call_of_something_else_does_not_fit() -> None:
    def calls(**called: Any) -> dict[str, Any]:
        return _document(_step("a", **called), _step("b"))

    rows = {"a": "completed", "b": "failed"}
    assert _misfits(calls(action="get"), calls(action="get"), **rows) == {}
    assert _misfits(calls(action="get"), calls(action="put"), **rows) == {"a": "other_target"}
    assert _misfits(calls(flow={"id": "1"}), calls(flow={"id": "1", "version": 3}), **rows) == {}
    assert _misfits(calls(flow={"id": "1"}), calls(flow={"id": "2"}), **rows) == {"a": "other_target"}


def test_each_step_is_told_once_however_many_items_it_ran_for() -> None:
    changed = _document(_step("before"), _loop("lines", _step("fetch")), _step("after"))
    rows = {name: status for name, status in DONE.items() if name != "after"}
    assert list(_misfits(LINES, changed, **rows)) == ["lines[0].charge", "lines[0].mail"]


def test_a_step_that_only_the_new_version_has_can_be_started_from() -> None:
    new = _document(_step("a"), _step("instead"), _step("c"))
    assert _misfits(ABC, new, "instead", a="completed", b="failed") == {}
    assert _misfits(ABC, new, "instead", a="completed", b="completed", c="failed") == {"b": "unknown_step"}
    assert _misfits(ABC, new, "b", a="completed", b="completed", c="failed") == {}


@pytest.mark.parametrize(
    "text",
    ["", "a.b", "a[x].b", "a[01].b", "a[-1].b", "a[1]", "[1].a", "a[1]b", "a[1].b.c", "a\n", "é", "a" * 600],
)
def test_what_is_no_path_of_a_step(text: str) -> None:
    assert step_paths.read(text) is None


def test_a_path_is_read_and_written_alike() -> None:
    for text in ("a", "a[0].b", "a[12].b_1[3].c"):
        path = step_paths.read(text)
        assert path is not None and path.text == text
