"""A flow's document made ready to run: every expression and template compiled, once for each version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from tolstoy.domain.flow_document import FlowDocument
from tolstoy.domain.flow_step import KINDS, Step
from tolstoy.engine.ready import ReadyCondition, ReadyTemplate


@dataclass(frozen=True, slots=True)
class Node:
    """A step. `template` is what its kind renders; `lists` are the lists of steps inside it, `whens` go with them."""

    key: str
    kind: str
    step: Step
    execute_if: ReadyCondition | None
    template: ReadyTemplate
    lists: tuple[tuple[Node, ...], ...] = ()
    whens: tuple[ReadyCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Node, ...]
    on_failure: tuple[Node, ...]
    output: ReadyTemplate
    actions: frozenset[str]
    credentials: frozenset[UUID] = frozenset()
    # a key's enclosing forEach keys, outermost first: what its callback's path is made of
    loops: dict[str, tuple[str, ...]] = field(default_factory=dict)


def compile_document(document: dict[str, Any]) -> Plan:
    flow = msgspec.convert(document, FlowDocument)
    steps, on_failure = _nodes(flow.steps), _nodes(flow.on_failure)
    everything = (*walk(steps), *walk(on_failure))
    return Plan(
        steps,
        on_failure,
        ReadyTemplate(None if flow.output is UNSET else flow.output),
        frozenset(node.step.action for node in everything if isinstance(node.step.action, str)),
        frozenset(id_ for node in everything if (id_ := _credential(node)) is not None),
        {key: loops for nodes in (steps, on_failure) for key, loops in _loops(nodes, ())},
    )


def _credential(node: Node) -> UUID | None:
    named = UNSET if node.step.http is UNSET else node.step.http.credential
    return None if named is UNSET else UUID(named)


def of_action(key: str) -> Plan:
    """The run of a single action: its inputs are the run's, its output too."""
    step = Step(key="action", action=key)
    node = Node("action", "action", step, None, ReadyTemplate("{{ inputs }}"))
    return Plan((node,), (), ReadyTemplate("{{ steps.action.output }}"), frozenset({key}))


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for inner in node.lists:
            yield from walk(inner)


def inside(node: Node) -> Iterator[Node]:
    """The steps that share their frame with `node` although they are inside it; those of a loop have their own."""
    if node.kind != "forEach":
        for inner in node.lists:
            for one in inner:
                yield one
                yield from inside(one)


def _loops(nodes: Sequence[Node], around: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in nodes:
        yield node.key, around
        within = (*around, node.key) if node.kind == "forEach" else around
        for inner in node.lists:
            yield from _loops(inner, within)


def _nodes(steps: Sequence[Step]) -> tuple[Node, ...]:
    return tuple(_node(step) for step in steps)


_FIELDS = {"forEach": "for_each"}


def _node(step: Step) -> Node:
    kind = next(kind for kind in KINDS if getattr(step, _FIELDS.get(kind, kind)) is not UNSET)
    lists: tuple[tuple[Node, ...], ...] = ()
    whens: tuple[ReadyCondition, ...] = ()
    if step.for_each is not UNSET:
        lists = (_nodes(step.for_each.steps),)
    elif step.parallel is not UNSET:
        lists = tuple(_nodes(branch) for branch in step.parallel.branches)
    elif step.switch is not UNSET:
        cases = step.switch.cases
        lists = tuple(_nodes(case.steps) for case in cases)
        whens = tuple(ReadyCondition(case.when) for case in cases)
        if step.switch.default is not UNSET:
            lists = (*lists, _nodes(step.switch.default))
    execute_if = None if step.execute_if is UNSET else ReadyCondition(step.execute_if)
    return Node(step.key, kind, step, execute_if, ReadyTemplate(_rendered(step, kind)), lists, whens)


def _rendered(step: Step, kind: str) -> Any:
    """What of a step is made from expressions when it runs, as one JSON value."""
    if step.http is not UNSET:
        call = step.http
        body = {} if call.body is UNSET else {"body": call.body}
        return {
            "method": call.method,
            "url": call.url,
            "headers": dict(call.headers),
            "query": call.query,
            **body,
        }
    if step.wait is not UNSET:
        return step.wait.until if step.wait.seconds is UNSET else step.wait.seconds
    if step.for_each is not UNSET:
        return step.for_each.items
    if step.flow is not UNSET:
        return step.flow.inputs
    if kind == "transform":
        return step.transform
    return {} if step.inputs is UNSET else step.inputs
