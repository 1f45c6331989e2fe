"""An action's inputs, or a rendered `http` step, as the request that is sent. Nothing is sent here.

Where an input goes:

1. into the path, if the endpoint has a `{parameter}` of its name;
2. where its property in the inputSchema says so: `"in": "query"`, `"header"`, `"body"` or `"path"`;
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

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain; charset=utf-8"

MAX_URL: Final = 16 * 1024
MAX_HEADER: Final = 8 * 1024

_IN_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
PARAMETER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# They are the client's own: a second opinion on where a request ends is how requests are smuggled.
_RESERVED: Final = frozenset(
    {
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def is_reserved(header: str) -> bool:
    return header.lower() in _RESERVED


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
            draft.put(schema.get("in", default) if isinstance(schema, dict) else default, name, value)
    address = draft.address(tool.base_url, None)
    address += draft.filled(action.endpoint, inputs)
    body = draft.encoded(draft.body, "") if draft.body else None
    return draft.request(action.method, address, body)


def for_http(call: Mapping[str, Any]) -> Request:
    """`call` is the rendered `http` of a step: method, url, headers, query, body. Raises RequestError."""
    draft = _Draft()
    for name, value in (call.get("headers") or {}).items():
        draft.put_header(name, value, pointer("/headers", name))
    for name, value in (call.get("query") or {}).items():
        draft.findings += _pairs(draft.query, name, value, pointer("/query", name))
    address = draft.address(call["url"], "/url")
    body = draft.encoded(call["body"], "/body") if "body" in call else None
    return draft.request(call["method"], address, body)


class _Draft:
    """A request as it comes together, with what is wrong with it."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.query: list[tuple[str, str]] = []
        self.body: dict[str, Any] = {}
        self.findings: list[Finding] = []

    def wrong(self, code: str, detail: str, at: str | None) -> None:
        self.findings.append(Finding(code, detail, at))

    def put(self, place: Any, name: str, value: Any) -> None:
        at = pointer("", name)
        match place:
            case "body":
                self.body[name] = value
            case "query":
                self.findings += _pairs(self.query, name, value, at)
            case "header":
                self.put_header(name, value, at)
            case "path":
                self.wrong("not_in_path", f"the endpoint has no {{{name}}}", at)
            case _:
                self.wrong("unknown_place", "its property's in is none of query, header, body and path", at)

    def put_header(self, name: str, value: Any, at: str | None) -> None:
        """A later one takes the place of an earlier one; null is left out."""
        if value is None:
            return
        text = _scalar(value)
        if text is None:
            self.wrong("wrong_type", f"the header {name} takes a text, a number or true or false", at)
        elif problem := _header_problem(name, text):
            self.wrong("invalid_header", f"the header {name}: {problem}", at)
        else:
            for other in [other for other in self.headers if other.lower() == name.lower()]:
                del self.headers[other]
            self.headers[name] = text

    def encoded(self, value: Any, at: str) -> bytes:
        """The body's bytes; sets Content-Type where no header does."""
        given = next((text for name, text in self.headers.items() if name.lower() == "content-type"), None)
        kind = (given or JSON).partition(";")[0].strip().lower()
        if given is None:
            self.headers["Content-Type"] = TEXT if isinstance(value, str) else JSON
        if isinstance(value, str):
            return value.encode()
        if kind == JSON or kind.endswith("+json"):
            # the same bytes at every attempt, from jsonb or not: some tools compare them for an Idempotency-Key
            return msgspec.json.encode(value, order="sorted")
        if kind == FORM and isinstance(value, dict):
            pairs: list[tuple[str, str]] = []
            for name, member in sorted(value.items()):
                self.findings += _pairs(pairs, name, member, pointer(at, name))
            return urlencode(pairs).encode()
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
        return f"{parts.origin}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")

    def filled(self, endpoint: str, inputs: Mapping[str, Any]) -> str:
        """The endpoint with its parameters filled in, each as a part of one segment."""
        path, end = "", 0
        for match in PARAMETER.finditer(endpoint):
            value, name = inputs.get(match[1]), match[1]
            text = _scalar(value)
            if problem := _segment_problem(value, text):
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


def _scalar(value: Any) -> str | None:
    """As JSON writes it; None for what is no scalar."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return msgspec.json.encode(value).decode()
        case _:
            return None


def _pairs(into: list[tuple[str, str]], name: str, value: Any, at: str) -> list[Finding]:
    """Adds a parameter; a list repeats its name, null is left out."""
    found = []
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        text = _scalar(item)
        if text is not None:
            into.append((name, text))
        elif item is not None:
            place = pointer(at, index) if isinstance(value, list) else at
            said = "a parameter takes a text, a number, true or false, or a list of these"
            found.append(Finding("wrong_type", said, place))
    return found


def _header_problem(name: str, text: str) -> str | None:
    if not _HEADER_NAME.fullmatch(name):
        return "a name has letters, digits and some signs only"
    if is_reserved(name):
        return "the client writes it itself; leave it out"
    if _CONTROL.search(text):
        return "a value is one line without control characters"
    if len(text) > MAX_HEADER:
        return f"a value has at most {MAX_HEADER} characters"
    return None


def _segment_problem(value: Any, text: str | None) -> tuple[str, str] | None:
    if value is None:
        return "required", "the path needs it"
    if text is None:
        return "wrong_type", "the path takes a text, a number or true or false"
    if not text:
        return "invalid_path", "the path cannot take an empty text"
    if text in (".", "..") or "/" in text or "\\" in text or _CONTROL.search(text):
        return "invalid_path", "the path takes one segment: no slash, no control character, not . or .."
    return None
