"""What was sent to a hook, as a run's inputs. Nothing is looked up here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs

from msgspec import Struct, structs

from tolstoy.core import strict_json
from tolstoy.core.errors import Finding, InvalidError, MalformedError, UnsupportedMediaTypeError
from tolstoy.domain.webhook_signatures import Verification

MAX_DELIVERY_ID: Final = 255

_FORM: Final = "application/x-www-form-urlencoded"
# Secrets of the sender's and of whoever stands between.
SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-gateway-secret",
        "x-hub-signature",
        "x-hub-signature-256",
        "stripe-signature",
        "x-slack-signature",
        "webhook-signature",
    }
)
_ID_HEADERS: Final[Mapping[str, str]] = {
    "none": "idempotency-key",
    "github": "x-github-delivery",
    "standard": "webhook-id",
}
_ID_MEMBERS: Final[Mapping[str, str]] = {"stripe": "id", "slack": "event_id"}


class Incoming(Struct, frozen=True, kw_only=True):
    """A request as it came. The names of headers are in lower case; a parameter sent more than once is an array."""

    headers: Mapping[str, str]
    query: Mapping[str, Any]
    body: bytes

    @property
    def kept_headers(self) -> dict[str, str]:
        return {name: _readable(text) for name, text in self.headers.items() if name not in SECRET_HEADERS}


def value_of(incoming: Incoming) -> Any:
    """The body as JSON, as an object of a form's fields, as text, or None. Raises a problem for what is none of it."""
    if incoming.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("Send the body as it is, without Content-Encoding.")
    if not incoming.body:
        return None
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        return strict_json.decode(incoming.body)
    try:
        text = incoming.body.decode()
        value = several(parse_qs(text, keep_blank_values=True, errors="strict")) if kind == _FORM else text
    except UnicodeDecodeError as exc:
        raise UnsupportedMediaTypeError("Send JSON, a form, or text in UTF-8.") from exc
    except ValueError as exc:
        raise MalformedError(f"The body is not the form it is said to be: {exc}.") from exc
    if "\x00" in text or (kind == _FORM and "%00" in text):
        raise InvalidError(findings=[Finding("invalid_text", "the character U+0000 cannot be stored", "")])
    return value


def several(fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """The fields of a form or a query: a text, or an array of texts where there are several."""
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in fields.items()}


def inputs(inputs_from: str, incoming: Incoming, value: Any) -> dict[str, Any]:
    if inputs_from == "request":
        return {"body": value, "headers": incoming.kept_headers, "query": dict(incoming.query)}
    if not isinstance(value, dict):
        detail = "this hook gives its runs the JSON object in the body: send one"
        raise InvalidError(findings=[Finding("wrong_type", detail, "")])
    return value


def as_sent(inputs_from: str, findings: Iterable[Finding]) -> list[Finding]:
    """What is wrong with the inputs of a run, where it stands in the body that was sent."""
    prefix = "/inputs/body" if inputs_from == "request" else "/inputs"
    return [
        structs.replace(finding, pointer=(finding.pointer or "").removeprefix(prefix)) for finding in findings
    ]


def delivery_id(
    kind: Verification, dedupe: str, header: str | None, incoming: Incoming, value: Any
) -> str | None:
    """By what the delivery is known again, if by anything."""
    found: Any = None
    if dedupe == "header":
        found = incoming.headers.get(header or "")
    elif dedupe == "preset" and kind in _ID_HEADERS:
        found = incoming.headers.get(_ID_HEADERS[kind])
    elif dedupe == "preset" and isinstance(value, dict):
        found = value.get(_ID_MEMBERS[kind])
    text = _readable(found) if isinstance(found, str) else ""
    if not text:
        return None
    return text if len(text) <= MAX_DELIVERY_ID else f"sha256:{sha256(text.encode()).hexdigest()}"


def challenge(kind: Verification, value: Any) -> str | None:
    """What Slack wants to hear back when it asks whether an address is its owner's."""
    if kind != "slack" or not isinstance(value, dict) or value.get("type") != "url_verification":
        return None
    said = value.get("challenge")
    return said if isinstance(said, str) else None


def _readable(text: str) -> str:
    """Bytes that are no UTF-8, which come as lone surrogates, as Latin-1: those cannot be stored."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text.replace("\x00", "")
