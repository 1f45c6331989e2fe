"""Flows of every kind for the tests that kill, and what must have become of each of their runs.

Every call says its run and its step in its body, so that the tool's record can be read against the logs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_SECONDS = {"type": "object", "properties": {"seconds": {"type": "number", "in": "query"}}}
ACTIONS: Mapping[str, dict[str, Any]] = {
    "note": {"endpoint": "/note", "inputSchema": {"type": "object", "required": ["run", "step"]}},
    "slow": {"endpoint": "/slow", "inputSchema": _SECONDS},
    "flaky": {"endpoint": "/flaky/{name}/2"},
    "refuse": {"endpoint": "/status/404"},
    "break": {"endpoint": "/status/500"},
    "hang": {"endpoint": "/hang"},
}
AT_ONCE = {"maxAttempts": 8, "intervalSeconds": 0.05, "jitter": "none"}


@dataclass(frozen=True)
class Kind:
    """`document` is given the ids of the flows made before; `output` the run's name and its seconds."""

    document: Callable[[Mapping[str, str]], dict[str, Any]]
    completed: frozenset[str]
    output: Callable[[str, float], Any]
    status: str = "succeeded"
    skipped: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


def call(action: str, key: str, label: str | None = None, **more: Any) -> dict[str, Any]:
    inputs = {"run": "{{ inputs.run }}", "step": label or key}
    return {"key": key, "action": action, "inputs": {**inputs, **more.pop("inputs", {})}, **more}


def sent(run: str, step: str, **more: Any) -> str:
    """The body that the tool has got, and gives back."""
    return json.dumps({"run": run, "step": step, **more}, separators=(",", ":"), sort_keys=True)


def _seen(step: str) -> str:
    return f"{{{{ steps.{step}.output.body.body }}}}"


def _chain(_: Mapping[str, str]) -> dict[str, Any]:
    return {
        "steps": [
            call("note", "a"),
            call("note", "b", inputs={"status": "{{ steps.a.output.status }}"}),
            call("slow", "c", inputs={"seconds": 0.1, "size": "{{ size(steps.b.output.body.body) }}"}),
        ],
        "output": [_seen("a"), _seen("b"), _seen("c")],
    }


def _chained(run: str, _: float) -> Any:
    second = sent(run, "b", status=200)
    return [sent(run, "a"), second, sent(run, "c", size=len(second))]


def _loop(_: Mapping[str, str]) -> dict[str, Any]:
    label = "charge-{{ string(index) }}"
    steps = [
        call("slow", "charge", label, inputs={"seconds": 0.1, "item": "{{ item }}"}),
        {"key": "shape", "transform": {"n": "{{ item * 2 }}", "status": "{{ steps.charge.output.status }}"}},
    ]
    loop = {"items": "{{ steps.list.output }}", "concurrency": 3, "steps": steps}
    return {
        "steps": [
            {"key": "list", "transform": [1, 2, 3, 4, 5, 6]},
            {"key": "lines", "forEach": loop},
            call("note", "after", inputs={"count": "{{ size(steps.lines.output) }}"}),
        ],
        "output": {"lines": "{{ steps.lines.output }}", "after": _seen("after")},
    }


def _looped(run: str, _: float) -> Any:
    lines = [{"n": 2 * n, "status": 200} for n in range(1, 7)]
    return {"lines": lines, "after": sent(run, "after", count=6)}


def _both(_: Mapping[str, str]) -> dict[str, Any]:
    left = [call("note", "left"), {"key": "nap", "wait": {"seconds": 0.5}}, call("note", "late")]
    right = [call("flaky", "right", inputs={"name": "right-{{ inputs.run }}"}, retry=AT_ONCE)]
    return {
        "steps": [
            {"key": "both", "parallel": {"branches": [left, right]}},
            {"key": "joined", "transform": [_seen("late"), "{{ steps.right.output.status }}"]},
        ],
        "output": "{{ steps.joined.output }}",
    }


