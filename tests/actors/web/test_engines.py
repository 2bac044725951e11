"""How search engines are asked, and what they say: in their own formats."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from actors.web import engines
from actors.web.engines import NoAnswer, hits, read_brave, read_searxng, refusal
from actors.web.messages import Hit
from actors.web.settings import Engine, Web
from tests.actors.web.wire import brave, searxng


@pytest.mark.parametrize(
    ("web", "key", "expected"),
    [
        (Web(), "key", "brave"),
        (Web(searxng_url="http://s"), "key", "brave"),
        (Web(searxng_url="http://s"), None, "searxng"),
        (Web(searxng_url="http://s"), "", "searxng"),
        (Web(), None, "duckduckgo"),
        (Web(search="duckduckgo", searxng_url="http://s"), "key", "duckduckgo"),
        (Web(search="brave"), None, "brave"),
    ],
)
def test_who_is_asked(web: Web, key: str | None, expected: str) -> None:
    assert engines.chosen(web, key) == expected


def test_how_brave_is_asked() -> None:
    asked = engines.ask_brave("https://api.example", "secret", "a & b", 7)
    assert (asked.method, asked.url.path) == ("GET", "/res/v1/web/search")
    assert dict(asked.url.params) == {"q": "a & b", "count": "7"}
    assert asked.headers["X-Subscription-Token"] == "secret"
    assert asked.headers["Accept"] == "application/json"


def test_how_searxng_is_asked() -> None:
    for base in ("http://127.0.0.1:8888/below", "http://127.0.0.1:8888/below/"):
        asked = engines.ask_searxng(base, "ä")
        assert (asked.method, asked.url.path) == ("GET", "/below/search")
        assert dict(asked.url.params) == {"q": "ä", "format": "json"}


def test_how_duckduckgo_is_asked() -> None:
    asked = engines.ask_duckduckgo("https://html.example", "a & b")
    assert (asked.method, str(asked.url)) == ("POST", "https://html.example/html/")
    assert parse_qs(asked.content.decode(), keep_blank_values=True) == {"q": ["a & b"], "b": [""]}


def test_what_brave_has_found() -> None:
    found = read_brave(
        brave(("<b>Ti</b>tle &amp; more", "https://a.example/", "About\n<strong>it</strong>, 1 < 2"))
    )
    assert found == (Hit(title="Title & more", url="https://a.example/", description="About it, 1 < 2"),)


def test_what_searxng_has_found() -> None:
    assert read_searxng(searxng(("Title", "https://a.example/", "About it"))) == (
        Hit(title="Title", url="https://a.example/", description="About it"),
    )


def test_searxng_tells_that_nobody_has_answered_it() -> None:
    assert read_searxng(searxng()) == ()
    assert len(read_searxng(searxng(("T", "https://a.example/", ""), silent=[["google", "timeout"]]))) == 1
    with pytest.raises(NoAnswer, match="none of its engines has answered, 2 of them"):
        read_searxng(searxng(silent=[["google", "timeout"], ["bing", "CAPTCHA"]]))


@pytest.mark.parametrize(
    "said", [{}, {"web": None}, {"web": {}}, {"web": {"results": None}}, {"web": {"results": [1, {}]}}]
)
def test_there_may_be_nothing(said: Any) -> None:
    assert read_brave(json.dumps(said).encode()) == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{"])
def test_what_is_no_answer(body: bytes) -> None:
    for read in (read_brave, read_searxng):
        with pytest.raises(NoAnswer, match="its answer cannot be read"):
            read(body)


def test_what_is_missing_or_of_another_kind_is_empty_and_what_is_long_ends() -> None:
    assert hits([{"title": 1, "description": None, "url": "https://a.example/"}]) == (
        Hit(title="", url="https://a.example/", description=""),
    )
    (long,) = hits([{"title": "x" * 5000}])
    assert long.title == "x" * 999 + "…"
    assert hits(None) == ()


@pytest.mark.parametrize(
    ("engine", "status", "expected"),
    [
        ("brave", 401, "it does not take the key (HTTP 401)"),
        ("brave", 422, "it does not take the key (HTTP 422)"),
        ("brave", 429, "it was asked too often (HTTP 429)"),
        ("brave", 500, "it answered with HTTP 500"),
        ("searxng", 403, "it gives no JSON (HTTP 403)"),
        ("searxng", 404, "it answered with HTTP 404"),
        ("duckduckgo", 202, "it was asked too often (HTTP 202)"),
        ("duckduckgo", 403, "it was asked too often (HTTP 403)"),
        ("duckduckgo", 302, "it answered with HTTP 302"),
    ],
)
def test_why_there_is_no_answer(engine: Engine, status: int, expected: str) -> None:
    assert refusal(engine, status) == expected
