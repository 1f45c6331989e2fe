"""Where calls may not go, in all the ways to write it; and TLS, whose names are checked all the same."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.engine.echo_server import EchoServer, serving
from tolstoy.domain import action_request
from tolstoy.domain.egress import Policy
from tolstoy.engine.outbound import CallError, Outbound, Response

HOSTS = [
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1", "0x7f.1",
    "0177.0.0.1", "0177.0.0.01", "127.0.0.1.", "127.000.000.001", "localhost", "LOCALHOST", "0.0.0.0",
    "0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fec0::1]", "[fd00::1]",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "10.0.0.1", "169.254.169.254",
    "[fd00:ec2::254]", "255.255.255.255",
]  # fmt: skip
TRICKS = [
    "http://127.0.0.1:{}@example.invalid/", "http://example.invalid@127.0.0.1:{}/", "http://a:b@127.0.0.1:{}/",
    "http://127.0.0.1:{}\\@example.invalid/", "http://127.0.0.1:{}#@example.invalid/", "http://[::1%25lo]:{}/",
    "http://127%2e0%2e0%2e1:{}/", "http://127.0.0.1%09:{}/", "http://127.0.0.1\t:{}/", "http:///127.0.0.1:{}/",
    "http:127.0.0.1:{}/", "//127.0.0.1:{}/", "http://[::ffff:127.0.0.1%25]:{}/", "http://@127.0.0.1:{}/",
    "http://127.0.0.1:{}:80/", "HTTP://127.0.0.1:{}/", "ws://127.0.0.1:{}/", "file://127.0.0.1:{}/", "gopher://127.0.0.1:{}/",
]  # fmt: skip


@pytest.fixture
async def tool() -> AsyncIterator[EchoServer]:
    """Listens at every IPv4 address of this machine."""
    async with serving(host="0.0.0.0") as server:
        yield server


class Names(AbstractResolver):
    """Answers look-ups with these addresses, one list after the other; waits for ever after the last."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self._answers:
            await asyncio.Event().wait()
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._answers.pop(0)
        ]

    async def close(self) -> None:
        pass


async def called(url: str, *allowed: str, seconds: float = 10, **more: Any) -> Response:
    request = action_request.for_http({"method": "GET", "url": url})
    async with Outbound(Policy.allowing(allowed), max_response_bytes=1 << 20, **more) as outbound:
        return await outbound.send(request, timeout_seconds=seconds)


async def refusal(url: str, *allowed: str, **more: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        await called(url, *allowed, **more)
    return caught.value


@pytest.mark.parametrize("host", HOSTS)
async def test_no_way_to_write_an_address_inside_reaches_it(tool: EchoServer, host: str) -> None:
    error = await refusal(f"http://{host}:{tool.port}/")
    assert (error.kind, error.sent, len(tool.requests)) == ("refused_address", False, 0)


@pytest.mark.parametrize("url", TRICKS)
async def test_no_trick_with_a_url_reaches_inside(tool: EchoServer, url: str) -> None:
    try:
        error = await refusal(url.format(tool.port))
    except action_request.RequestError:
        pass
    else:
        assert (error.kind, error.sent) == ("refused_address", False)
    assert not tool.requests


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "１２７.0.0.1"])
async def test_an_allowed_address_is_reached_by_its_names(tool: EchoServer, host: str) -> None:
    assert (await called(f"http://{host}:{tool.port}/", "127.0.0.1")).status == 200


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "127.0.0.2", "0.0.0.0"])
async def test_allowing_one_address_allows_no_other_and_no_disguise(tool: EchoServer, host: str) -> None:
    error = await refusal(f"http://{host}:{tool.port}/", "127.0.0.1/32")
    assert (error.kind, len(tool.requests)) == ("refused_address", 0)


