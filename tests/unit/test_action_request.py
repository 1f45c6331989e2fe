from types import SimpleNamespace
from typing import Any

import pytest

from tolstoy.domain import json_schema
from tolstoy.domain.action_request import Request, RequestError, build, for_http, validate

BASE = "https://api.example.com/v1/"


def built(
    method: str = "GET",
    endpoint: str = "/orders",
    inputs: dict[str, Any] | None = None,
    *,
    places: dict[str, Any] | None = None,
    headers: dict[str, Any] | None = None,
    base: str = BASE,
) -> Request:
    schema = {"properties": {name: {"in": place} for name, place in (places or {}).items()}}
    action = SimpleNamespace(method=method, endpoint=endpoint, input_schema=schema if places else None)
    return build(action, SimpleNamespace(base_url=base), inputs or {}, headers or {})


def findings(*arguments: Any, **more: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(RequestError) as caught:
        built(*arguments, **more)
    return [(finding.code, finding.pointer) for finding in caught.value.findings]


def http(url: str = "https://a.example/x", **call: Any) -> Request:
    return for_http({"method": "POST", "url": url, **call})


def http_findings(url: str = "https://a.example/x", **call: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(RequestError) as caught:
        http(url, **call)
    return [(finding.code, finding.pointer) for finding in caught.value.findings]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
def test_inputs_go_into_the_query_where_methods_have_no_body(method: str) -> None:
    request = built(method, inputs={"a": 1, "b": "x y&z", "c": True, "d": None, "e": [1.5, "é", None, False]})
    assert request.query == [
        ("a", "1"),
        ("b", "x y&z"),
        ("c", "true"),
        ("e", "1.5"),
        ("e", "é"),
        ("e", "false"),
    ]
    assert (request.body, request.headers) == (None, {})
    assert request.target == "https://api.example.com/v1/orders?a=1&b=x%20y%26z&c=true&e=1.5&e=%C3%A9&e=false"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_inputs_go_into_the_json_body_where_methods_have_one(method: str) -> None:
    request = built(method, inputs={"a": {"b": [1, None]}, "c": None})
    assert (request.body, request.query) == (b'{"a":{"b":[1,null]},"c":null}', [])
    assert request.headers == {"Content-Type": "application/json"}


def test_without_inputs_for_it_there_is_no_body() -> None:
    assert built("POST", "/orders/{id}", {"id": 5}).body is None


def test_a_property_says_where_it_goes() -> None:
    inputs = {"id": "7", "page": 2, "X-Trace": True, "note": "n", "filter": {"a": 1}}
    places = {"page": "query", "X-Trace": "header", "filter": "body", "id": "path"}
    request = built("POST", "/orders/{id}", inputs, places=places)
    assert (request.url, request.query) == ("https://api.example.com/v1/orders/7", [("page", "2")])
    assert (request.headers["X-Trace"], request.body) == ("true", b'{"filter":{"a":1},"note":"n"}')
    assert built("DELETE", inputs={"a": 1}, places={"a": "body"}).body == b'{"a":1}'


def test_a_property_that_says_nothing_or_is_no_object_is_as_if_it_were_not_there() -> None:
    schema = {"properties": {"a": True, "b": {"type": "string"}}}
    action = SimpleNamespace(method="GET", endpoint="/", input_schema=schema)
    request = build(action, SimpleNamespace(base_url=BASE), {"a": 1, "b": 2, "c": 3}, {})
    assert request.target == "https://api.example.com/v1/?a=1&b=2&c=3"


@pytest.mark.parametrize(
    ("value", "segment"),
    [("a", "a"), (5, "5"), (-1.5, "-1.5"), (True, "true"), ("a b", "a%20b"), ("é", "%C3%A9"), ("a?b#c", "a%3Fb%23c"),
     ("%2F", "%252F"), ("%2e%2e", "%252e%252e"), ("..;", "..%3B"), ("...", "..."), ("a@b:c", "a%40b%3Ac")],
)  # fmt: skip
def test_a_parameter_is_one_segment_and_stays_it(value: Any, segment: str) -> None:
    url = built(endpoint="/orders/{id}/lines", inputs={"id": value}).url
    assert url == f"https://api.example.com/v1/orders/{segment}/lines"


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({}, "required"), ({"id": None}, "required"), ({"id": ""}, "invalid_path"), ({"id": "."}, "invalid_path"),
     ({"id": ".."}, "invalid_path"), ({"id": "a/b"}, "invalid_path"), ({"id": "..\\a"}, "invalid_path"),
     ({"id": "a\n"}, "invalid_path"), ({"id": "\x00"}, "invalid_path"), ({"id": [1]}, "wrong_type"),
     ({"id": {}}, "wrong_type")],
)  # fmt: skip
def test_what_is_no_segment_is_refused_with_its_place(inputs: dict[str, Any], code: str) -> None:
    assert (code, "/id") in findings(endpoint="/orders/{id}", inputs=inputs)


