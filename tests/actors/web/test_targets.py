import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.web.targets import LONGEST, NotAnAddress, after, is_within, target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" https://Site.Example ", "https://site.example"),
        ("HTTP://site.example:8080/a?b#c", "http://site.example:8080/a?b"),
        ("https://site.example:443/", "https://site.example/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://[2606:4700::1]:8080/", "http://[2606:4700::1]:8080/"),
    ],
)
def test_an_address(text: str, expected: str) -> None:
    assert target(text) == httpx2.URL(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site.example", "begins with https:// or http://"),
        ("file:///etc/passwd", "begins with https:// or http://"),
        ("gopher://site.example/", "begins with https:// or http://"),
        ("//site.example/", "begins with https:// or http://"),
        ("http:///a", "with a host"),
        ("http://ada@site.example/", "without a user"),
        ("http://:secret@site.example/", "without a user"),
        ("http://site.example:0/", "a port from 1 to 65535"),
        ("http://site.example:70000/", "port"),
        ("http://site.example/\0", "non-printable"),
        ("http://" + "a" * LONGEST, f"{LONGEST} characters at most"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(NotAnAddress, match=said):
        target(text)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda end: f"http://{end}"))
def test_whatever_is_written_is_one_or_none(text: str) -> None:
    try:
        url = target(text)
    except NotAnAddress:
        return
    assert url.scheme in {"http", "https"}
    assert url.raw_host
    assert not url.userinfo


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/x#y", "https://site.example/x"),
        ("x?y", "https://site.example/a/x?y"),
        ("//other.example/", "https://other.example/"),
        ("http://other.example/", "http://other.example/"),
    ],
)
def test_where_a_redirect_leads(location: str, expected: str) -> None:
    assert after(httpx2.URL("https://site.example/a/b"), location) == httpx2.URL(expected)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://[::1", "/" + "a" * LONGEST, "http://a@b/"]
)
def test_where_none_leads(location: str) -> None:
    with pytest.raises(NotAnAddress):
        after(httpx2.URL("https://site.example/"), location)


@pytest.mark.parametrize(
    ("host", "within"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("printer.local", True),
        ("x.internal", True),
        ("home.arpa", True),
        ("locals.example", False),
        ("notlocal", False),
        ("internal.example", False),
    ],
)
def test_names_of_this_machine_and_its_network(host: str, within: bool) -> None:  # noqa: FBT001
    assert is_within(httpx2.URL(f"http://{host}/")) == within
