"""Markdown as events, and what happens should its parser break."""

from typing import Never

import pyromark
import pytest

from actors.telegram.rendering.markup import events, plain
from actors.telegram.rendering.split import chunks


class _Panic(BaseException):
    """As pyo3 raises it for a panic of Rust."""


_Panic.__module__ = "pyo3_runtime"


def test_an_event_says_what_it_is_of_and_where() -> None:
    found, source = events("é\n\n1. [x] a")
    assert [(event.kind, event.what, event.about) for event in found] == [
        ("Start", "Paragraph", None),
        ("Text", "é", None),
        ("End", "Paragraph", None),
        ("Start", "List", 1),
        ("Start", "Item", None),
        ("TaskListMarker", True, None),
        ("Text", "a", None),
        ("End", "Item", None),
        ("End", "List", True),
    ]
    assert source[found[4].begin : found[4].end] == b"1. [x] a"


def test_what_the_parser_is_not_to_see_is_put_back() -> None:
    found, _ = events("[a]: <b> ~")
    assert plain("".join(event.what for event in found if event.kind == "Text")) == "[a]: <b> ~"


def test_a_panic_of_the_parser_leaves_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object, **__: object) -> Never:
        raise _Panic

    monkeypatch.setattr(pyromark, "events_with_range", panic)
    (message,) = chunks("**a**\n\n[b]: ~c <i>")
    assert message.text == "**a**\n\n[b]: ~c <i>"


def test_an_interruption_is_no_panic(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(pyromark, "events_with_range", interrupted)
    with pytest.raises(KeyboardInterrupt):
        events("a")
