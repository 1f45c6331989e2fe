"""An identity provider on this machine: keys that it makes, publishes and takes away, and the tokens that it signs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "https://tolstoy.example.com"
ORG_CLAIM = "org_id"


def private_key(algorithm: str) -> Any:
    if algorithm.startswith("ES"):
        curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
        return ec.generate_private_key(curves[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def jwk(kid: str, private: Any, **members: Any) -> dict[str, Any]:
    """What is published of a key."""
    kinds = {ec.EllipticCurvePrivateKey: ECAlgorithm, ed25519.Ed25519PrivateKey: OKPAlgorithm}
    algorithm = next((kinds[kind] for kind in kinds if isinstance(private, kind)), RSAAlgorithm)
    made: dict[str, Any] = algorithm.to_jwk(private.public_key(), as_dict=True)
    made.pop("key_ops", None)
    return {**made, "kid": kid, "use": "sig", **members}


class Issuer:
    """`answers` are what a path is answered with instead: a status, or a body. `asked` counts the readings of keys."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.private: dict[str, tuple[str, Any]] = {}
        self.published: list[dict[str, Any]] = []
        self.answers: dict[str, int | bytes] = {}
        self.asked = 0
        self.held = threading.Event()  # while it is not set, keys are not given
        self.held.set()
        self.rotate("first")

    def rotate(self, kid: str, algorithm: str = "RS256", *, keep: bool = False, **members: Any) -> None:
        """Sign by a new key, and publish it in the place of those before, or beside them."""
        self.private[kid] = (algorithm, private_key(algorithm))
        new = jwk(kid, self.private[kid][1], **members)
        self.published = [*(self.published if keep else []), new]

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Of a good token, with these; None leaves one out."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "someone",
            "iat": now,
            "exp": now + 600,
            "client_id": "cli",
        }
        return {name: value for name, value in {**good, **claims}.items() if value is not None}

    def token(
        self, *, kid: str = "first", headers: Mapping[str, Any] | None = None, key: Any = None, **claims: Any
    ) -> str:
        algorithm, private = self.private[kid]
        return jwt.encode(
            self.claims(**claims),
            key or private,
            algorithm=algorithm,
            headers={"typ": "at+jwt", "kid": kid, **(headers or {})},
        )

    def answer(self, path: str) -> tuple[int, bytes]:
        if path == "/keys":
            self.asked += 1
            self.held.wait(30)
        other = self.answers.get(path)
        if isinstance(other, int):
            return other, b"{}"
        if other is not None:
            return 200, other
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}).encode()
        return (200, json.dumps({"keys": self.published}).encode()) if path == "/keys" else (404, b"{}")


@contextmanager
def issuing() -> Iterator[Issuer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.issuer = issuer = Issuer(server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.held.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = self.server.issuer.answer(self.path)  # type: ignore[attr-defined]
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/keys")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def settings(issuer: Issuer, **others: str) -> dict[str, str]:
    """What a service is told that takes its tokens."""
    return {
        "AUTH_MODE": "oidc",
        "OIDC_ISSUER": issuer.url,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_ORG_CLAIM": ORG_CLAIM,
        **others,
    }
