from typing import Any

import pytest

from tolstoy.domain import expressions
from tolstoy.domain.expressions import EvaluationError, ExpressionError

SCOPE: dict[str, Any] = {
    "inputs": {
        "count": 3,
        "price": 2.5,
        "name": "héllo",
        "vip": True,
        "none": None,
        "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2.5}, {"n": 0}],
        "ordered": {"z": 1, "a": {"y": 2, "b": 3}},
        "dashed-name": {"x y": 7},
    },
    "steps": {
        "order": {"status": "completed", "output": {"body": {"id": "7", "total": 10}}, "error": None},
        "skipped": {"status": "skipped", "output": None, "error": None},
    },
    "item": {"sku": "q"},
    "index": 2,
    "loops": {"outer": {"item": 1, "index": 0}},
    "execution": {"id": "e1"},
    "callbacks": {"paid": "https://tolstoy.example/callbacks/1"},
    "error": {"message": "no"},
}


def value(source: str) -> Any:
    return expressions.compile(source).evaluate(SCOPE)


def problem(source: str) -> tuple[str, str]:
    with pytest.raises(EvaluationError) as caught:
        value(source)
    assert caught.value.expression == source
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("steps.order.output.body.id", "7"),
        ("steps['order'].output[\"body\"].total", 10),
        ("inputs.lines[1].sku", "b"),
        ("inputs['dashed-name']['x y']", 7),
        ("inputs.none", None),
        ("callbacks.paid", "https://tolstoy.example/callbacks/1"),
        ("steps.order.output.body.total > 0 && inputs.vip", True),
        ("inputs.vip ? 'yes' : 'no'", "yes"),
        ("size(inputs.name) == 5 && size(inputs.lines) == 3", True),
        ("inputs.lines.map(line, line.n * 2)", [2, 5.0, 0]),
        ("inputs.lines.filter(line, has(line.sku)).map(line, line.sku)", ["a", "b"]),
        ("inputs.lines.map(line, has(line.sku), line.sku)", ["a", "b"]),
        ("inputs.lines.exists(line, line.n == 0)", True),
        ("inputs.lines.all(line, line.n > 0)", False),
        ("inputs.lines.exists_one(line, line.n > 1)", True),
        ("inputs.lines.map(steps, steps.n)", [1, 2.5, 0]),
        ("inputs.?nope.orValue(1)", 1),
        ("inputs.?name.orValue('x')", "héllo"),
        ("inputs.?count.optMap(n, n + 1).orValue(0)", 4),
        ("{'id': steps.order.output.body.id, ?'x': inputs.?nope}", {"id": "7"}),
        ("[?inputs.?nope, index]", [2]),
        ("{200: 'ok', 404: 'gone'}[404]", "gone"),
        ("{true: 'vip', false: 'no'}[inputs.vip]", "vip"),
        ("'Order ' + steps.order.output.body.id", "Order 7"),
        ("inputs.name.upperAscii().split('L')", ["HéL".replace("L", ""), "", "O"]),
        ("math.greatest(inputs.count, 2, 1)", 3),
        ("int('12') + 7 / -2 + -7 % 3", 8),
        ("1.0 / 3.0 < 1.0", True),
        ("timestamp('2026-01-31T12:00:00+01:00')", "2026-01-31T11:00:00Z"),
        ("timestamp('2026-01-31T12:00:00Z') + duration('90m')", "2026-01-31T13:30:00Z"),
        ("timestamp('2026-01-31T12:00:00Z').getFullYear()", 2026),
        ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", 86400),
        ("duration('1500ms')", 1.5),
        ("string(b'abc')", "abc"),
        ("type(inputs.count) == int", True),
        ("// what it costs\ninputs.price", 2.5),
    ],
)
def test_a_value(source: str, expected: object) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("inputs.ordered.map(name, name)", ["a", "z"]),
        ("{'b': 1, 'aa': 2, 'é': 3, 'B': 4}.map(name, name)", ["B", "aa", "b", "é"]),
        ("{'b': 1, 'aa': 2}.filter(name, true)", ["aa", "b"]),
        ("{10: 'a', 9: 'b', true: 'c'}.map(key, string(key))", ["true", "9", "10"]),
    ],
)
def test_a_map_is_gone_through_in_the_order_of_its_names(source: str, expected: object) -> None:
    """Not as it was written: what is recorded comes back from jsonb in another order, and must give the same."""
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1e16", 10**16),
        ("[-1e17, {'a': 1.5e18}]", [-(10**17), {"a": 1500000000000000000}]),
        ("9223372036854774784.0", 9223372036854775000),
        ("1e300", 1e300),
        ("9223372036854775808.0", 2.0**63),
        ("1e15", 1e15),
        ("10.0", 10.0),
        ("0.0 / -1.0", 0.0),
        ("[0.0 * -1.0]", [0.0]),
    ],
)
def test_a_number_is_as_jsonb_gives_it_back(source: str, expected: object) -> None:
    assert repr(value(source)) == repr(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("steps.order.output.body.total * 1.1", 11.0),
        ("inputs.count + 0.5", 3.5),
        ("has(steps.skipped.output.body)", False),
        ("has(steps.nope.output.body)", False),
        ("steps.skipped.output.?body.?id.orValue('none')", "none"),
        ("steps.?nope.?output.orValue(0)", 0),
    ],
)
def test_what_has_a_value_here_and_none_in_cel(source: str, expected: object) -> None:
    assert value(source) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("steps.order.output.body.nope", "steps.order.output.body has no 'nope'; there is id, total"),
        ("size(steps.order.output.body.nope)", "steps.order.output.body has no 'nope'; there is id, total"),
        ("steps.nope.output", "steps.nope is not there: it did not run"),
        ("steps.skipped.output.body.id", "steps.skipped.output is null: it has no 'body'"),
        ("inputs.none['x']", "inputs.none is null: it has no ['x']"),
        ("inputs.lines[3].sku", "inputs.lines has no [3]: it has 3, the first is [0]"),
        ("inputs.lines[2].sku", "inputs.lines[2] has no 'sku'; there is n"),
        ("inputs.lines[-1]", "inputs.lines has no [-1]: it has 3, the first is [0]"),
        ("inputs.lines.map(line, line.sku)", "line has no 'sku'; there is n"),
        ("optional.none().value()", "this optional value is absent: write .orValue(…)"),
        ("inputs.none.map(x, x)", "this goes through a list, but there is null"),
    ],
)
def test_what_is_not_there(source: str, message: str) -> None:
    assert problem(source) == ("undefined", message)