@pytest.mark.parametrize(
    ("endpoint", "inputs"),
    [("/{a}{b}/x", {"a": ".", "b": "."}), ("/../admin", {}), ("/a/./b", {}), ("/%2e%2E/admin", {}),
     ("/.{a}", {"a": "."}), ("/a/..", {})],
)  # fmt: skip
def test_no_path_leads_out_of_the_base(endpoint: str, inputs: dict[str, Any]) -> None:
    assert ("invalid_path", None) in findings(endpoint=endpoint, inputs=inputs)


@pytest.mark.parametrize(
    ("base", "endpoint", "url"),
    [
        ("https://a.example", "/", "https://a.example/"), ("https://a.example/", "/x", "https://a.example/x"),
        ("https://A.Example:443/V1//", "/x", "https://a.example/V1/x"), ("http://a:8080/v1", "/x/", "http://a:8080/v1/x/"),
        ("https://bücher.example/é", "/ü", "https://xn--bcher-kva.example/%C3%A9/%C3%BC"),
        ("http://[::1]:8080", "//evil.example/x", "http://[::1]:8080//evil.example/x"),
        ("https://a.example", ".evil.example/x", "https://a.example/.evil.example/x"),
        ("https://a.example", "@evil.example/x", "https://a.example/@evil.example/x"),
        ("https://a.example", "/100%/a%2Fb", "https://a.example/100%25/a%2Fb"),
    ],
)  # fmt: skip
def test_the_url_stays_on_the_base(base: str, endpoint: str, url: str) -> None:
    assert built(base=base, endpoint=endpoint).url == url


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [("query", {"a": 1}, "wrong_type"), ("header", [1], "wrong_type"), ("header", {}, "wrong_type"),
     ("header", "a\r\nX: b", "invalid_header"), ("header", "a\x00", "invalid_header"),
     ("header", "x" * 9000, "invalid_header"), ("path", 1, "not_in_path"), ("elsewhere", 1, "unknown_place"),
     ("cookie", [1], "invalid_cookie"), ("cookie", "a; b=c", "invalid_cookie"), ("cookie", "a\\b", "invalid_cookie"),
     (["query"], 1, "unknown_place"), (None, 1, "unknown_place")],
)  # fmt: skip
def test_what_cannot_be_put_there_is_refused_with_its_place(place: Any, value: Any, code: str) -> None:
    assert findings(
        inputs={"a/b" if place != "header" else "a": value}, places={"a/b": place, "a": place}
    ) == [(code, "/a~1b" if place != "header" else "/a")]


def test_each_item_of_a_list_has_its_own_place() -> None:
    assert findings(inputs={"a": [1, {}, [2]]}) == [("wrong_type", "/a/1"), ("wrong_type", "/a/2")]


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Expect", "Proxy-Authorization",
     "a b", "", "a:b", "é", "a\n"],
)  # fmt: skip
def test_headers_that_are_the_clients_or_no_names_are_refused(name: str) -> None:
    assert findings(headers={name: "x"}) == [("invalid_header", None)]
    assert findings(inputs={name: "x"}, places={name: "header"})[0][0] == "invalid_header"
    assert http_findings(headers={name: "x"}) == [("invalid_header", f"/headers/{name}")]


def test_an_input_takes_the_place_of_the_actions_header_and_null_of_none() -> None:
    request = built(
        headers={"x-a": "action", "X-B": 5, "X-C": None}, inputs={"X-A": "input"}, places={"X-A": "header"}
    )
    assert request.headers == {"X-A": "input", "X-B": "5"}


def test_a_url_has_an_end() -> None:
    assert findings(inputs={"a": "x" * 20_000}) == [("too_long", None)]


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = findings("GET", "/{id}", {"id": "..", "q": {}}, headers={"Host": "x"}, base="ftp://a")
    assert [code for code, _ in told] == [
        "invalid_header",
        "wrong_type",
        "invalid_url",
        "invalid_path",
        "invalid_path",
    ]


