import ipaddress

import pytest

from tolstoy.domain.egress import Policy, is_disguised

PUBLIC = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
          "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
          "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "::ffff:8.8.8.8",
          "2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2a00:1450::1", "2003::1"]  # fmt: skip

SPECIAL = {
    "a loopback address": ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    "a private address": ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1",
                          "fdff::1", "::ffff:10.0.0.1", "::ffff:c0a8:1"],
    "a metadata address": ["169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192",
                           "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254"],
    "a link-local address": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "febf::1"],
    "an address of this machine": ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "an address of a carrier's network": ["100.64.0.0", "100.127.255.255"],
    "a multicast address": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "the broadcast address": ["255.255.255.255"],
    "a reserved address": ["240.0.0.1", "192.0.0.1", "4000::1", "1::1", "2001:20::1", "e000::1"],
    "a documentation address": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "a benchmarking address": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "a 6to4 relay": ["192.88.99.1"],
    "a 6to4 address": ["2002:7f00:1::", "2002:808:808::1"],
    "a Teredo address": ["2001::1", "2001:0:7f00:1::"],
    "a NAT64 address": ["64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1"],
    "an IPv4-compatible address": ["::127.0.0.1", "::8.8.8.8", "::2"],
    "a translated IPv4 address": ["::ffff:0:127.0.0.1"],
    "a site-local address": ["fec0::1"],
    "a discard address": ["100::1"],
    "a segment routing address": ["5f00::1"],
    "no IP address": ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "/run/socket"],
}  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert Policy().refusal("example.com", address, 443) is None


@pytest.mark.parametrize(
    ("what", "address"), [(what, address) for what, addresses in SPECIAL.items() for address in addresses]
)
def test_special_addresses_are_refused_with_what_they_are(what: str, address: str) -> None:
    assert Policy().refusal("example.com", address, 443) == what


def test_whatever_python_holds_for_special_is_refused_too() -> None:
    step = 2**32 // 4099
    for number in range(0, 2**32, step):
        ip = ipaddress.ip_address(number)
        # what later releases exclude from 192.0.0.0/24, this list keeps
        assert ip.is_global or Policy().refusal("example.com", str(ip), 443), ip


@pytest.mark.parametrize("port", [0, 22, 25, 53, 110, 6667])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    said = Policy().refusal("example.com", "8.8.8.8", port)
    assert said == f"port {port}, which belongs to another protocol"


@pytest.mark.parametrize(
    ("ports", "reached", "refused"),
    [
        (((80, 80), (443, 443), (1024, 65535)), [80, 443, 1024, 8443, 65535], [1, 81, 442, 1023, 6667]),
        (((443, 443),), [443], [80, 444, 8443]),
        (((1, 65535), (6667, 6667)), [81, 6667], [22, 25, 6668]),
        (((25, 25),), [25], [80]),
    ],
)
def test_ports_by_policy(ports: tuple[tuple[int, int], ...], reached: list[int], refused: list[int]) -> None:
    """A port of another protocol is reached only where it is written by itself; at allowed addresses any is."""
    policy = Policy.allowing(["10.0.0.0/8"], ports)
    assert not [port for port in reached if policy.refusal("any.example", "8.8.8.8", port)]
    assert not [port for port in refused if not policy.refusal("any.example", "8.8.8.8", port)]
    assert not [port for port in (*reached, *refused) if policy.refusal("any.example", "10.0.0.1", port)]


@pytest.mark.parametrize(
    ("entry", "reached", "refused"),
    [
        ("127.0.0.1/32", ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "10.0.0.1", "::1"]),
        ("10.1.0.0/16", ["10.1.0.1", "10.1.255.255"], ["10.2.0.0", "169.254.169.254"]),
        ("fd00:1::/48", ["fd00:1::1"], ["fd00:2::1", "::1"]),
        ("64:ff9b::/96", ["64:ff9b::808:808"], ["64:ff9b:1::1", "127.0.0.1"]),
        ("169.254.169.254", ["169.254.169.254"], ["169.254.169.253"]),
    ],
)
def test_allowed_ranges_are_reached_and_nothing_beside_them(
    entry: str, reached: list[str], refused: list[str]
) -> None:
    policy = Policy.allowing([entry])
    assert not [address for address in reached if policy.refusal("any.example", address, 8080)]
    assert not [address for address in refused if not policy.refusal("any.example", address, 8080)]