def test_of_many_names_some_are_told() -> None:
    scope = {"inputs": {f"n{index}": index for index in range(50)}}
    with pytest.raises(EvaluationError, match=r"there is n0, n1, n10, .*, n17 and 40 more"):
        expressions.compile("inputs.nope").evaluate(scope)


def test_a_variable_that_is_not_given() -> None:
    with pytest.raises(EvaluationError, match="item is not there: there is inputs"):
        expressions.compile("item.sku").evaluate({"inputs": {}})


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        (
            "inputs.lines.sku",
            "type",
            "inputs.lines is a list and has no 'sku': write [0] for its first, or .map(x, x.…) for each",
        ),
        ("inputs.count.x", "type", "inputs.count is a number and has no 'x'"),
        ("inputs.name + 1", "type", "+ does not take a text and a number"),
        ("inputs.name < 1", "type", "< does not take a text and a number"),
        ("inputs.none + 1", "type", "+ does not take null and a number"),
        ("inputs.count && true", "type", "&& takes true and false, not a number: write a comparison"),
        ("inputs.none ? 1 : 2", "type", "before ? there is true or false, not null: write a comparison"),
        ("string(inputs.lines)", "type", "string does not take a list"),
        ("b'abc'", "type", "these are bytes, which JSON has not: write string(…) around them"),
        ("[b'abc']", "type", "these are bytes, which JSON has not: write string(…) around them"),
        ("{1: 2}", "type", "the names of an object are texts, not a number: write {'1': …}"),
        ("inputs.?name", "type", "this is an optional value: end it with .orValue(…)"),
        ("{'a': inputs.?name}", "type", "this is an optional value: end it with .orValue(…)"),
        ("type(1)", "type", "this is a type, not a value: compare it, as in type(x) == int"),
        ("int(inputs.name)", "value", "int: cannot convert string to int"),
        ("timestamp('tomorrow')", "value", "timestamp: String to Timestamp conversion failed"),
        ("inputs.name.matches('(')", "value", "matches: invalid regular expression: missing ): ("),
        ("inputs.count / 0", "arithmetic", "this divides by zero"),
        ("inputs.count % 0", "arithmetic", "this divides by zero"),
        ("9223372036854775807 + inputs.count", "arithmetic", "this integer does not fit in 64 bits"),
        ("-9223372036854775808 / -1", "arithmetic", "this integer does not fit in 64 bits"),
        ("inputs.price / 0.0", "arithmetic", "this is inf, which JSON has no number for"),
    ],
)
def test_other_problems(source: str, code: str, message: str) -> None:
    assert problem(source) == (code, message)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("inputs.vip || inputs.nope", True),
        ("inputs.nope || inputs.vip", True),
        ("false && inputs.nope", False),
        ("inputs.nope && false", False),
        ("inputs.lines.exists(line, line.sku == 'b')", True),
        ("inputs.lines.all(line, line.sku == 'b')", False),
    ],
)
def test_what_decides_does_so_beside_what_has_no_value(source: str, expected: bool) -> None:
    assert value(source) is expected


