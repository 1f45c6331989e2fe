"""What an expression reads of its variables."""

from collections.abc import Iterator

import msgspec

from tolstoy.domain.cel.tree import Call, Constant, ListOf, Loop, Name, Node, Select, children

Key = str | int


class Read(msgspec.Struct, frozen=True):
    """`root` and the members named one by one, as far as the source spells them out.

    Of `keys[soft:]` any may be absent, or null before the last, without an error: they stand in has() or behind `.?`.
    """

    root: str
    keys: tuple[Key, ...] = ()
    soft: int | None = None

    @property
    def written(self) -> str:
        return self.root + "".join(f".{key}" if isinstance(key, str) else f"[{key}]" for key in self.keys)


def reads(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[Read]:
    """The longest paths, in the order of the source; loops' own variables are none."""
    path = _path(node)
    if path is not None:
        if path.root not in bound:
            yield path
    elif isinstance(node, Loop):
        yield from _loop_reads(node, bound)
    else:
        for child in children(node):
            yield from reads(child, bound)


def is_plain(node: Node) -> bool:
    """Whether it is one path, without has() and `.?`."""
    path = _path(node)
    return path is not None and path.soft is None


def _loop_reads(node: Loop, bound: frozenset[str]) -> Iterator[Read]:
    if node.items != ListOf((), frozenset()):
        yield from reads(node.items, bound)
        yield from reads(node.step, bound | {node.variable, node.gathered})
    else:
        yield from reads(node.start, bound)
        yield from reads(node.result, bound | {node.gathered})


def _path(node: Node) -> Read | None:
    match node:
        case Name(name):
            return Read(name)
        case Select(operand, field, probe):
            before = _path(operand)
            return before and Read(before.root, (*before.keys, field), 0 if probe else before.soft)
        case Call("_[_]", None, (operand, Constant(str() | int() as key))) if not isinstance(key, bool):
            before = _path(operand)
            return before and Read(before.root, (*before.keys, key), before.soft)
        case Call("_?._" | "_[?_]", None, (operand, Constant(str() | int() as key))) if not isinstance(
            key, bool
        ):
            before = _path(operand)
            return before and Read(
                before.root, (*before.keys, key), len(before.keys) if before.soft is None else before.soft
            )
    return None
