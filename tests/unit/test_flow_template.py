import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tolstoy.domain import flow_template


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("a", ["a"]),
        ("{{a}}", ["a"]),
        ("a {{ b }} c{{d}}", ["a ", "b", " c", "d"]),
        ('{{ {"a": {"b":1}}}}', ['{"a": {"b":1}}']),
        ("""{{ "}}" + 'it\\'s }}' + r'\\' }}!""", ["""\"}}" + 'it\\'s }}' + r'\\'""", "!"]),
        ('{{ """a "}} b""" }}', ['"""a "}} b"""']),
    ],
)
def test_a_text_is_split_where_its_expressions_end(text: str, parts: list[str]) -> None:
    assert list(flow_template.split(text)) == parts


@settings(deadline=None)
@given(st.text(alphabet="{}'\"\\r ab"))
def test_split_loses_nothing_of_a_text(text: str) -> None:
    try:
        parts = list(flow_template.split(text))
    except flow_template.UnbalancedError:
        return
    rest = text
    for part in parts:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
    assert not rest.strip("{} ")