@pytest.mark.parametrize(
    ("body", "headers", "sent", "kind"),
    [
        ({"a": 1}, {}, b'{"a":1}', "application/json"), ([1], {}, b"[1]", "application/json"),
        (None, {}, b"null", "application/json"), ("a\u00e9", {}, b"a\xc3\xa9", "text/plain; charset=utf-8"),
        ("<a/>", {"content-type": "text/xml"}, b"<a/>", "text/xml"),
        ('{"raw": 1}', {"Content-Type": "application/json"}, b'{"raw": 1}', "application/json"),
        ({"a": 1}, {"Content-Type": "application/merge-patch+json"}, b'{"a":1}', "application/merge-patch+json"),
        ({"a": ["x y", 2], "b": None}, {"Content-Type": "application/x-www-form-urlencoded"}, b"a=x+y&a=2",
         "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
def test_a_body_is_what_its_content_type_says(
    body: Any, headers: dict[str, str], sent: bytes, kind: str
) -> None:
    request = http(body=body, headers=headers)
    assert (request.body, [*request.headers.values()]) == (sent, [kind])


def test_a_body_that_is_not_what_its_content_type_says_is_refused() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http_findings(body={"a": 1}, headers={"Content-Type": "text/xml"}) == [("wrong_type", "/body")]
    assert http_findings(body=[1], headers=form) == [("wrong_type", "/body")]
    assert http_findings(body={"a": {}}, headers=form) == [("wrong_type", "/body/a")]
    assert findings("POST", inputs={"a": {}}, headers=form) == [("wrong_type", "/a")]


def test_without_a_body_there_is_none() -> None:
    assert (http().body, http().headers) == (None, {})


@pytest.mark.parametrize(
    ("url", "target"),
    [("https://a.example", "https://a.example/?q=1"), ("https://a.example/x?y=2", "https://a.example/x?y=2&q=1"),
     ("https://a.example/x?a=%20&b=é#part", "https://a.example/x?a=%20&b=%C3%A9&q=1"),
     ("HTTPS://A.example:443/%2F", "https://a.example/%2F?q=1"), ("http://[::FFFF:7f00:1]/", "http://[::ffff:7f00:1]/?q=1")],
)  # fmt: skip
def test_the_query_is_added_to_the_urls_own(url: str, target: str) -> None:
    assert http(url, query={"q": 1, "none": None}).target == target


@pytest.mark.parametrize(
    "url",
    ["", "a.example/x", "//a.example", "ftp://a.example", "https://", "https:///x", "https://u@a.example/", "https://@a/",
     "https://u:p@a.example/", "https://a.example:99999/", "https://a.example:x/", "https://a b/", "https://a\\b/",
     "https://a.example/\n", " https://a.example", "https://[::1", "https://a%2eb/", "https://a<b/", "https://[::1%25lo]/"],
)  # fmt: skip
def test_what_is_no_url_to_call_is_refused(url: str) -> None:
    assert http_findings(url) == [("invalid_url", "/url")]
    assert findings(base=url) == [("invalid_url", None)]


@pytest.mark.parametrize("url", [None, 5, ["https://a.example"], {}])
def test_a_rendered_url_may_be_no_text(url: Any) -> None:
    assert http_findings(url) == [("wrong_type", "/url")]


def test_inputs_are_held_against_their_schema() -> None:
    schema = {
        "required": ["a"],
        "properties": {"b/c": {"minLength": 3}, "d": {"items": {"type": "integer"}}},
        "additionalProperties": False,
    }
    validator = json_schema.validator(schema)
    assert validate(json_schema.validator({"required": []}), {"x": 1}) == []
    told = validate(validator, {"b/c": "x", "d": [1, "y" * 1000], "z": 1}, "/inputs")
    assert {(finding.code, finding.pointer) for finding in told} == {
        ("required", "/inputs"), ("min_length", "/inputs/b~1c"), ("type", "/inputs/d/1"),
        ("additional_properties", "/inputs"),
    }  # fmt: skip
    assert max(len(finding.detail) for finding in told) <= 200


def test_an_input_goes_into_a_cookie_or_under_another_name_or_is_the_body() -> None:
    schema = {
        "properties": {
            "s": {"in": "cookie"},
            "id_body": {"in": "body", "as": "id"},
            "t": {"in": "cookie", "as": "u"},
        }
    }
    action = SimpleNamespace(method="POST", endpoint="/x/{id}", input_schema=schema)
    tool = SimpleNamespace(base_url=BASE)
    sent = build(action, tool, {"id": 1, "id_body": 2, "s": "a", "t": 3}, {"cookie": "k=v"})
    assert (sent.url, sent.body) == ("https://api.example.com/v1/x/1", b'{"id":2}')
    assert {name.lower(): value for name, value in sent.headers.items()} == {
        "cookie": "k=v; s=a; u=3",
        "content-type": "application/json",
    }
    assert built("POST", inputs={"b": "x"}, places={"b": "whole-body"}).body == b'"x"'
    text = built(
        "POST", inputs={"b": "x"}, places={"b": "whole-body"}, headers={"Content-Type": "text/plain"}
    )
    assert text.body == b"x"
    assert built("POST", inputs={"b": [1]}, places={"b": "whole-body"}).body == b"[1]"


def test_two_bodies_are_refused() -> None:
    assert findings("POST", inputs={"b": 1, "c": 2}, places={"b": "whole-body"}) == [("two_bodies", None)]


def test_another_name_is_a_text() -> None:
    action = SimpleNamespace(method="POST", endpoint="/x", input_schema={"properties": {"a": {"as": 7}}})
    with pytest.raises(RequestError) as caught:
        build(action, SimpleNamespace(base_url=BASE), {"a": 1}, {})
    assert [(found.code, found.pointer) for found in caught.value.findings] == [("wrong_type", "/a")]
