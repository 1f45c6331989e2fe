"""An action's inputs, or a rendered `http` step, as the request that is sent. Nothing is sent here.

Where an input goes:

1. into the path, if the endpoint has a `{parameter}` of its name;
2. where its property in the inputSchema says so: `"in": "query"`, `"header"`, `"cookie"`, `"body"`, `"whole-body"`
   (its value is the body) or `"path"`; there it has its own name, or the one that `"as"` says;
3. else into the query of GET, HEAD, DELETE and OPTIONS, into the body of POST, PUT and PATCH.

A body is JSON; a form where the headers say `Content-Type: application/x-www-form-urlencoded`. The body of an `http`
step that is a text is sent as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote, urlencode

import msgspec
from jsonschema_rs import Draft202012Validator

from tolstoy.core.errors import MAX_FINDINGS, Finding
from tolstoy.core.strict_json import pointer
from tolstoy.domain import json_schema, url
from tolstoy.domain.request_parts import cookie_problem, header_problem, pairs, scalar, segment_problem

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain; charset=utf-8"

WHOLE_BODY: Final = "whole-body"

MAX_URL: Final = 16 * 1024

_IN_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
PARAMETER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Request(msgspec.Struct, kw_only=True):
    """`url` is ASCII and ready to send; `query` is added to what it has."""

    method: str
    url: str
    headers: dict[str, str]
    query: list[tuple[str, str]] = []
    body: bytes | None = None

    @property
    def target(self) -> str:
        """The whole address."""
        if not self.query:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.query, quote_via=quote)}"


class RequestError(Exception):
    """No request can be made of these inputs; each finding points into them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(islice(findings, MAX_FINDINGS))
        super().__init__("; ".join(f"{finding.pointer}: {finding.detail}" for finding in self.findings))


