"""A syntax tree becomes a closure per node: made once, run many times."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tolstoy.domain.cel import functions, loops, operators, reading
from tolstoy.domain.cel.errors import EvaluationError
from tolstoy.domain.cel.library import VARIABLES
from tolstoy.domain.cel.run import Evaluated, Run
from tolstoy.domain.cel.tree import (
    Call,
    Constant,
    ListOf,
    Loop,
    MapOf,
    Name,
    Node,
    Select,
    UnsupportedError,
    walk,
    written,
)
from tolstoy.domain.cel.values import TYPE_NAMES, TypeName, kind

# The variables of the loops around a node, and the place of each in `Run.variables`.
Slots = Mapping[str, int]


def code(node: Node, slots: Slots) -> Evaluated:
    match node:
        case Constant(value):
            return lambda run: value
        case Name(name):
            return _name(name, slots)
        case Select():
            return _select(node, slots)
        case Call(function) if function in _SPECIAL:
            return _SPECIAL[function](node, slots)
        case Call():
            return _call(node, slots)
        case ListOf():
            return _list(node, slots)
        case MapOf():
            return _map(node, slots)
        case Loop():
            return _loop(node, slots)


def _name(name: str, slots: Slots) -> Evaluated:
    if name in slots:
        slot = slots[name]
        return lambda run: run.variables[slot]
    if name in VARIABLES:
        return lambda run: reading.root(run, name)
    if name in TYPE_NAMES:
        type_name = TypeName(name)
        return lambda run: type_name
    raise UnsupportedError(f"flows have no use for {name}")


def _select(node: Select, slots: Slots) -> Evaluated:
    operand, key, text = code(node.operand, slots), node.field, written(node.operand)
    if node.probe:
        return lambda run: _has(operand, key, text, run)

    def run_it(run: Run) -> Any:
        value = operand(run)
        if type(value) is dict and key in value:
            return value[key]
        return reading.field(value, key, text)

    return run_it


def _has(operand: Evaluated, key: str, text: str, run: Run) -> bool:
    try:
        return reading.has(operand(run), key, text)
    except EvaluationError as exc:
        if exc.code == "undefined":
            return False
        raise


def _call(node: Call, slots: Slots) -> Evaluated:
    function, method = node.function, node.target is not None
    given = node.args if node.target is None else (node.target, *node.args)
    arguments = [code(one, slots) for one in given]
    if function in operators.BINARY:
        binary, (left, right) = operators.BINARY[function], arguments
        return lambda run: binary(left(run), right(run), run)
    if function in operators.UNARY:
        unary, (operand,) = operators.UNARY[function], arguments
        return lambda run: unary(operand(run), run)
    return lambda run: functions.call(
        function, [argument(run) for argument in arguments], method=method, run=run
    )


def _index(node: Call, slots: Slots) -> Evaluated:
    (operand, key), text = _codes(node, slots), written(node.args[0])
    return lambda run: reading.index(operand(run), key(run), text)


def _optional(node: Call, slots: Slots) -> Evaluated:
    (operand, key), text = _codes(node, slots), written(node.args[0])

    def run_it(run: Run) -> Any:
        return reading.optional(operand(run), key(run), text)

    return run_it


def _conditional(node: Call, slots: Slots) -> Evaluated:
    test, then, otherwise = _codes(node, slots)

    def run_it(run: Run) -> Any:
        value = test(run)
        if type(value) is not bool:
            raise EvaluationError(
                "type", f"before ? there is true or false, not {kind(value)}: write a comparison"
            )
        return then(run) if value else otherwise(run)

    return run_it


def _logic(sign: str, decisive: bool) -> Callable[[Call, Slots], Evaluated]:
    """&& and ||: a side that decides does so even where the other has no value."""

    def truth(value: Any) -> bool:
        if type(value) is bool:
            return value
        raise EvaluationError("type", f"{sign} takes true and false, not {kind(value)}: write a comparison")

    def make(node: Call, slots: Slots) -> Evaluated:
        left, right = _codes(node, slots)

        def run_it(run: Run) -> bool:
            try:
                if truth(left(run)) is decisive:
                    return decisive
            except EvaluationError as exc:
                problem = loops.bearable(exc, run)
            else:
                return truth(right(run))
            if _decides(right, run, decisive):
                return decisive
            raise problem

        return run_it

    return make


def _decides(side: Evaluated, run: Run, decisive: bool) -> bool:
    try:
        return side(run) is decisive
    except EvaluationError as exc:
        loops.bearable(exc, run)
        return False


def _or_else(node: Call, slots: Slots) -> Evaluated:
    if node.target is None:
        raise UnsupportedError(f"write .{node.function}(…) behind what may be absent")
    target, other = code(node.target, slots), code(node.args[0], slots)
    unwrap = node.function == "orValue"
    return lambda run: functions.or_else(target(run), lambda: other(run), unwrap=unwrap)


def _list(node: ListOf, slots: Slots) -> Evaluated:
    elements = [(code(one, slots), place in node.optional) for place, one in enumerate(node.elements)]

    def run_it(run: Run) -> list[Any]:
        run.made = True
        made = []
        for element, may_be_absent in elements:
            value = element(run)
            if not may_be_absent:
                made.append(value)
            elif functions.optional(value, "[? ]").present:
                made.append(value.value)
        return made

    return run_it


def _map(node: MapOf, slots: Slots) -> Evaluated:
    entries = [(code(key, slots), code(value, slots), absent) for key, value, absent in node.entries]

    def run_it(run: Run) -> dict[Any, Any]:
        run.made = True
        made: dict[Any, Any] = {}
        for key_of, value_of, may_be_absent in entries:
            key, value = key_of(run), value_of(run)
            if type(key) not in (str, int, bool):
                raise EvaluationError(
                    "type", f"a key is a text, a whole number, true or false, not {kind(key)}"
                )
            if operators.found(made, key):
                raise EvaluationError("value", f"the key {key} is there twice")
            if not may_be_absent:
                made[key] = value
            elif functions.optional(value, "{? }").present:
                made[key] = value.value
        return made

    return run_it


def _loop(node: Loop, slots: Slots) -> Evaluated:
    if node.items == ListOf((), frozenset()):
        return _bound(node, slots)
    slot = _free_slot(slots)
    inner = {**slots, node.variable: slot}
    items, units = code(node.items, slots), sum(1 for _ in walk(node.step))
    gathered = Name(node.gathered)
    match node.step:
        case Call("_+_", None, (before, ListOf((form,)))) if before == gathered:
            return loops.gather(items, slot, None, code(form, inner), units)
        case Call("_?_:_", None, (test, Call("_+_", None, (before, ListOf((form,)))), _)) if (
            before == gathered
        ):
            return loops.gather(items, slot, code(test, inner), code(form, inner), units)
        case Call("_?_:_", None, (test, Call("_+_", None, (before, Constant(1))), _)) if before == gathered:
            return loops.exactly_one(items, slot, code(test, inner), units)
        case Call("_||_", None, (before, test)) if before == gathered:
            return loops.decide(items, slot, code(test, inner), True, units)
        case Call("_&&_", None, (before, test)) if before == gathered:
            return loops.decide(items, slot, code(test, inner), False, units)
    raise UnsupportedError("of loops there are .map, .filter, .all, .exists and .exists_one")


def _bound(node: Loop, slots: Slots) -> Evaluated:
    """What .optMap becomes: no rounds, only a variable."""
    slot = _free_slot(slots)
    start, result = code(node.start, slots), code(node.result, {**slots, node.gathered: slot})

    def run_it(run: Run) -> Any:
        run.variables[slot] = start(run)
        return result(run)

    return run_it


def _free_slot(slots: Slots) -> int:
    """Not their number: where one name hides another, there are fewer of them than slots in use."""
    return max(slots.values(), default=-1) + 1


def _codes(node: Call, slots: Slots) -> list[Evaluated]:
    return [code(argument, slots) for argument in node.args]


_SPECIAL: Final[dict[str, Callable[[Call, Slots], Evaluated]]] = {
    "_&&_": _logic("&&", decisive=False),
    "_||_": _logic("||", decisive=True),
    "_?_:_": _conditional,
    "_[_]": _index,
    "_?._": _optional,
    "_[?_]": _optional,
    "or": _or_else,
    "orValue": _or_else,
}
