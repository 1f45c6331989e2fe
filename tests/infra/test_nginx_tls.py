"""TLS on the machine itself: the redirect, the certificate of our own, and the issuer's that takes its place."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.engine.echo_server import EchoServer, serving_in_thread
from tests.infra.hosts import environment_file, with_tls
from tests.infra.nginx_here import Nginx, needs_nginx
from tests.infra.programs import program
from tolstoy_infra.host import TEMPLATES

pytestmark = [needs_nginx, pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")]
DOMAIN = "tolstoy.example.com"

# In certbot's place: it makes a certificate and puts it where certbot does.
CERTBOT = """#!/bin/sh
echo "$@" >>"$CALLS"
test ! -e "$REFUSING" || exit 1
mkdir -p "$TOLSTOY_LETSENCRYPT/live/tolstoy" && cd "$TOLSTOY_LETSENCRYPT/live/tolstoy"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=tolstoy.example.com" \
  -addext subjectAltName=DNS:tolstoy.example.com -addext "nsComment=issued" -keyout privkey.pem -out fullchain.pem 2>&1
"""


class Machine:
    def __init__(self, root: Path, upstream: int, **more: bool) -> None:
        self.nginx = Nginx(root, with_tls(**more), blue=upstream)
        self.nginx.put()
        self.nginx.serve("blue")
        self.calls, self.refusing = root / "calls", root / "refusing"
        self.path = root / "bin"
        program(self.path, "certbot", CERTBOT)
        program(self.path, "nginx", f'#!/bin/sh\nexec {" ".join(self.nginx.command())} "$@"\n')
        self.nginx.write("/etc/tolstoy/host.env", environment_file(self.nginx.host, "/etc/tolstoy/host.env"))

    def tolstoy_tls(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        root = self.nginx.root
        env = {
            "PATH": f"{self.path}:{os.environ['PATH']}",
            "TOLSTOY_ETC": str(root / "etc/tolstoy"),
            "TOLSTOY_STATE": str(root / "var/lib/tolstoy"),
            "TOLSTOY_LETSENCRYPT": str(root / "etc/letsencrypt"),
            "CALLS": str(self.calls),
            "REFUSING": str(self.refusing),
        }
        return subprocess.run(
            [str(TEMPLATES / "tolstoy-tls"), *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def certificate(self) -> str:
        """What a client is shown, read by openssl."""
        shown = ssl.get_server_certificate(("127.0.0.1", self.nginx.tls_port))
        read = subprocess.run(
            ["openssl", "x509", "-noout", "-text"],
            input=shown,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return read.stdout

    def shows(self, comment: str) -> bool:
        """Whether that certificate is shown; Nginx takes a moment to take it up."""
        deadline = time.monotonic() + 10
        while comment not in self.certificate() and time.monotonic() < deadline:
            time.sleep(0.05)
        return comment in self.certificate()

    def get(self, path: str) -> httpx.Response:
        url = f"https://127.0.0.1:{self.nginx.tls_port}{path}"
        return httpx.get(url, verify=False, headers={"Host": DOMAIN})  # noqa: S501 - the certificate is self-made


@pytest.fixture(scope="module")
def upstream() -> Iterator[EchoServer]:
    with serving_in_thread() as server:
        yield server


@pytest.fixture
def machine(upstream: EchoServer, tmp_path: Path) -> Iterator[Machine]:
    """As first boot leaves it."""
    made = Machine(tmp_path, upstream.port)
    own = made.tolstoy_tls("--own")
    assert own.returncode == 0, own.stderr
    made.nginx.start()
    yield made
    made.nginx.stop()


def test_plain_http_leads_to_tls_and_nowhere_else(machine: Machine) -> None:
    answer = httpx.post(machine.nginx.url + "/flows?a=b", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{DOMAIN}/flows?a=b")
    for path in ("/health", "/metrics", "/executions/1/events"):
        assert httpx.get(machine.nginx.url + path).status_code == 308


def test_the_issuer_finds_its_proof_over_plain_http(machine: Machine) -> None:
    place = machine.nginx.root / "var/lib/tolstoy/acme/.well-known/acme-challenge"
    place.mkdir(parents=True)
    (place / "token").write_text("proof")
    url = machine.nginx.url + "/.well-known/acme-challenge/"
    assert httpx.get(url + "token").text == "proof"
    missing = httpx.get(url + "other")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert httpx.get(url + "../../../../etc/passwd").status_code == 308  # no way out of the folder


def test_tls_serves_the_api_and_asks_for_tls_from_now_on(machine: Machine) -> None:
    answer = machine.get("/echo")
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    refused = machine.get("/metrics")
    assert (refused.status_code, refused.headers["Strict-Transport-Security"]) == (404, "max-age=31536000")
    by_mistake = httpx.get(f"http://127.0.0.1:{machine.nginx.tls_port}/")
    assert (by_mistake.status_code, by_mistake.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("version", "taken"),
    [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)],
)
def test_only_tls_of_today_is_spoken(machine: Machine, version: str, taken: bool) -> None:
    option = {"TLSv1_1": "-tls1_1", "TLSv1_2": "-tls1_2", "TLSv1_3": "-tls1_3"}[version]
    asked = ["openssl", "s_client", "-connect", f"127.0.0.1:{machine.nginx.tls_port}", option]
    # SECLEVEL=0: of the old version the client itself would have nothing to do
    said = subprocess.run(
        [*asked, "-cipher", "DEFAULT@SECLEVEL=0"],
        input="",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ("Cipher is (NONE)" not in said.stdout) is taken, said.stdout


def test_http_2_is_spoken(machine: Machine) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(socket.create_connection(("127.0.0.1", machine.nginx.tls_port))) as wire:
        assert wire.selected_alpn_protocol() == "h2"


def test_our_own_certificate_until_there_is_the_issuers(machine: Machine) -> None:
    own = machine.certificate()
    assert f"DNS:{DOMAIN}" in own
    key = machine.nginx.root / "etc/tolstoy/tls/own.key"
    assert key.stat().st_mode & 0o077 == 0

    machine.refusing.touch()  # its name leads elsewhere yet
    assert machine.tolstoy_tls().returncode != 0
    assert machine.certificate() == own

    machine.refusing.unlink()
    got = machine.tolstoy_tls()
    assert got.returncode == 0, got.stderr
    assert machine.shows("issued")
    asked = machine.calls.read_text().splitlines()[-1]
    assert f"--cert-name tolstoy --domain {DOMAIN}" in asked
    assert "--email ops@example.com" in asked
    assert f"--webroot --webroot-path {machine.nginx.root}/var/lib/tolstoy/acme" in asked

    calls = machine.calls.read_text()
    assert machine.tolstoy_tls().returncode == 0  # the timer goes on
    assert machine.calls.read_text() == calls


def test_with_a_zone_the_proof_is_in_dns(tmp_path: Path) -> None:
    machine = Machine(tmp_path, 1, dns01=True)
    machine.tolstoy_tls("--own")
    machine.nginx.start()
    try:
        assert machine.tolstoy_tls().returncode == 0
    finally:
        machine.nginx.stop()
    assert "--dns-route53" in machine.calls.read_text()
    assert "--webroot" not in machine.calls.read_text()
