"""An identity provider that publishes one key, and signs what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "https://tolstoy.bench"


@dataclass(frozen=True)
class Issuer:
    url: str
    private: rsa.RSAPrivateKey

    @property
    def settings(self) -> dict[str, str]:
        """What a server is told that takes its tokens."""
        return {
            "AUTH_MODE": "oidc",
            "OIDC_ISSUER": self.url,
            "OIDC_JWKS_URL": f"{self.url}/keys",
            "OIDC_AUDIENCE": AUDIENCE,
            "OIDC_ORG_CLAIM": "org",
        }

    def token(self, org_id: str, user: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "sub": user, "org": org_id}
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"typ": "at+jwt", "kid": "bench"})


@contextmanager
def issuing() -> Iterator[Issuer]:
    private = rsa.generate_private_key(65537, 2048)
    published = {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "bench", "use": "sig"}
    body = json.dumps({"keys": [published]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Issuer(f"http://127.0.0.1:{server.server_address[1]}", private)
        server.shutdown()
