"""Which addresses calls may reach: a list of our own, since what `ipaddress` calls global differs by release.

IANA's special-purpose registries (IPv4 and IPv6), the clouds' metadata addresses, and the Fetch standard's bad ports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from tolstoy.core.settings import Settings
from tolstoy.domain import url

_METADATA: Final = "a metadata address"
_V4: Final = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("169.254.169.254/32", _METADATA),
        ("169.254.170.0/24", _METADATA),
        ("169.254.42.42/32", _METADATA),  # Scaleway's
        ("169.254.0.23/32", _METADATA),  # Tencent's
        ("168.63.129.16/32", _METADATA),  # Azure's, in the midst of public ones
        ("100.100.100.200/32", _METADATA),
        ("192.0.0.192/32", _METADATA),
        ("0.0.0.0/8", "an address of this machine"),
        ("127.0.0.0/8", "a loopback address"),
        ("10.0.0.0/8", "a private address"),
        ("172.16.0.0/12", "a private address"),
        ("192.168.0.0/16", "a private address"),
        ("100.64.0.0/10", "an address of a carrier's network"),
        ("169.254.0.0/16", "a link-local address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_V6: Final = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("fd00:ec2::254/128", _METADATA),
        ("fd00:ec2::23/128", _METADATA),  # of EKS
        ("fd00:42::42/128", _METADATA),
        ("fe80::a9fe:a9fe/128", _METADATA),
        ("fd20:ce::254/128", _METADATA),
        ("::/128", "an address of this machine"),
        ("::1/128", "a loopback address"),
        ("::/96", "an IPv4-compatible address"),
        ("::ffff:0:0:0/96", "a translated IPv4 address"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a NAT64 address"),
        ("100::/64", "a discard address"),
        ("2001::/32", "a Teredo address"),
        ("2001:2::/48", "a benchmarking address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("3fff::/20", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("5f00::/16", "a segment routing address"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
# They stand for an IPv4 address: how many bits come after it (RFC 6052, 3056).
_STANDING_FOR_V4: Final = tuple(
    (IPv6Network(network), bits)
    for network, bits in (
        ("::/96", 0),
        ("::ffff:0:0:0/96", 0),
        ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
    )
)
_UNICAST: Final = IPv6Network("2000::/3")

_PORTS: Final = frozenset(
    (
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
        109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
        526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
        3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    )
)  # fmt: skip


DISGUISED: Final = "an IPv4 address that is not written as four decimal numbers"
PORTS: Final = ((80, 80), (443, 443), (1024, 65535))


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed beyond the public internet, and on which ports there: pairs of the first and the last.

    A pair of one port is an opinion about that port, so it also allows one that belongs to another protocol.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: tuple[tuple[int, int], ...] = PORTS
    own_hosts: frozenset[str] = frozenset()
    own_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def allowing(cls, entries: Iterable[str], ports: tuple[tuple[int, int], ...] = PORTS) -> Policy:
        """Of host names, addresses and CIDR ranges, as `EGRESS_ALLOW` and `egressAllow` have them."""
        hosts, networks = _sorted(entries)
        return cls(hosts, networks, ports)

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        return cls.allowing(settings.egress_allow, settings.egress_ports)

    def also(self, entries: Iterable[str]) -> Policy:
        """What this one allows, and to one organization these; no metadata address, which gives the machine away."""
        hosts, networks = _sorted(entries)
        return replace(self, own_hosts=hosts, own_networks=networks)

    def refusal(self, host: str, address: str, port: int) -> str | None:
        """What forbids to connect to this address, for a URL that names this host; None where nothing does.

        To be asked for the very address that is connected to: between two look-ups a name can change its mind.
        """
        if _plain(host) in self.hosts:
            return None
        try:
            # a zone (fe80::1%eth0) says by which way, not where
            ip = _unwrapped(ip_address(address.partition("%")[0]))
        except ValueError:
            return "no IP address"
        if any(ip in network for network in self.networks):
            return None
        special = _special(ip)
        if _METADATA not in (special, _special_behind(ip)) and (
            _plain(host) in self.own_hosts or any(ip in network for network in self.own_networks)
        ):
            return None
        return special or self._port_refusal(port)

    def refusal_of(self, address: str) -> str | None:
        """What forbids this URL as it is written; None also for a name, which is judged by where each call finds it.

        Raises UrlError.
        """
        parts = urlsplit(url.split(address).origin)
        host = parts.hostname or ""
        port = url.DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
        if is_disguised(host):
            return DISGUISED
        if _plain(host) in self.hosts | self.own_hosts:
            return None
        if _plain(host) == "localhost" or _plain(host).endswith(".localhost"):  # RFC 6761
            refusals = [self.refusal(host, here, port) for here in ("127.0.0.1", "::1")]
            return refusals[0] if all(refusals) else None
        try:
            ip_address(host)
        except ValueError:
            return None if self.networks or self.own_networks else self._port_refusal(port)
        return self.refusal(host, host, port)

    def _port_refusal(self, port: int) -> str | None:
        if (port, port) in self.ports:
            return None
        if port in _PORTS:
            return f"port {port}, which belongs to another protocol"
        if not any(first <= port <= last for first, last in self.ports):
            return f"port {port}, which EGRESS_PORTS does not allow"
        return None


def _sorted(entries: Iterable[str]) -> tuple[frozenset[str], tuple[IPv4Network | IPv6Network, ...]]:
    hosts, networks = set(), []
    for entry in entries:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            hosts.add(_plain(entry))
    return frozenset(hosts), tuple(networks)


def is_disguised(host: str) -> bool:
    """Whether a host is an IPv4 address in a notation of its own, such as 2130706433, 0x7f.1, 0177.0.0.1 or 127.1.

    By the URL standard a host whose last label is a number is an IPv4 address, or nothing.
    """
    last = host.rstrip(".").rpartition(".")[2].lower()
    if ":" in host or not (last.isdigit() or last.startswith("0x")):
        return False
    try:
        return str(ip_address(host)) != host
    except ValueError:
        return True


def _plain(host: str) -> str:
    return host.removesuffix(".").lower()


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _special_behind(ip: IPv4Address | IPv6Address) -> str | None:
    """What is special about the IPv4 address that this one stands for, if it does: a gateway leads there."""
    bits = next((bits for network, bits in _STANDING_FOR_V4 if ip in network), None)
    return None if bits is None else _special(IPv4Address(int(ip) >> bits & 0xFFFFFFFF))


def _special(ip: IPv4Address | IPv6Address) -> str | None:
    if isinstance(ip, IPv4Address):
        return next((what for network, what in _V4 if ip in network), None)
    what = next((what for network, what in _V6 if ip in network), None)
    return what or (None if ip in _UNICAST else "a reserved address")
