"""The syntax tree of a CEL expression, as cel-expr-python parsed it.

The library shows its tree only as a serialized `cel.expr.CheckedExpr` (or `ParsedExpr`), a protobuf message; the few
fields that matter are read here: https://github.com/google/cel-spec/blob/master/proto/cel/expr/syntax.proto
"""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

Scalar = None | bool | int | float | str | bytes


class Constant(msgspec.Struct, frozen=True):
    value: Scalar


class Name(msgspec.Struct, frozen=True):
    name: str


class Select(msgspec.Struct, frozen=True):
    """`operand.field`; `probe` is the macro has(operand.field)."""

    operand: "Node"
    field: str
    probe: bool = False


class Call(msgspec.Struct, frozen=True):
    """An operator is a function too: `_+_`, `_?_:_`, `_[_]`."""

    function: str
    target: "Node | None"
    args: tuple["Node", ...]


class ListOf(msgspec.Struct, frozen=True):
    elements: tuple["Node", ...]
    optional: frozenset[int]


class MapOf(msgspec.Struct, frozen=True):
    """Of (key, value, whether the value is an optional one)."""

    entries: tuple[tuple["Node", "Node", bool], ...]


class Loop(msgspec.Struct, frozen=True):
    """What .map, .filter, .exists … become: each round's `step` makes the next `gathered`."""

    variable: str
    items: "Node"
    gathered: str
    start: "Node"
    step: "Node"
    result: "Node"


Node = Constant | Name | Select | Call | ListOf | MapOf | Loop


class UnsupportedError(ValueError):
    """What CEL knows and flows have no use for."""


def read(serialized: bytes, *, checked: bool) -> Node:
    message = _Message(_Message(serialized).bytes(2))
    return _node(message.message(4 if checked else 2))


def children(node: Node) -> Iterator[Node]:
    match node:
        case Select():
            yield node.operand
        case Call():
            if node.target is not None:
                yield node.target
            yield from node.args
        case ListOf():
            yield from node.elements
        case MapOf():
            for key, value, _ in node.entries:
                yield key
                yield value
        case Loop():
            yield from (node.items, node.start, node.step, node.result)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def written(node: Node) -> str:
    """As in the source, as far as people need it to recognize a path."""
    match node:
        case Name(name):
            return name
        case Constant(value):
            return f"'{value}'" if isinstance(value, str) else str(value)
        case Select(operand, field):
            return f"{written(operand)}.{field}"
        case Call("_?._", None, (operand, Constant(str(field)))):
            return f"{written(operand)}.?{field}"
        case Call("_[_]" | "_[?_]", None, (operand, key)):
            return f"{written(operand)}[{written(key)}]"
        case Call(function, None, _):
            return f"{function}(…)" if function[0].isalpha() else "this"
        case Call(function, target, _) if target is not None:
            return f"{written(target)}.{function}(…)"
    return "this"


class _Message:
    """The fields of one protobuf message by their numbers."""

    __slots__ = ("_fields",)

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[bytes | int]] = {}
        at = 0
        while at < len(data):
            tag, at = _varint(data, at)
            value: bytes | int
            match tag & 7:
                case 0:
                    value, at = _varint(data, at)
                case 1:
                    value, at = data[at : at + 8], at + 8
                case 2:
                    length, at = _varint(data, at)
                    value, at = data[at : at + length], at + length
                case other:
                    raise AssertionError(f"wire type {other}")
            self._fields.setdefault(tag >> 3, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def all_bytes(self, number: int) -> list[bytes]:
        return [value for value in self._fields.get(number, []) if isinstance(value, bytes)]

    def bytes(self, number: int) -> bytes:
        return next(iter(self.all_bytes(number)), b"")

    def text(self, number: int) -> str:
        return self.bytes(number).decode()

    def integer(self, number: int) -> int:
        return next((value for value in self._fields.get(number, []) if isinstance(value, int)), 0)

    def message(self, number: int) -> "_Message":
        return _Message(self.bytes(number))

    def messages(self, number: int) -> "list[_Message]":
        return [_Message(value) for value in self.all_bytes(number)]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _node(expr: _Message) -> Node:
    for number, make in _KINDS.items():
        if number in expr:
            return make(expr.message(number))
    raise AssertionError("an expression of no known kind")


def _constant(message: _Message) -> Node:
    if 2 in message:
        return Constant(message.integer(2) != 0)
    if 3 in message:
        value = message.integer(3)
        return Constant(value - 2**64 if value >= 2**63 else value)
    if 4 in message:
        raise UnsupportedError("write plain integers, without a u behind them")
    if 5 in message:
        return Constant(struct.unpack("<d", message.bytes(5))[0])
    if 6 in message:
        return Constant(message.text(6))
    return Constant(message.bytes(7) if 7 in message else None)


def _name(message: _Message) -> Node:
    return Name(message.text(1))


def _select(message: _Message) -> Node:
    return Select(_node(message.message(1)), message.text(2), message.integer(3) != 0)


def _call(message: _Message) -> Node:
    target = _node(message.message(1)) if 1 in message else None
    return Call(message.text(2), target, tuple(_node(arg) for arg in message.messages(3)))


def _list(message: _Message) -> Node:
    packed, at, optional = message.bytes(2), 0, set()
    while at < len(packed):
        index, at = _varint(packed, at)
        optional.add(index)
    return ListOf(tuple(_node(element) for element in message.messages(1)), frozenset(optional))


def _map(message: _Message) -> Node:
    if message.text(1):
        raise UnsupportedError("there are no messages here: write a map, as in {'id': 1}")
    return MapOf(
        tuple(
            (_node(entry.message(3)), _node(entry.message(4)), entry.integer(5) != 0)
            for entry in message.messages(2)
        )
    )


def _loop(message: _Message) -> Node:
    return Loop(
        variable=message.text(1),
        items=_node(message.message(2)),
        gathered=message.text(3),
        start=_node(message.message(4)),
        step=_node(message.message(6)),
        result=_node(message.message(7)),
    )


_KINDS: Final = {3: _constant, 4: _name, 5: _select, 6: _call, 7: _list, 8: _map, 9: _loop}
