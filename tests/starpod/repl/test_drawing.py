"""Markdown on a terminal."""

import re

import pytest

from starpod.cli.output import width
from starpod.repl.drawing import Pen

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def plain(text: str, columns: int = 60) -> list[str]:
    lines = [COLOUR.sub("", line).rstrip() for line in Pen(colour=True).markdown(text, columns)]
    assert all(width(line) <= columns for line in lines)
    return lines


def test_blocks_look_as_what_they_are() -> None:
    text = "# Boats\n\n- Aurora\n- *Borealis*\n\n```python\nx = 1\n```\n\n> calm\n\n1. a\n2. b"
    assert plain(text) == [
        "Boats",
        "",
        " • Aurora",
        " • Borealis",
        "",
        "  x = 1",
        "",
        "▌ calm",
        "",
        " 1 a",
        " 2 b",
    ]


def test_addresses_and_tags_are_to_be_seen() -> None:
    assert plain("[here](https://a.example/x) <b>x</b>") == ["here (https://a.example/x) <b>x</b>"]
    assert plain("<div>\nraw\n</div>") == ["<div> raw </div>"]


def test_a_table_is_one() -> None:
    shown = plain("| a | b |\n| - | - |\n| 1 | 2 |")
    assert [line.split() for line in shown if "─" not in line] == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("columns", [1, 10, 33])
def test_wide_letters_and_narrow_terminals_are_counted_right(columns: int) -> None:
    lines = Pen(colour=False).markdown("日本語の文字 と 🎉🎉🎉 and words to wrap", columns)
    assert all(width(COLOUR.sub("", line)) <= max(columns, 8) for line in lines)
    assert len(lines) > 1


def test_nothing_in_it_orders_a_terminal_about() -> None:
    text = "\x1b]0;title\x07 \x1b[2J \x9b31m `\x1b[5m` \u202e\n\n```\n\x1b[?1049h\n```"
    for colour in (True, False):
        shown = "\n".join(Pen(colour=colour).markdown(text, 80))
        assert "\x1b" not in COLOUR.sub("", shown)
        assert not {"\x07", "\x9b", "\u202e"} & set(shown)


def test_without_colour_there_is_none() -> None:
    shown = "\n".join(Pen(colour=False).markdown("`code` and **bold**", 80))
    assert "code and" in COLOUR.sub("", shown)
    assert set(COLOUR.findall(shown)) <= {"\x1b[0m", "\x1b[1m"}


def test_of_nothing_there_is_nothing() -> None:
    assert plain("") == []
    assert plain("\n\n") == []
