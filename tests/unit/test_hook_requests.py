"""What was sent to a hook, as inputs of a run."""

from __future__ import annotations

from typing import Any

import pytest

from tolstoy.core.errors import InvalidError, MalformedError, ProblemError, UnsupportedMediaTypeError
from tolstoy.domain import address_tokens, hook_requests
from tolstoy.domain.hook_requests import Incoming
from tolstoy.domain.webhook_signatures import Verification


def sent(body: bytes = b"", kind: str = "application/json", **headers: str) -> Incoming:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Incoming(headers={"content-type": kind, **named}, query={"a": "1"}, body=body)


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        (b'{"a": [1, null]}', "application/json", {"a": [1, None]}),
        (b'"text"', "application/vnd.example+json; charset=utf-8", "text"),
        (b"p=%7B%7D&a=1&a=2&b=", "application/x-www-form-urlencoded", {"p": "{}", "a": ["1", "2"], "b": ""}),
        ("größer".encode(), "text/plain", "größer"),
        (b"<a/>", "", "<a/>"),
        (b"", "application/json", None),
    ],
)  # fmt: skip
def test_a_body_is_json_a_form_or_text(body: bytes, kind: str, value: Any) -> None:
    assert hook_requests.value_of(sent(body, kind)) == value


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"{", "application/json", MalformedError),
        (b'{"a": 1, "a": 2}', "application/json", InvalidError),
        (b'"\\u0000"', "application/json", InvalidError),
        (b"\xff", "text/plain", UnsupportedMediaTypeError),
        (b"\x00", "text/plain", InvalidError),
        (b"a=%00", "application/x-www-form-urlencoded", InvalidError),
        (b"a=%ff", "application/x-www-form-urlencoded", UnsupportedMediaTypeError),
    ],
)
def test_what_is_none_of_these_is_refused(body: bytes, kind: str, error: type[ProblemError]) -> None:
    with pytest.raises(error):
        hook_requests.value_of(sent(body, kind))


def test_what_is_compressed_is_refused() -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        hook_requests.value_of(sent(b"{}", content_encoding="gzip"))


def test_inputs_are_the_request_without_its_secrets_or_the_body() -> None:
    incoming = sent(
        authorization="Bearer x", cookie="a=b", x_hub_signature_256="sha256=00", x_github_event="push",
        x_odd="\udce9",
    )  # fmt: skip
    assert hook_requests.inputs("request", incoming, {"b": 1}) == {
        "body": {"b": 1},
        "headers": {"content-type": "application/json", "x-github-event": "push", "x-odd": "é"},
        "query": {"a": "1"},
    }
    assert hook_requests.inputs("body", incoming, {"b": 1}) == {"b": 1}
    for other in (None, [], "text", 1):
        with pytest.raises(InvalidError):
            hook_requests.inputs("body", incoming, other)


@pytest.mark.parametrize(
    ("kind", "dedupe", "expected"),
    [
        ("github", "preset", "of github"),
        ("standard", "preset", "of standard"),
        ("none", "preset", "of a client"),
        ("stripe", "preset", "evt_1"),
        ("slack", "preset", "Ev1"),
        ("github", "header", "of my own"),
        ("github", "none", None),
    ],
)
def test_a_delivery_is_known_by_what_its_sender_has(
    kind: Verification, dedupe: str, expected: str | None
) -> None:
    incoming = sent(
        x_github_delivery="of github", webhook_id="of standard", idempotency_key="of a client", x_own="of my own"
    )  # fmt: skip
    header = "x-own" if dedupe == "header" else None
    value = {"id": "evt_1", "event_id": "Ev1"}
    assert hook_requests.delivery_id(kind, dedupe, header, incoming, value) == expected


def test_an_id_that_is_missing_odd_or_endless() -> None:
    def known_by(kind: Verification, incoming: Incoming, value: Any = None) -> str | None:
        return hook_requests.delivery_id(kind, "preset", None, incoming, value)

    assert known_by("github", sent()) is None
    assert known_by("github", sent(x_github_delivery="")) is None
    assert known_by("stripe", sent(), {"id": 7}) is None
    assert known_by("stripe", sent(), [1]) is None
    endless = known_by("github", sent(x_github_delivery="x" * 9000)) or ""
    assert endless.startswith("sha256:") and len(endless) <= hook_requests.MAX_DELIVERY_ID
    assert known_by("stripe", sent(), {"id": "\x00"}) is None


def test_slacks_question_is_answered_and_nobody_elses() -> None:
    asked = {"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}
    assert hook_requests.challenge("slack", asked) == "3eZbrw1a"
    assert hook_requests.challenge("github", asked) is None
    assert hook_requests.challenge("slack", {**asked, "challenge": 1}) is None
    assert hook_requests.challenge("slack", [asked]) is None


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 75, "A" * 74 + "=", "A" * 76, "*" * 75])
def test_texts_that_are_no_token(text: str) -> None:
    assert (address_tokens.read(text) is None) == (text != "A" * 75), "75 letters are the bytes of one"
