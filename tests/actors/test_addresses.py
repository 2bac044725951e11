"""Which addresses are public."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.addresses import public


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.215.14", "192.0.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_what_is_on_the_internet(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "255.255.255.255"),
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
        *("169.254.169.254", "168.63.129.16", "192.0.0.192", "192.88.99.1", "198.18.0.1", "203.0.113.7"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1"),
        *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254"),
        *("ff02::1", "ff0e::1", "100::1", "2001:db8::1", "3fff::1", "2001::1", "5f00::1", "4000::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::101:101"),
    ],
)
def test_what_belongs_to_somebody(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0177.0.0.1", "2130706433", "1.1.1.1 ", "a\0b"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not public(text)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_inside_of_another(address: IPv4Address) -> None:
    inside = int(address)
    expected = public(address)
    assert public(IPv6Address((0xFFFF << 32) | inside)) is expected
    assert public(IPv6Address((0x2002 << 112) | (inside << 80))) is expected
    assert public(IPv6Address((0x64FF9B << 96) | inside)) is expected


@given(st.ip_addresses(v=4, network=IPv4Network("127.0.0.0/8")))
def test_nothing_of_this_machine_is_public(address: IPv4Address) -> None:
    assert not public(address)