@pytest.mark.parametrize("host", ["crm.internal", "CRM.Internal", "crm.internal."])
def test_an_allowed_name_is_reached_wherever_it_is(host: str) -> None:
    policy = Policy.allowing(["Crm.internal", "10.0.0.0/8"])
    assert policy.refusal(host, "192.168.3.4", 25) is None


@pytest.mark.parametrize(
    "host", ["internal", "a.crm.internal", "crm.internal.example.com", "192.168.3.4", ""]
)
def test_an_allowed_name_allows_no_other(host: str) -> None:
    assert Policy.allowing(["crm.internal"]).refusal(host, "192.168.3.4", 443) == "a private address"


@pytest.mark.parametrize(
    "host",
    ["2130706433", "017700000001", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "127.1", "127.0.1", "0177.0.0.1",
     "127.0.0.01", "127.0.0.1.", "0x7f.0x0.0x0.0x1", "1.2.3.4.5", "256.1.1.1", "999", "example.0x1", "example.1",
     "１２７.0.0.1"],
)  # fmt: skip
def test_addresses_in_disguise(host: str) -> None:
    assert is_disguised(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "8.8.8.8",
        "example.com",
        "1.example.com",
        "3com",
        "a1",
        "localhost",
        "::1",
        "::ffff:127.0.0.1",
        "",
    ],
)
def test_plain_hosts_are_no_disguise(host: str) -> None:
    assert not is_disguised(host)


METADATA = [
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "::ffff:169.254.169.254", "fd00:ec2::23", "fd20:ce::254",
    "fe80::a9fe:a9fe", "169.254.42.42", "fd00:42::42", "169.254.0.23",
]  # fmt: skip
BEHIND_A_GATEWAY = [
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "::ffff:0:a9fe:a9fe", "::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "64:ff9b::a83f:8110",
]  # fmt: skip


def test_what_one_organization_may_is_added() -> None:
    base = Policy.allowing(["10.1.0.0/16", "all.internal"])
    own = base.also(["10.2.0.0/16", "own.internal"])
    for policy, allowed in ((base, False), (own, True)):
        assert policy.refusal("x.example", "10.1.2.3", 443) is None
        assert policy.refusal("all.internal", "192.168.0.1", 25) is None
        assert (policy.refusal("x.example", "10.2.3.4", 25) is None) is allowed
        assert (policy.refusal("own.internal", "192.168.0.1", 443) is None) is allowed
        assert (policy.refusal_of("http://10.2.3.4/") is None) is allowed
        assert policy.refusal("x.example", "192.168.0.1", 443) == "a private address"
    assert own.also([]) == base


@pytest.mark.parametrize("address", METADATA)
def test_no_organization_of_its_own_reaches_a_metadata_address(address: str) -> None:
    own = Policy().also(["0.0.0.0/0", "::/0", "own.internal", "169.254.169.254"])
    assert own.refusal("x.example", address, 80) == "a metadata address"
    assert own.refusal("own.internal", address, 80) == "a metadata address"
    assert Policy.allowing([address.removeprefix("::ffff:")]).refusal("x.example", address, 80) is None


@pytest.mark.parametrize("address", BEHIND_A_GATEWAY)
def test_nor_by_a_gateway_from_ipv6(address: str) -> None:
    own = Policy().also(["::/0", "own.internal"])
    assert own.refusal("x.example", address, 80) is not None
    assert own.refusal("own.internal", address, 80) is not None
    assert own.refusal("x.example", "64:ff9b::a00:1", 80) is None