def _waiting(_: Mapping[str, str]) -> dict[str, Any]:
    return {
        "steps": [
            call("note", "before"),
            {"key": "cool", "wait": {"seconds": "{{ inputs.seconds }}"}},
            call("note", "after"),
        ],
        "output": {"seconds": "{{ inputs.seconds }}", "after": _seen("after")},
    }


def _parent(made: Mapping[str, str]) -> dict[str, Any]:
    child = {"id": made["chain"], "inputs": {"run": "{{ inputs.run + '-child' }}", "seconds": 0}}
    return {
        "steps": [call("note", "before"), {"key": "child", "flow": child}, call("note", "after")],
        "output": {"child": "{{ steps.child.output }}", "after": _seen("after")},
    }


def _parental(run: str, seconds: float) -> Any:
    return {"child": _chained(f"{run}-child", seconds), "after": sent(run, "after")}


def _tolerant(_: Mapping[str, str]) -> dict[str, Any]:
    cases = [
        {"when": "inputs.seconds > 100.0", "steps": [call("note", "never")]},
        {"when": "steps.gone.status == 'failed'", "steps": [call("note", "otherwise")]},
    ]
    return {
        "steps": [
            call("refuse", "gone", onError="continue"),
            call("note", "left_out", executeIf="steps.gone.status == 'completed'"),
            {"key": "route", "switch": {"cases": cases}},
        ],
        "output": ["{{ steps.gone.error.code }}", "{{ steps.left_out.status }}", _seen("otherwise")],
    }


def _decided(_: Mapping[str, str]) -> dict[str, Any]:
    return {
        "steps": [
            call("note", "before"),
            {"key": "decide", "approval": {"approvals": 1}},
            call("note", "after", inputs={"approved": "{{ steps.decide.output.approved }}"}),
        ],
        "output": _seen("after"),
    }


def _failing(_: Mapping[str, str]) -> dict[str, Any]:
    return {
        "steps": [
            call("note", "first"),
            call("break", "broken", retry={"maxAttempts": 2, "intervalSeconds": 0.05}),
            call("note", "never"),
        ],
        "onFailure": [call("note", "sorry", inputs={"code": "{{ error.code }}"})],
    }


def _slow(_: Mapping[str, str]) -> dict[str, Any]:
    return {"steps": [call("slow", "slow", inputs={"seconds": "{{ inputs.seconds }}"})]}


def _hanging(_: Mapping[str, str]) -> dict[str, Any]:
    return {"steps": [call("hang", "hang", timeoutSeconds=3600)]}


# For tests of one case each: what becomes of their runs is theirs to say.
SINGLE: Mapping[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {"slow": _slow, "hang": _hanging}

_LINES = {f"lines[{n}].{key}" for n in range(6) for key in ("charge", "shape")}

# The mixture. A flow is made before those that start it.
KINDS: Mapping[str, Kind] = {
    "chain": Kind(_chain, frozenset({"a", "b", "c"}), _chained),
    "loop": Kind(_loop, frozenset({"list", "lines", "after", *_LINES}), _looped),
    "both": Kind(
        _both,
        frozenset({"both", "left", "nap", "late", "right", "joined"}),
        lambda run, _: [sent(run, "late"), 200],
    ),
    "waiting": Kind(
        _waiting,
        frozenset({"before", "cool", "after"}),
        lambda run, seconds: {"seconds": seconds, "after": sent(run, "after")},
    ),
    "parent": Kind(_parent, frozenset({"before", "child", "after"}), _parental),
    "tolerant": Kind(
        _tolerant,
        frozenset({"route", "otherwise"}),
        lambda run, _: ["http.404", "skipped", sent(run, "otherwise")],
        skipped=frozenset({"left_out"}),
        failed=frozenset({"gone"}),
    ),
    "decided": Kind(
        _decided,
        frozenset({"before", "decide", "after"}),
        lambda run, _: sent(run, "after", approved=True),
    ),
    "failing": Kind(
        _failing,
        frozenset({"first", "sorry"}),
        lambda _run, _seconds: None,
        status="failed",
        failed=frozenset({"broken"}),
    ),
}
