"""Tokens that let nobody in, and what is said of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.api.problems import refused
from tests.oidc.issuer import Issuer, jwk, private_key
from tests.oidc.signed_in import Acme, admin_of
from tests.processes import Served


def _unsigned(issuer: Issuer, acme: Acme, header: dict[str, Any]) -> str:
    parts = header, issuer.claims(sub=acme.admin, org_id=acme.called)
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts)


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _by_public_key(issuer: Issuer, acme: Acme, secret: bytes) -> str:
    """What is public taken for a secret that both know."""
    text = _unsigned(issuer, acme, {"alg": "HS256", "typ": "JWT", "kid": "first"})
    return f"{text}.{_encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _signed_anyhow(issuer: Issuer, acme: Acme, **claims: Any) -> str:
    """With claims that our own library would not write."""
    body = json.dumps(issuer.claims(sub=acme.admin, org_id=acme.called, **claims)).encode()
    return jwt.api_jws.encode(body, issuer.private["first"][1], "RS256", {"kid": "first"})


def _forged(issuer: Issuer, acme: Acme) -> dict[str, tuple[str, str]]:
    """Tokens that let nobody in, and what is said of each."""
    public = issuer.private["first"][1].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    own = private_key("RS256")
    now = int(time.time())

    def token(**changes: Any) -> str:
        return issuer.token(**{"sub": acme.admin, "org_id": acme.called, **changes})

    good = token()
    head, claims, signature = good.split(".")
    less = _encoded(json.dumps(issuer.claims(sub=acme.admin, org_id=acme.called, exp=now + 9999)).encode())
    return {
        "alg none": (_unsigned(issuer, acme, {"alg": "none", "kid": "first"}) + ".", "neither"),
        "alg none, signed": (_unsigned(issuer, acme, {"alg": "none", "kid": "first"}) + ".AA", "signed by none"),
        "alg None": (_unsigned(issuer, acme, {"alg": "None", "kid": "first"}) + "." + signature, "signed by none"),
        "no alg": (_unsigned(issuer, acme, {"kid": "first"}) + "." + signature, "signed by none"),
        "alg a list": (_unsigned(issuer, acme, {"alg": ["RS256"], "kid": "first"}) + ".AA", "signed by none"),
        "HS256 by the public PEM": (_by_public_key(issuer, acme, pem), "signed by none"),
        "HS256 by the JWK": (
            _by_public_key(issuer, acme, json.dumps(issuer.published[0]).encode()), "signed by none"
        ),
        "another's key": (token(key=own), "not signed by the key"),
        "its own key in the header": (
            token(key=own, headers={"jwk": jwk("first", own)}), "not signed by the key"
        ),
        "another alg of that key": (
            _unsigned(issuer, acme, {"alg": "PS256", "kid": "first"}) + "." + signature, "not signed by the key"
        ),
        "other claims": (f"{head}.{less}.{signature}", "not signed by the key"),
        "cut off": (good[:-2], "not signed by the key"),
        "no signature": (f"{head}.{claims}.", "neither"),
        "a key nobody has": (token(headers={"kid": "made-up"}), "key that its issuer does not have"),
        "kid a path": (token(headers={"kid": "../../dev/null"}), "key that its issuer does not have"),
        "kid a number": (_unsigned(issuer, acme, {"alg": "RS256", "kid": 7}) + ".AA", "broken"),
        "expired": (token(exp=now - 31), "has expired"),
        "expires never": (token(exp=None), "lacks one of exp"),
        "expires in words": (token(exp="never"), "broken"),
        "expires by text": (token(exp=str(now + 600)), "by no number"),
        "not yet": (token(nbf=now + 120), "not valid yet"),
        "issued in time to come": (token(iat=now + 120), "not valid yet"),
        "issued never": (token(iat=None), "lacks one of exp, iat"),
        "another issuer": (token(iss="https://evil.example"), "another issuer"),
        "issuer with a slash": (token(iss=f"{issuer.url}/"), "another issuer"),
        "several issuers": (_signed_anyhow(issuer, acme, iss=[issuer.url]), "another issuer"),
        "no issuer": (token(iss=None), "lacks one of"),
        "another audience": (token(aud=["https://other.example"]), "another audience"),
        "part of the audience": (token(aud="https://tolstoy.example"), "another audience"),
        "no audience": (token(aud=None), "lacks one of"),
        "no user": (token(sub=None), "claim sub is missing"),
        "an empty user": (token(sub=""), "claim sub is missing"),
        "a user of controls": (token(sub="a\u0000b"), "claim sub is missing"),
        "half of a character": (token(sub="\ud800"), "claim sub is missing"),
        "a long user": (token(sub="x" * 256), "claim sub is missing"),
        "no organization": (token(org_id=None), "claim org_id is missing"),
        "several organizations": (token(org_id=[acme.called, "b"]), "claim org_id is missing"),
        "an organization of members": (token(org_id={"id": acme.called}), "claim org_id is missing"),
        "crit": (token(headers={"crit": ["exp"], "exp": 1}), "broken"),
        "crit b64": (
            _unsigned(issuer, acme, {"alg": "RS256", "kid": "first", "crit": ["b64"], "b64": True}) + "." + signature,
            "is not understood here",
        ),
        "of logging out": (token(headers={"typ": "logout+jwt"}), "another type"),
        "typ a number": (_unsigned(issuer, acme, {"alg": "RS256", "typ": 7}) + ".AA", "another type"),
        "typ a list": (
            _unsigned(issuer, acme, {"alg": "RS256", "typ": ["at+jwt"]}) + ".AA", "another type"
        ),
        "typ of members": (_unsigned(issuer, acme, {"alg": "RS256", "typ": {}}) + ".AA", "another type"),
        "nested": (token(headers={"cty": "JWT"}), "is not understood here"),
        "encrypted": (_encoded(b'{"alg":"RSA-OAEP","enc":"A256GCM"}') + ".AA.AA.AA.AA", "Encrypted"),
        "too large": (token(more="x" * 9_000), "more than 12288 characters"),
        "no JSON": (f"{_encoded(b'x')}.AA.AA", "broken"),
        "deep": (f"{_encoded(b'[' * 5000)}.AA.AA", "broken"),
        "no object": (f"{_encoded(b'[]')}.AA.AA", "broken"),
        "words": ("x" * 40, "neither an API key nor an access token"),
        "bytes": ("\u00e9.\u00e9.\u00e9", "neither an API key nor an access token"),
    }  # fmt: skip


async def test_a_forged_or_ended_token_is_refused_and_told_why(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme, process: Served
) -> None:
    """401, without a word of the token itself."""
    assert (await web.get("/tools", headers=admin_of(issuer, acme))).status_code == 200
    for name, (token, why) in _forged(issuer, acme).items():
        sent = [(b"Authorization", b"Bearer " + token.encode())]
        answered = await web.get("/tools", headers=sent)
        assert (answered.status_code, answered.json()["code"]) == (401, "invalid-token"), (
            name,
            answered.text,
        )
        problem = refused(answered, 401, "invalid-token")
        assert why in problem["detail"], (name, problem["detail"])
        told = answered.headers["WWW-Authenticate"]
        assert told == f'Bearer error="invalid_token", error_description="{problem["detail"]}"', name
        assert len(token) < 20 or token[:20] not in answered.text
        assert token[-40:] not in process.log()


async def test_what_is_good_in_another_way_is_taken(
    web: httpx.AsyncClient, issuer: Issuer, acme: Acme
) -> None:
    now = int(time.time())
    for changes in (
        {"headers": {"typ": "JWT"}},
        {"headers": {"typ": "application/AT+JWT"}},
        {"headers": {"typ": None}},
        {"aud": ["https://other.example", "https://tolstoy.example.com"]},
        {"exp": now - 20},  # clocks differ
        {"iat": now + 20, "nbf": now + 20},
        {"exp": 1e300},
        {"exp": 10**400},
        {"exp": now + 60.5},
    ):
        answered = await web.get("/tools", headers=admin_of(issuer, acme, **changes))
        assert answered.status_code == 200, (changes, answered.text)
