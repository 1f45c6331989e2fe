import pytest

from tolstoy.core.setting_readers import destinations, origins, ports


def test_destinations_are_names_addresses_and_ranges() -> None:
    given = "10.1.0.0/16, 127.0.0.1 ,fd00:1::/48,::1,CRM.Internal,localhost,my_db.local,"
    assert destinations(given) == (
        "10.1.0.0/16", "127.0.0.1/32", "fd00:1::/48", "::1/128", "crm.internal", "localhost", "my_db.local",
    )  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ["http://crm", "crm:80", "10.0.0.5/8", "127.1", "2130706433", "*.internal", "a b", "crm/16", "[::1]", "bücher.de",
     "10.0.0.256", "crm..internal", "."],
)  # fmt: skip
def test_what_is_no_destination_is_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(ValueError, match="write a host name, an address or a range"):
        destinations(f"10.0.0.0/8,{value}")


def test_ports_are_single_ones_and_ranges() -> None:
    assert ports("80, 443,1024-65535,") == ((80, 80), (443, 443), (1024, 65535))


@pytest.mark.parametrize(
    "value", ["", ",", "0", "65536", "80-", "-80", "90-80", "80 443", "http", "８０", "1-99999"]
)
def test_what_is_no_port_is_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(ValueError, match="write such as 80,443,1024-65535"):
        ports(value)


def test_origins_are_as_browsers_write_them() -> None:
    given = "https://app.example.com, http://localhost:8080,https://[::1]:8443,https://my_host,"
    assert origins(given) == (
        "https://app.example.com", "http://localhost:8080", "https://[::1]:8443", "https://my_host",
    )  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ["*", "null", "app.example.com", "https://", "https://app.example.com/", "https://app.example.com/a",
     "https://*.example.com", "https://App.example.com", "HTTPS://app.example.com", "https://app.example.com:443",
     "http://app.example.com:80", "https://app.example.com:0", "https://a@b", "ftp://a", "https://a b"],
)  # fmt: skip
def test_what_is_no_origin_is_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(ValueError, match=r"write such as https://app\.example\.com"):
        origins(f"https://other.example.com,{value}")
