"""Signatures of webhooks, with the examples that those who send them publish."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from tolstoy.domain import webhook_signatures
from tolstoy.domain.webhook_signatures import SIGNED_BY, SignatureError, Verification, key_of, sign, verify

NOW = 1_614_265_330
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
_OF_STRIPE = hmac.digest(b"whsec_of_stripe", f"{NOW}.".encode() + BODY, sha256).hex()
PUBLISHED: dict[Verification, tuple[str, dict[str, str], bytes, int]] = {
    "github": (
        "It's a Secret to Everybody",
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
        NOW,
    ),
    "slack": (
        "8f742231b10e8888abcd99yyyzzz85a5",
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        1_531_420_618,
    ),
    "standard": (
        STANDARD,
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        BODY,
        NOW,
    ),
    "stripe": (
        "whsec_of_stripe",
        {"stripe-signature": f"t={NOW},v1={'0' * 64},v1={_OF_STRIPE}"},
        BODY,
        NOW,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PUBLISHED)
def test_what_was_signed_right_is_let_through(kind: Verification) -> None:
    secret, headers, body, now = PUBLISHED[kind]
    verify(kind, secret, headers, body, now)


@pytest.mark.parametrize("kind", PUBLISHED)
def test_another_body_or_secret_or_signature_is_not(kind: Verification) -> None:
    secret, headers, body, now = PUBLISHED[kind]
    signed_in = SIGNED_BY[kind][-1]
    for wrong_secret, wrong_headers, wrong_body in (
        (secret, headers, body + b" "),
        (STANDARD[:-1] + "x" if kind == "standard" else secret + "x", headers, body),
        ("", headers, body),
        (secret, {**headers, signed_in: headers[signed_in][:-3]}, body),
        (secret, {**headers, signed_in: "\udcff,="}, body),
    ):
        with pytest.raises(SignatureError) as caught:
            verify(kind, wrong_secret, wrong_headers, wrong_body, now)
        assert str(caught.value) == "The signature does not match."


@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_header_that_is_missing_is_named_and_nothing_else(kind: Verification) -> None:
    secret, headers, body, now = PUBLISHED[kind]
    for name in headers:
        for left in ({key: text for key, text in headers.items() if key != name}, {**headers, name: ""}):
            with pytest.raises(SignatureError) as caught:
                verify(kind, secret, left, body, now)
            assert caught.value.missing == name


@pytest.mark.parametrize("kind", ["slack", "standard", "stripe"])
def test_a_signature_holds_for_five_minutes_either_way(kind: Verification) -> None:
    secret, headers, body, now = PUBLISHED[kind]
    for distance in (-300, 300):
        verify(kind, secret, headers, body, now + distance)
    for distance in (-301, 301, 10**9):
        with pytest.raises(SignatureError):
            verify(kind, secret, headers, body, now + distance)


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e9", "٣", "9" * 40, f"{NOW}.0", f"{NOW},{NOW}", "\udcff"])
def test_a_timestamp_that_is_none_does_not_match(stamp: str) -> None:
    secret, headers, body, now = PUBLISHED["standard"]
    with pytest.raises(SignatureError):
        verify("standard", secret, {**headers, "webhook-timestamp": stamp}, body, now)
    with pytest.raises(SignatureError):
        verify("stripe", "s", {"stripe-signature": f"t={stamp},v1=00"}, body, now)


def test_stripe_with_two_timestamps_does_not_match() -> None:
    """Which of them was signed?"""
    secret, headers, body, now = PUBLISHED["stripe"]
    twice = {"stripe-signature": f"t=1,{headers['stripe-signature']}"}
    with pytest.raises(SignatureError):
        verify("stripe", secret, twice, body, now)


def test_one_signature_of_several_is_enough_for_standard_webhooks() -> None:
    secret, headers, body, now = PUBLISHED["standard"]
    several = f"v1a,AAAA v1,{'A' * 44} {headers['webhook-signature']}"
    verify("standard", secret, {**headers, "webhook-signature": several}, body, now)
    other = headers["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(SignatureError):
        verify("standard", secret, {**headers, "webhook-signature": other}, body, now)


def test_without_verification_nothing_is_asked_for() -> None:
    verify("none", "", {}, b"", NOW)


def test_what_is_signed_is_verified_also_while_a_secret_is_replaced() -> None:
    old, new = webhook_signatures.new_secret(), webhook_signatures.new_secret()
    headers = sign([new, old], "0199", NOW, BODY)
    for secret in (old, new):
        verify("standard", secret, headers, BODY, NOW)
    with pytest.raises(SignatureError):
        verify("standard", webhook_signatures.new_secret(), headers, BODY, NOW)
    assert sign([STANDARD], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, BODY) == PUBLISHED["standard"][1]


@pytest.mark.parametrize(
    ("secret", "size"),
    [
        (STANDARD, 24),
        (STANDARD.removeprefix("whsec_"), None),
        ("whsec_", None),
        ("whsec_!!!!", None),
        (f"whsec_{'A' * 28}", None),
        (f"whsec_{'A' * 88}", None),
        (f"whsec_{'é' * 32}", None),
    ],
)
def test_a_secret_is_a_key_of_24_to_64_bytes(secret: str, size: int | None) -> None:
    key = key_of(secret)
    assert (None if key is None else len(key)) == size
    assert len(key_of(webhook_signatures.new_secret()) or b"") == 32