def test_conditions_are_true_or_false() -> None:
    assert expressions.truth(expressions.compile("inputs.vip"), SCOPE) is True
    for source, words in [
        ("inputs.count", "this is a number, not true or false: write a comparison"),
        ("inputs.none", "this is null, not true or false: write inputs.none != null"),
        ("inputs.name", "this is a text, not true or false: write a comparison"),
    ]:
        with pytest.raises(EvaluationError) as caught:
            expressions.truth(expressions.compile(source), SCOPE)
        assert (caught.value.code, str(caught.value)) == ("type", words)


def test_a_path_passes_on_what_it_finds() -> None:
    big = {"z": ["x" * 100_000] * 100, "a": 2**70}
    found = expressions.compile("inputs.big").evaluate({"inputs": {"big": big}})
    assert found is big
    chosen = expressions.compile("has(inputs.big.z) ? inputs.big : null")
    assert chosen.evaluate({"inputs": {"big": big}}) is big


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 +", "column 4: it ends too early"),
        ("inputs.a.", "column 10: it ends too early"),
        ("inputs..a", "column 8: .. does not belong here"),
        ("inputs.a[1", "column 11: ] is missing"),
        ("inputs.a inputs.b", "column 10: inputs does not belong here"),
        ("a && & b", "column 6: & does not belong here"),
        ("{1.5: 2}", "Unsupported map key type: DOUBLE"),
        ("'abc", "column 1: a text is opened and never closed"),
        ("1 + 'a'", "column 3: + does not take (int, string)"),
        ("1 +\n  'a'", "line 1, column 3: + does not take (int, string)"),
        ("1 ? 2 : 3", "column 3: ? : does not take (int, int, int)"),
        ("inputs.a.nope()", "column 14: there is no function nope, or not with so many values"),
        ("math.nope(1)", "column 1: math has no such function"),
        ("inpts.a", "column 6: there is no inpts: did you mean inputs?"),
        ("1u", "write plain integers, without a u behind them"),
        ("google.protobuf.Value{}", "there are no messages here: write a map, as in {'id': 1}"),
        ("inputs" + ".a" * 40, "it is nested too deep, or has too many + or . in a row: 32 are possible"),
        (
            "(" * 900 + "1" + ")" * 900,
            "it is nested too deep, or has too many + or . in a row: 32 are possible",
        ),
        ("'\x00'", "it holds a character that is none: U+0000 or half of a pair"),
        ("'\ud800'", "it holds a character that is none: U+0000 or half of a pair"),
    ],
)
def test_what_is_no_expression(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        expressions.compile(source)
    assert str(caught.value) == message


def test_unknown_variables_are_named() -> None:
    with pytest.raises(ExpressionError) as caught:
        expressions.compile("inputs.l.map(x, x + y) + secrets.token + math.abs(1)")
    assert caught.value.unknown == ("y", "secrets")
    assert (caught.value.line, caught.value.column) == (1, 21)


def test_what_is_compiled_is_kept() -> None:
    assert expressions.compile("inputs.a") is expressions.compile("inputs.a")