async def test_an_allowed_name_is_reached_by_that_name_only(tool: EchoServer) -> None:
    assert (await called(f"http://localhost:{tool.port}/", "localhost")).status == 200
    for host in ("127.0.0.1", "[::1]"):
        assert (await refusal(f"http://{host}:{tool.port}/", "localhost")).kind == "refused_address"
    there = f"http://localhost:{tool.port}/redirect?to=http://127.0.0.1:{tool.port}/"
    assert (await refusal(there, "localhost")).kind == "refused_address"
    assert [seen["path"] for seen in tool.requests] == ["/", "/redirect"]


async def test_a_dot_at_the_end_makes_no_other_name(tool: EchoServer) -> None:
    url = f"http://LocalHost.:{tool.port}/"
    assert (await refusal(url, resolver=Names(["127.0.0.1"]))).kind == "refused_address"
    assert (await called(url, "localhost", resolver=Names(["127.0.0.1"]))).status == 200


async def test_a_name_that_changes_its_mind_is_judged_by_where_it_leads(tool: EchoServer) -> None:
    names = Names(["192.0.2.1"], ["127.0.0.1"])
    for _ in range(2):
        error = await refusal(f"http://rebinding.example:{tool.port}/", resolver=names)
        assert (error.kind, error.sent, len(tool.requests)) == ("refused_address", False, 0)


async def test_of_many_addresses_those_that_are_allowed_are_tried(tool: EchoServer) -> None:
    names = Names(["10.0.0.1", "::1", "127.0.0.1", "169.254.169.254"])
    answer = await called(f"http://many.example:{tool.port}/", "127.0.0.1", resolver=names)
    assert answer.status == 200 and tool.requests[-1]["headers"]["host"] == f"many.example:{tool.port}"


async def test_the_error_tells_the_kind_of_address_and_not_which_one() -> None:
    error = await refusal("http://inside.example/", resolver=Names(["10.11.12.13"]))
    assert error.detail.startswith("inside.example: a private address, where calls may not go")
    assert "10.11" not in str(error)


async def test_ports_of_other_protocols_are_refused() -> None:
    assert (await refusal("http://mail.example:25/", resolver=Names(["8.8.8.8"]))).kind == "refused_address"


async def test_what_cannot_be_connected_to_has_not_got_the_call() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        for url in (closed, "http://does-not-exist.invalid/", f"http://{'a' * 64}.com/", "http://a..b/"):
            error = await refusal(url, "127.0.0.1")
            assert (error.kind, error.sent) == ("connection", False), url


async def test_a_look_up_without_an_answer_ends_with_the_time() -> None:
    with pytest.raises(CallError) as caught:
        await called("http://slow.example/", seconds=0.1, resolver=Names())
    assert (caught.value.kind, caught.value.sent) == ("timeout", False)


def certificate(folder: Path, *names: x509.GeneralName) -> tuple[Path, Path]:
    """Signed by itself: its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tool")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "tool.pem", folder / "tool.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


async def test_tls_is_by_the_name_of_the_url_and_never_left_by_a_redirect(
    tool: EchoServer, tmp_path: Path
) -> None:
    public, private = certificate(tmp_path, x509.DNSName("tool.example"))
    serve = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serve.load_cert_chain(public, private)
    trust = ssl.create_default_context(cafile=public)
    async with serving(tls=serve) as secure:
        for host, context, kind in (
            ("tool.example", trust, None),
            ("other.example", trust, "connection"),
            ("tool.example", None, "connection"),
        ):
            call = called(
                f"https://{host}:{secure.port}/", "127.0.0.1", tls=context, resolver=Names(["127.0.0.1"])
            )
            if kind is None:
                assert (await call).status == 200
            else:
                with pytest.raises(CallError) as caught:
                    await call
                assert (caught.value.kind, caught.value.sent) == (kind, False)
                assert "TLS" in caught.value.detail
        down = f"https://tool.example:{secure.port}/redirect?to=http://127.0.0.1:{tool.port}/"
        error = await refusal(down, "127.0.0.1", tls=trust, resolver=Names(["127.0.0.1"]))
    assert (error.kind, error.sent, len(tool.requests)) == ("redirect", True, 0)
