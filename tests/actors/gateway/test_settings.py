"""Where the gateway may be told to listen, and how it may be reached."""

from typing import Any

import pytest

from actors.gateway.settings import Address, Reach, Settings, Tls, is_overheard, url_for_people

FILES = Tls(certificate="/etc/ssl/agent.pem", key="/etc/ssl/agent.key")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:3000", "127.0.0.1", 3000),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_an_address_is_read_and_written_back(text: str, host: str, port: int) -> None:
    found = Address.parse(text)
    assert (found, str(found)) == (Address(host, port), text)


@pytest.mark.parametrize(
    "text", ["", "localhost", ":3000", "::1:3000", "a b:1", "h:65536", "h:-1", "h:²", "h:", "[]:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be host:port"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("bound", "here"),
    [
        ("127.0.0.1:3000", "127.0.0.1:3000"),
        ("0.0.0.0:3000", "127.0.0.1:3000"),
        ("[::]:3000", "[::1]:3000"),
        ("192.168.1.20:80", "192.168.1.20:80"),
    ],
)
def test_programs_of_this_machine_find_it_wherever_it_listens(bound: str, here: str) -> None:
    assert str(Address.parse(bound).here) == here


@pytest.mark.parametrize(
    "settings",
    [
        {
            "hosts": (
                "agent.example",
                "Box",
                "my_box.local",
                "192.168.1.20",
                "fd00::7",
                "xn--bcher-kva.example",
            )
        },
        {"trusted_proxies": ("127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8")},
        {"base_path": ""},
        {"base_path": "/starpod"},
        {"base_path": "/a/b-c_d.e~f/..."},
        {"public_url": "https://agent.example"},
        {"public_url": "http://192.168.1.20:8080"},
        {"public_url": "https://[fd00::7]:8443"},
    ],
)
def test_what_it_may_be_told_of_how_it_is_reached(settings: dict[str, Any]) -> None:
    assert Reach(**settings) != Reach(hosts=("other.example",))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hosts": ("agent.example:3000",)}, "without port"),
        ({"hosts": ("https://agent.example",)}, "without port"),
        ({"hosts": ("",)}, "without port"),
        ({"hosts": ("*.example",)}, "without port"),
        ({"hosts": ("bücher.example",)}, "xn--"),
        ({"trusted_proxies": ("caddy",)}, "addresses or networks"),
        ({"trusted_proxies": ("10.0.0.1/8",)}, "addresses or networks"),
        ({"base_path": "starpod"}, "begin with a slash"),
        ({"base_path": "/"}, "begin with a slash"),
        ({"base_path": "/starpod/"}, "not end with one"),
        ({"base_path": "/a/../b"}, "begin with a slash"),
        ({"base_path": "/."}, "begin with a slash"),
        ({"base_path": "/a b"}, "begin with a slash"),
        ({"base_path": '/"><script>'}, "begin with a slash"),
        ({"public_url": "agent.example"}, "scheme and host"),
        ({"public_url": "ftp://agent.example"}, "scheme and host"),
        ({"public_url": "https://agent.example/"}, "scheme and host"),
        ({"public_url": "https://ada:secret@agent.example"}, "scheme and host"),
    ],
)
def test_what_it_may_not(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Reach(**settings)


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValueError, match="needs both"):
        Tls(certificate="/a")
    with pytest.raises(ValueError, match="begins with a slash"):
        Tls(certificate="a", key="b")


@pytest.mark.parametrize(
    ("bound", "settings", "link"),
    [
        ("127.0.0.1:3000", {}, "http://127.0.0.1:3000"),
        ("0.0.0.0:3000", {}, "http://127.0.0.1:3000"),
        ("0.0.0.0:3000", {"hosts": ("box.local",)}, "http://box.local:3000"),
        ("0.0.0.0:3000", {"hosts": ("fd00::7",), "tls": FILES}, "https://[fd00::7]:3000"),
        ("127.0.0.1:3000", {"hosts": ("agent.example",), "base_path": "/a"}, "http://127.0.0.1:3000/a"),
        ("127.0.0.1:3000", {"public_url": "https://x.example", "base_path": "/a"}, "https://x.example/a"),
    ],
)
def test_links_lead_to_where_people_find_it(bound: str, settings: dict[str, Any], link: str) -> None:
    assert url_for_people(Reach(**settings), Address.parse(bound)) == link


def test_it_is_known_whether_others_can_listen() -> None:
    everywhere = Address("0.0.0.0", 3000)
    assert is_overheard(Settings(server_addr=everywhere))
    assert not is_overheard(Settings())
    assert not is_overheard(Settings(server_addr=everywhere, gateway=Reach(tls=FILES)))
    assert not is_overheard(Settings(server_addr=everywhere, gateway=Reach(trusted_proxies=("10.0.0.1",))))


def test_the_host_of_links_is_one_of_its_names() -> None:
    reach = Reach(hosts=("box.local",), public_url="https://Agent.example:8443")
    assert reach.names == {"box.local", "agent.example"}
    assert Reach().names == frozenset()
