"""The keys of an issuer as one process knows them: read, rotated, taken away, and out of reach."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.oidc.issuer import Issuer, issuing, jwk, private_key, settings
from tolstoy.core.errors import InvalidTokenError, IssuerUnavailableError
from tolstoy.core.settings import load
from tolstoy.domain.access_tokens import verified
from tolstoy.domain.issuer_documents import MAX_BYTES
from tolstoy.domain.issuer_keys import COOLDOWN_SECONDS, IssuerKeys

FIRST = ("first", "RS256")
BOUND = 3600


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[IssuerKeys]:
    """Not started: they are read when somebody wants one."""
    made = IssuerKeys(load(settings(issuer, OIDC_MAX_AGE=str(BOUND)), dotenv=None), clock=clock)
    yield made
    await made.close()


async def test_a_key_is_read_once_for_all_who_wait_for_it(issuer: Issuer, keys: IssuerKeys) -> None:
    issuer.held.clear()
    waiting = [asyncio.create_task(keys.key(FIRST)) for _ in range(50)]
    while issuer.asked == 0:
        await asyncio.sleep(0.01)
    issuer.held.set()
    found = await asyncio.gather(*waiting)
    assert issuer.asked == 1 and len({id(key) for key in found}) == 1
    assert await keys.key(FIRST) is found[0] and issuer.asked == 1


async def test_one_who_does_not_wait_on_leaves_the_others_their_answer(
    issuer: Issuer, keys: IssuerKeys
) -> None:
    issuer.held.clear()
    gone, stays = (asyncio.create_task(keys.key(FIRST)) for _ in range(2))
    while issuer.asked == 0:
        await asyncio.sleep(0.01)
    gone.cancel()
    issuer.held.set()
    assert (await stays).public.key_id == "first" and issuer.asked == 1


async def test_an_unknown_key_has_them_read_again_but_not_at_once(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    """Whoever makes key ids up does not make us ask more often than we like."""
    before = await keys.key(FIRST)
    for number in range(20):
        with pytest.raises(InvalidTokenError, match="a key that its issuer does not have"):
            await keys.key((f"made up {number}", "RS256"))
    assert issuer.asked == 1
    clock.now += COOLDOWN_SECONDS
    issuer.rotate("second", keep=True)
    assert (await keys.key(("second", "RS256"))).public.key_id == "second"
    assert issuer.asked == 2
    assert keys.holds(FIRST, before), "what has not changed is the same, and need not be verified again"


async def test_a_key_that_was_taken_away_or_exchanged_counts_no_more(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    first = await keys.key(FIRST)
    issuer.rotate("second")
    await keys.read()
    assert not keys.holds(FIRST, first)
    with pytest.raises(InvalidTokenError):
        await keys.key(FIRST)
    second = await keys.key(("second", "RS256"))
    issuer.rotate("second")  # another under the same name
    await keys.read()
    assert not keys.holds(("second", "RS256"), second)
    assert await keys.key(("second", "RS256")) is not second


async def test_an_issuer_that_is_down_stops_nobody_until_the_bound(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    first = await keys.key(FIRST)
    issuer.answers["/keys"] = 500
    await keys.read()
    clock.now += BOUND
    assert await keys.key(FIRST) is first and keys.holds(FIRST, first)
    assert (keys.state().counts, keys.state().failure) == (True, f"{issuer.url}/keys answers 500")
    with pytest.raises(IssuerUnavailableError):
        await keys.key(("second", "RS256"))  # it might have that one by now
    clock.now += 1
    assert not keys.holds(FIRST, first) and not keys.state().counts
    with pytest.raises(IssuerUnavailableError):
        await keys.key(FIRST)
    issuer.answers.clear()
    clock.now += COOLDOWN_SECONDS
    assert (await keys.key(FIRST)).public.key_id == "first" and keys.state().failure is None


async def test_they_are_read_at_the_start_and_at_intervals(issuer: Issuer) -> None:
    keys = IssuerKeys(load(settings(issuer, OIDC_REFRESH="1"), dotenv=None))
    issuer.answers["/keys"] = 503
    keys.start()
    try:
        async with asyncio.timeout(30):
            while issuer.asked < 2:
                await asyncio.sleep(0.02)
            issuer.answers.clear()
            while not keys.state().counts:
                await asyncio.sleep(0.02)
            issuer.rotate("second")
            while ("second", "RS256") not in keys._known:
                await asyncio.sleep(0.02)
        assert keys.state().keys == 1
    finally:
        await keys.close()


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/.well-known/openid-configuration", 404, "answers 404"),
        ("/.well-known/openid-configuration", 302, "answers 302"),
        ("/.well-known/openid-configuration", b"[]", "not as it should be"),
        ("/.well-known/openid-configuration", b'{"issuer": "https://o.example", "jwks_uri": "x"}', "of the issuer"),
        ("/keys", 302, "answers 302"),
        ("/keys", b"\xff", "not as it should be"),
        ("/keys", b'{"keys": [{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", "not as it should be"),
        ("/keys", b'{"keys": {}}', "not as it should be"),
        ("/keys", b'{"keys": []}', "no key that verifies"),
        ("/keys", b'{"keys": [], "x": "' + b"x" * MAX_BYTES + b'"}', "more than"),
    ],
)  # fmt: skip
async def test_what_is_not_as_it_should_be_is_not_taken(
    issuer: Issuer, keys: IssuerKeys, path: str, answer: int | bytes, why: str
) -> None:
    issuer.answers[path] = answer
    with pytest.raises(IssuerUnavailableError):
        await keys.key(FIRST)
    assert why in str(keys.state().failure)


async def test_keys_are_not_read_in_the_clear(issuer: Issuer, keys: IssuerKeys) -> None:
    told = {"issuer": issuer.url, "jwks_uri": "http://keys.example.com/keys"}
    issuer.answers["/.well-known/openid-configuration"] = json.dumps(told).encode()
    with pytest.raises(IssuerUnavailableError):
        await keys.key(FIRST)
    assert "in the clear" in str(keys.state().failure)


async def test_an_address_of_its_own_needs_no_discovery(issuer: Issuer, clock: Clock) -> None:
    issuer.answers["/.well-known/openid-configuration"] = 404
    told = settings(issuer, OIDC_JWKS_URL=f"{issuer.url}/keys")
    keys = IssuerKeys(load(told, dotenv=None), clock=clock)
    assert (await keys.key(FIRST)).public.key_id == "first"


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "oct", "kid": "odd", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"},
        {"kty": "RSA", "kid": "odd"},
        {"kty": "RSA", "kid": "odd", "n": "", "e": ""},
        {"kty": "RSA", "kid": "odd", "n": "AQAB", "e": "AA"},
        {"kty": "RSA", "kid": ["odd"], "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "odd", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["EC"], "kid": "odd", "crv": {}},
        {"kty": "OKP", "kid": "odd", "crv": "Ed25519", "x": 7},
        {},
        jwk("odd", rsa.generate_private_key(65537, 1024)),  # noqa: S505 - as weak as is meant
        jwk("odd", private_key("ES256"), use="enc"),
        jwk("odd", private_key("ES256"), key_ops=["sign"]),
        jwk("odd", private_key("ES256"), key_ops="verify"),
        jwk("odd", private_key("ES256"), alg="HS256"),
        jwk("odd", private_key("ES256"), alg=["ES256"]),
        jwk("odd", private_key("ES256"), d="AA"),
    ],
)
async def test_what_verifies_no_signature_is_passed_over(
    issuer: Issuer, keys: IssuerKeys, odd: dict[str, Any]
) -> None:
    issuer.published.insert(0, odd)
    assert (await keys.key(FIRST)).public.key_id == "first"
    assert keys.state().keys == 1


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"])
async def test_each_algorithm_has_its_keys(issuer: Issuer, keys: IssuerKeys, algorithm: str) -> None:
    """A key that names no algorithm is for each that it could be for, one that does for that alone."""
    issuer.rotate("new", algorithm)
    told = load(settings(issuer, OIDC_USER_CLAIM="sub"), dotenv=None)
    token = issuer.token(kid="new", org_id="acme")
    assert (await verified(token, keys, told)).user == "someone"
    issuer.rotate("other", keep=True)
    issuer.published[0]["alg"] = "ES384" if algorithm == "ES256" else "ES256"
    await keys.read()
    with pytest.raises(InvalidTokenError):
        await verified(token, keys, told)
