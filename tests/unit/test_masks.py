"""Secrets that a tool repeats are masked in whatever way it writes them."""

from __future__ import annotations

import json
import re
import threading
import tracemalloc
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.escaping_server import STYLES
from tolstoy.engine.answer import Response, decoded
from tolstoy.engine.masks import MASK, Masks

SECRETS = [
    "canary-key&91d4+abc<def",
    "dXNlcjpwYXNz+2NhbmFyeQ/=",
    "pässwort-lang",
    "with a space & \U0001f511 of four bytes",
    'canary "password" \\ 3c5e',
    '"/quoted\\/',
    "a%41b%2Bc%zz",
    "a\\u0026b\\\\c&d",
]


def told(masks: Masks, body: bytes, kind: str = "application/json") -> object:
    answer = Response(
        status=200, headers={"content-type": kind}, body=masks.raw(body), elapsed_seconds=0, url="http://x/"
    )
    return decoded(answer)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("style", STYLES)
def test_a_secret_is_masked_in_every_way_of_escaping_it(style: str, secret: str) -> None:
    masks = Masks(["another-secret", secret])
    body = STYLES[style]({"a": f"x{secret}y", secret: [secret, "kept & äöü"], "b\\": "\\\n"})
    kind = "text/html" if style == "html" else "application/json"
    if style == "nested":
        value = json.loads(told(masks, body.encode())["said"])  # type: ignore[index]
    elif style == "html":
        assert body.count("&") > str(told(masks, body.encode(), kind)).count("&") or "&" not in secret
        assert str(told(masks, body.encode(), kind)).count(MASK) == 3
        return
    else:
        value = told(masks, body.encode())
    assert value == {"a": f"x{MASK}y", MASK: [MASK, "kept & äöü"], "b\\": "\\\n"}
    assert secret not in masks.text(body) and masks.text(body).count(MASK) == 3


@pytest.mark.parametrize("secret", SECRETS)
def test_percent_encoded_in_either_case_it_is_masked(secret: str) -> None:
    masks = Masks([secret])
    for form in (quote(secret, safe=""), quote_plus(secret), quote(secret)):
        for cased in (form, re.sub("%..", lambda match: match[0].lower(), form)):
            assert masks.text(f"https://t/?k={cased}&m=1") == f"https://t/?k={MASK}&m=1"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_a_text_of_another_charset_is_masked(charset: str) -> None:
    masks = Masks(["pässwort-lang"])
    body = "it was pässwort-lang".encode(charset)
    assert told(masks, body, f"text/plain; charset={charset}") == f"it was {MASK}"


@given(st.text(min_size=8, alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"])), st.data())
def test_escaped_by_chance_here_and_there_it_is_masked(secret: str, data: st.DataObject) -> None:
    ways = [
        lambda char: json.dumps(char)[1:-1],
        lambda char: "".join(
            f"\\u{char.encode('utf-16-be')[at : at + 2].hex()}"
            for at in range(0, 2 * (1 + (ord(char) > 0xFFFF)), 2)
        ),
    ]
    echoed = "".join(data.draw(st.sampled_from(ways))(char) for char in secret)
    plain = f'{{"k": "{echoed}"}}'.encode()
    assert json.loads(plain) == {"k": secret}
    assert secret not in str(json.loads(Masks([secret]).raw(plain))["k"])


@given(st.binary(max_size=200), st.sampled_from(SECRETS))
def test_what_holds_no_secret_stays_as_it_is(body: bytes, secret: str) -> None:
    assert Masks([secret]).raw(body) == body
    for way in (json.dumps, quote):
        kept = way('nothing & \\ " / here: äöü \U0001f511 %41').encode()
        assert Masks([secret]).raw(kept) == kept


def test_a_short_secret_is_left() -> None:
    assert Masks(["short&7"]).text("short&7 short\\u00267") == "short&7 short\\u00267"


def test_what_a_charset_cannot_write_is_not_masked_as_question_marks() -> None:
    assert Masks(["秘密の言葉は長い"]).text("????????? 秘密の言葉は長い") == f"????????? {MASK}"


def test_backslashes_without_end_are_read_once() -> None:
    """By what is found, not by a clock: none of these would end, were each read from every place before it."""
    body = b"\\" * 3_000_000
    assert Masks(['a"secret\\with"']).raw(body) == body


def test_megabytes_of_escapes_take_no_more_than_a_few_times_themselves() -> None:
    body = b"\\a" * (1 << 20) + b"canary-k\\u0065y" + b"%41" * (1 << 20)
    tracemalloc.start()
    try:
        masked = Masks(["canary-key"]).raw(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert masked == body.replace(b"canary-k\\u0065y", MASK.encode())
    assert peak < 8 * len(body)


async def test_a_large_answer_is_masked_beside_the_event_loop() -> None:
    threads: list[int] = []

    class Watched(Masks):
        def raw(self, raw: bytes) -> bytes:
            threads.append(threading.get_ident())
            return super().raw(raw)

    masks = Watched(["canary-key"])
    assert await masks.body(b"canary-key") == MASK.encode()
    assert await masks.body(b"canary-key" * 10_000) == MASK.encode() * 10_000
    here, beside = threads
    assert here == threading.get_ident() != beside
