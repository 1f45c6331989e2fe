"""The cookie by which a browser is known again, and pages that show what others have written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tolstoy.api import oauth
from tolstoy.api.pages import page
from tolstoy.core.settings import Settings


def request(public_url: str, **cookies: str) -> Any:
    settings = Settings(public_url=public_url)
    return SimpleNamespace(app=SimpleNamespace(ctx=SimpleNamespace(settings=settings)), cookies=cookies)


@pytest.mark.parametrize(
    ("public_url", "cookie"),
    [
        (
            "https://t.example.com",
            "__Host-tolstoy-oauth=x; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure",
        ),
        ("http://localhost:3000", "tolstoy-oauth=x; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
    ],
)
def test_with_tls_no_other_host_can_set_it(public_url: str, cookie: str) -> None:
    assert oauth._cookie(request(public_url), "x") == cookie


def test_only_what_we_have_written_is_read() -> None:
    ours = "A-_b" * 10 + "abc"
    assert oauth._browser(request("http://t", **{"tolstoy-oauth": ours})) == ours
    assert oauth._browser(request("https://t", **{"tolstoy-oauth": ours})) is None, "without its prefix"
    for other in ("", "short", ours + "a", ours[:-1] + ";"):
        assert oauth._browser(request("http://t", **{"tolstoy-oauth": other})) is None


def test_what_others_have_written_is_text() -> None:
    shown = page("<b>&", '"><script>', button="<i>").body or b""
    assert b"<title>&lt;b&gt;&amp;</title>" in shown
    assert b"<p>&quot;&gt;&lt;script&gt;</p>" in shown and b"<button>&lt;i&gt;</button>" in shown
