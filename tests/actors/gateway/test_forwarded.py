"""Who is believed what of a request that was passed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.forwarded import LONGEST_WAY, Header, Proxies, Sent, plain

PROXIES = Proxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
PROXY = "127.0.0.1"


def headers(**values: str | list[str]) -> list[Header]:
    """Headers by their names, with underscores; a list for one that is there several times."""
    return [
        (name.replace("_", "-").encode(), value.encode())
        for name, each in {"host": "ours:3000", **values}.items()
        for value in ([each] if isinstance(each, str) else each)
    ]


def sent(peer: str = PROXY, scheme: str = "http", **values: str | list[str]) -> Sent:
    return PROXIES.sent(headers(**values), peer=peer, scheme=scheme)


def test_a_proxy_that_is_trusted_tells_how_a_request_was_sent() -> None:
    found = sent(x_forwarded_for="203.0.113.9", x_forwarded_proto="https", x_forwarded_host="agent.example")
    assert found == Sent("203.0.113.9", "https", "agent.example")


@pytest.mark.parametrize("peer", ["127.0.0.2", "192.0.2.1", "fe80::1", "", "unix"])
def test_anybody_else_tells_nothing(peer: str) -> None:
    found = sent(peer, x_forwarded_for="127.0.0.1", x_forwarded_proto="https", x_forwarded_host="x")
    assert found == Sent(peer, "http", "ours:3000")


def test_nobody_is_believed_the_header_that_proxies_hand_on() -> None:
    assert sent(forwarded="for=203.0.113.9;proto=https;host=evil.org") == Sent(PROXY, "http", "ours:3000")


def test_what_a_proxy_does_not_tell_is_as_it_came() -> None:
    assert sent(scheme="https") == Sent(PROXY, "https", "ours:3000")
    assert PROXIES.sent([], peer=PROXY, scheme="http") == Sent(PROXY, "http", None)


@pytest.mark.parametrize(
    ("way", "client"),
    [
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown, 10.1.2.3", "10.1.2.3"),
        ("203.0.113.9, unknown", PROXY),
        ("203.0.113.9, ", PROXY),
        ("", PROXY),
    ],
)
def test_the_client_is_the_nearest_one_that_is_no_proxy_of_ours(way: str, client: str) -> None:
    assert sent(x_forwarded_for=way).client == client


def test_several_headers_are_one_way() -> None:
    assert sent(x_forwarded_for=["6.6.6.6", "203.0.113.9"]).client == "203.0.113.9"
    assert sent(x_forwarded_proto=["https", "http"], scheme="https").scheme == "http"
    assert sent(x_forwarded_host="evil.org, agent.example").host == "agent.example"


def test_a_long_way_is_read_from_its_end() -> None:
    assert sent(x_forwarded_for=", ".join(["10.0.0.1"] * 5000)).client == "10.0.0.1"
    way = ["203.0.113.9", *["10.0.0.1"] * LONGEST_WAY]
    assert sent(x_forwarded_for=", ".join(way)).client == "10.0.0.1"


def test_a_scheme_may_be_that_of_a_websocket_and_one_that_is_none_changes_nothing() -> None:
    assert (sent(x_forwarded_proto="wss").scheme, sent(x_forwarded_proto="ws").scheme) == ("https", "http")
    assert sent(x_forwarded_proto="gopher").scheme == "http"


def test_without_proxies_nobody_is_trusted() -> None:
    assert (bool(Proxies([])), bool(PROXIES)) == (False, True)
    assert not Proxies([]).trust("127.0.0.1")


def test_an_address_of_ipv4_is_the_same_at_a_socket_of_ipv6() -> None:
    assert PROXIES.trust("::ffff:10.0.0.9")
    assert sent("::ffff:192.0.2.1").client == "192.0.2.1"
    assert (plain("::1"), plain("::x")) == ("::1", "::x")


@given(st.text(), st.text(), st.text())
def test_whatever_is_told_there_is_a_client_and_a_scheme(way: str, proto: str, host: str) -> None:
    told = [
        (name, value.encode("latin-1", "replace"))
        for name, value in (
            (b"x-forwarded-for", way),
            (b"x-forwarded-proto", proto),
            (b"x-forwarded-host", host),
        )
    ]
    found = PROXIES.sent(told, peer=PROXY, scheme="http")
    assert found.client
    assert found.scheme in {"http", "https"}