class Action(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def input_schema(self) -> Mapping[str, Any] | None: ...


class Tool(Protocol):
    @property
    def base_url(self) -> str: ...


def validate(schema_validator: Draft202012Validator, inputs: Any, at: str = "") -> list[Finding]:
    """What the inputSchema finds wrong with the inputs, in the words of the validator; `at` is their pointer."""
    if schema_validator.is_valid(inputs):
        return []
    found = []
    for error in islice(json_schema.Teller().errors(schema_validator, inputs), MAX_FINDINGS):
        place = at
        for part in error.instance_path:
            place = pointer(place, part)
        said = error.message if len(error.message) <= 200 else f"{error.message[:199]}…"
        found.append(Finding(re.sub("([A-Z])", r"_\1", error.kind.name).lower(), said, place))
    return found or [Finding("invalid", f"the schema refuses this: {json_schema.TOO_MUCH}", at)]


def build(action: Action, tool: Tool, inputs: Mapping[str, Any], headers: Mapping[str, Any]) -> Request:
    """`headers` are the action's, rendered. Raises RequestError."""
    draft = _Draft()
    for name, value in headers.items():
        draft.put_header(name, value, None)
    in_path = PARAMETER.findall(action.endpoint)
    properties = (action.input_schema or {}).get("properties") or {}
    default = "body" if action.method in _IN_BODY else "query"
    for name, value in inputs.items():
        if name not in in_path:
            schema = properties.get(name)
            said = schema if isinstance(schema, dict) else {}
            draft.put(said.get("in", default), said.get("as", name), value, pointer("", name))
    address = draft.address(tool.base_url, None)
    address += draft.filled(action.endpoint, inputs)
    return draft.request(action.method, address, draft.sent())


def for_http(call: Mapping[str, Any]) -> Request:
    """`call` is the rendered `http` of a step: method, url, headers, query, body. Raises RequestError."""
    draft = _Draft()
    for name, value in (call.get("headers") or {}).items():
        draft.put_header(name, value, pointer("/headers", name))
    for name, value in (call.get("query") or {}).items():
        draft.findings += pairs(draft.query, name, value, pointer("/query", name))
    address = draft.address(call["url"], "/url")
    body = draft.encoded(call["body"], "/body") if "body" in call else None
    return draft.request(call["method"], address, body)


class _Draft:
    """A request as it comes together, with what is wrong with it."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.query: list[tuple[str, str]] = []
        self.body: dict[str, Any] = {}
        self.cookies: list[str] = []
        self.whole: Any = msgspec.UNSET
        self.findings: list[Finding] = []

    def wrong(self, code: str, detail: str, at: str | None) -> None:
        self.findings.append(Finding(code, detail, at))

    def put(self, place: Any, name: Any, value: Any, at: str) -> None:
        if not isinstance(name, str):
            self.wrong("wrong_type", "its property's as is no text", at)
            return
        match place:
            case "body":
                self.body[name] = value
            case "query":
                self.findings += pairs(self.query, name, value, at)
            case "header":
                self.put_header(name, value, at)
            case "cookie":
                self._put_cookie(name, value, at)
            case "whole-body":
                self.whole = value
            case "path":
                self.wrong("not_in_path", f"the endpoint has no {{{name}}}", at)
            case _:
                self.wrong(
                    "unknown_place",
                    "its property's in is none of query, header, cookie, body, whole-body and path",
                    at,
                )

    def _put_cookie(self, name: str, value: Any, at: str) -> None:
        text = scalar(value)
        if value is None:
            return
        if problem := cookie_problem(name, text):
            self.wrong("invalid_cookie", problem, at)
        else:
            self.cookies.append(f"{name}={text}")

    def sent(self) -> bytes | None:
        """The bytes of an action's body."""
        if self.cookies:
            self.put_header("Cookie", "; ".join(filter(None, (self._header("cookie"), *self.cookies))), None)
        if self.whole is msgspec.UNSET:
            return self.encoded(self.body, "") if self.body else None
        if self.body:
            self.wrong("two_bodies", "one input is the whole body, and others go into it", None)
        if isinstance(self.whole, str) and not self._is_text():
            return msgspec.json.encode(self.whole)
        return self.encoded(self.whole, "")

    def _is_text(self) -> bool:
        """Whether a header says that the body is no JSON."""
        given = self._header("content-type")
        if given is None:
            self.headers["Content-Type"] = JSON
            return False
        kind = given.partition(";")[0].strip().lower()
        return not (kind == JSON or kind.endswith("+json"))

    def _header(self, name: str) -> str | None:
        """Its `name` is in lower case."""
        return next((text for other, text in self.headers.items() if other.lower() == name), None)

    def put_header(self, name: str, value: Any, at: str | None) -> None:
        """A later one takes the place of an earlier one; null is left out."""
        if value is None:
            return
        text = scalar(value)
        if text is None:
            self.wrong("wrong_type", f"the header {name} takes a text, a number or true or false", at)
        elif problem := header_problem(name, text):
            self.wrong("invalid_header", f"the header {name}: {problem}", at)
        else:
            for other in [other for other in self.headers if other.lower() == name.lower()]:
                del self.headers[other]
            self.headers[name] = text

    def encoded(self, value: Any, at: str) -> bytes:
        """The body's bytes; sets Content-Type where no header does."""
        given = self._header("content-type")
        kind = (given or JSON).partition(";")[0].strip().lower()
        if given is None:
            self.headers["Content-Type"] = TEXT if isinstance(value, str) else JSON
        if isinstance(value, str):
            return value.encode()
        if kind == JSON or kind.endswith("+json"):
            # the same bytes at every attempt, from jsonb or not: some tools compare them for an Idempotency-Key
            return msgspec.json.encode(value, order="sorted")
        if kind == FORM and isinstance(value, dict):
            form: list[tuple[str, str]] = []
            for name, member in sorted(value.items()):
                self.findings += pairs(form, name, member, pointer(at, name))
            return urlencode(form).encode()
        self.wrong("wrong_type", f"a body of type {kind} is a text; write one, or another Content-Type", at)
        return b""

    def address(self, text: Any, at: str | None) -> str:
        """A base URL (`at` is None then) without its slash at the end, or a whole one."""
        if not isinstance(text, str):
            self.wrong("wrong_type", "write a URL as a text", at)
            return ""
        try:
            parts = url.split(text)
        except url.UrlError as exc:
            self.wrong("invalid_url", str(exc) if at else f"the tool's baseUrl: {exc}", at)
            return ""
        if at is None:
            return f"{parts.origin}{parts.path.rstrip('/')}"
        return parts.address

    def filled(self, endpoint: str, inputs: Mapping[str, Any]) -> str:
        """The endpoint with its parameters filled in, each as a part of one segment."""
        path, end = "", 0
        for match in PARAMETER.finditer(endpoint):
            value, name = inputs.get(match[1]), match[1]
            text = scalar(value)
            if problem := segment_problem(value, text):
                self.wrong(*problem, pointer("", name))
            path += url.ascii_only(endpoint[end : match.start()]) + quote(text or "", safe="")
            end = match.end()
        path += url.ascii_only(endpoint[end:])
        # together, two parameters or a literal could make the dots that each alone is refused for
        if any(unquote(segment) in (".", "..") for segment in path.split("/")):
            self.wrong("invalid_path", "a segment of the path is . or .., which leads out of it", None)
        return path if path.startswith("/") else f"/{path}"

    def request(self, method: str, address: str, body: bytes | None) -> Request:
        made = Request(method=method, url=address, headers=self.headers, query=self.query, body=body)
        if len(made.target) > MAX_URL:
            self.wrong("too_long", f"the URL has more than {MAX_URL} characters with these values", None)
        if self.findings:
            raise RequestError(self.findings)
        return made
