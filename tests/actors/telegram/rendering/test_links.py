"""Links that Telegram takes, and no others."""

import pytest

from actors.telegram.rendering.links import is_linkable
from tests.fakes.telegram import entities


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "HTTPS://A.example:8443/x?y#z",
        "https://127.0.0.1:80/",
        "https://bücher.example/ä b",
        "https://a.example?q=1",
        "https://my_host-1.a.example#x",
        "tg://resolve?domain=x",
    ],
)
def test_good_links_are_taken(url: str) -> None:
    assert is_linkable(url)
    entities.check("x", [{"type": "text_link", "offset": 0, "length": 1, "url": url}])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "mailto:a@a.example",
        "javascript:alert(1)",
        "http://localhost",
        "http://",
        "http://.",
        "http://a..example",
        "http://a.example.",
        "http://a b.example",
        "http://user:word@a.example",
        "http://a.example:0",
        "http://a.example:65536",
        "http://a.example:port",
        "http://[::1]/",
        "http://a.example/\n",
        "https://a.example/" + "x" * 2048,
        "tg://user?id=1",
        "TG://User?id=1",
        "tg:resolve",
        "#section",
    ],
)
def test_all_others_are_not(url: str) -> None:
    assert not is_linkable(url)
