"""Addresses in one form, however they are written."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.permissions import urls
from actors.permissions.urls import Address

PATHS = st.text(st.sampled_from("aZ09-._~/?=&ü%20 "), max_size=20).map(lambda text: "/" + text.lstrip("/"))


def of(host: str = "evil.com", rest: str = "/", scheme: str = "https", port: int | None = 443) -> Address:
    return Address(scheme=scheme, host=host, port=port, rest=rest)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://evil.com", of()),
        ("HTTPS://EVIL.com.:443/#part", of()),
        ("https://%65vil%2Ecom/", of()),
        ("https://\uff45vil\u3002com/", of()),
        ("https://bücher.evil.com", of("xn--bcher-kva.evil.com")),
        ("https://BÜCHER.evil.com", of("xn--bcher-kva.evil.com")),
        ("https://faß.de", of("xn--fa-hia.de")),
        ("http://evil.com", of(scheme="http", port=80)),
        ("https://evil.com:0/", of(port=0)),
        ("ftp://evil.com/", of(scheme="ftp", port=None)),
        ("http://2130706433/", of("127.0.0.1", scheme="http", port=80)),
        ("http://0x7f.1/", of("127.0.0.1", scheme="http", port=80)),
        ("http://0177.0.0.1/", of("127.0.0.1", scheme="http", port=80)),
        ("https://[::FFFF:8.8.8.8]/", of("8.8.8.8")),
        ("https://[2001:DB8:0::1]/", of("2001:db8::1")),
        ("https://evil.com/%61/./b//../c%2fd?%41=%2f&x", of(rest="/a/c/d?A=%2F&x")),
        ("https://evil.com/a%3fb", of(rest="/a%3Fb")),
        ("https://evil.com/ü%C3%bc", of(rest="/%C3%BC%C3%BC")),
        ("https://evil.com/100%", of(rest="/100%")),
    ],
)
def test_one_address_has_one_form(text: str, read: Address) -> None:
    assert urls.read(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "evil.com",
        "https://",
        "https://user@evil.com",
        "https://@evil.com",
        "https://evil.com\\@example.com",
        "https://exa%2fmple.com",
        "https://exa%ffmple.com",
        "https://evil..com",
        "https://.",
        "https://256.256.256.256",
        "https://1.2.3.4.5",
        "https://[::zz]",
        "https://\u0338b.com",
        "https://evil.com:x",
    ],
)
def test_what_not_everybody_reads_alike_has_none(text: str) -> None:
    assert urls.read(text) is None


@given(path=PATHS)
def test_what_is_written_out_is_the_same_address(path: str) -> None:
    written = "".join(
        f"%{ord(c):02x}" if c.isalnum() and c.isascii() else c for c in quote(path, safe="/?=&")
    )
    assert urls.read(f"https://evil.com{written}") == urls.read(f"https://evil.com{quote(path, safe='/?=&')}")


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("*.Example.com.", "*.example.com"),
        ("*.Bücher.example", "*.xn--bcher-kva.example"),
        ("*.%65vil.com", "*.evil.com"),
        ("1.2.3.*", "1.2.3.*"),
        ("EVIL.com.", "evil.com"),
        ("*.\u0338b.com", "*.\u0338b.com"),
        ("no host", "no host"),
    ],
)
def test_a_pattern_of_hosts_keeps_its_wildcards(pattern: str, host: str) -> None:
    assert urls.host_pattern(pattern) == host


def test_a_pattern_of_an_address_has_the_form_of_one() -> None:
    assert urls.pattern("https://*.EXAMPLE.com:443/%64ocs/*?%61") == of("*.example.com", "/docs/*?a")
    assert urls.pattern("https:///x") is None
