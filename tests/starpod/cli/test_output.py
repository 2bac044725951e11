import io
import signal
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from starpod.cli import output


@contextmanager
def deadline(seconds: int) -> Generator[None]:
    """Interrupt what takes longer."""
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_whose_owner_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert output.paint("x", "red", Terminal()) == "\x1b[31mx\x1b[0m"
    assert output.paint("x", "red", io.StringIO()) == "x"

    monkeypatch.setenv("NO_COLOR", "1")
    assert output.paint("x", "red", Terminal()) == "x"

    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert output.paint("x", "red", Terminal()) == "x"


def test_good_news_goes_out_and_bad_news_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.ok("done")
    output.hint("next")
    output.note("by the way")
    output.warn("odd")
    output.fail("no")

    assert capsys.readouterr() == ("  ✓ done\n  → next\n  ℹ by the way\n", "  ⚠ odd\n  ✗ no\n")


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("·", 1), ("", 0)])
def test_width_counts_columns(text: str, columns: int) -> None:
    assert output.width(text) == columns


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext · 日本", "plain\n\ttext · 日本"),
        ("a\x1b[31mred\x1b]0;title\x07", "a\ufffd[31mred\ufffd]0;title\ufffd"),
        ("\x9b2J\r\x00\x7f", "\ufffd2J\ufffd\ufffd\ufffd"),
        ("a\u202eb\u2066c\u2028", "a\ufffdb\ufffdc\ufffd"),
        ("مرحبا\u200f ö 👩\u200d🚀", "مرحبا\u200f ö 👩\u200d🚀"),
    ],
)
def test_nothing_in_a_text_is_an_order_to_the_terminal(text: str, shown: str) -> None:
    assert output.printable(text) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("short", "short"),
        ("  two\n\n lines ", "two lines"),
        ("123456789", "123456789"),
        ("1234567890", "12345678…"),
        ("日本語日本語", "日本語日…"),
        ("\x1b[2J", "\ufffd[2J"),
    ],
)
def test_one_line_takes_no_more_columns_than_it_may(text: str, line: str) -> None:
    assert output.one_line(text, 9) == line
    assert output.width(line) <= 9


def test_a_line_is_cut_in_linear_time() -> None:
    endless = "x" * 2_000_000
    with deadline(5):
        assert output.one_line(endless, 100) == "x" * 99 + "…"
        assert output.cut(endless, 10) == "x" * 9 + "…"
        assert output.one_line(" \n" * 1_000_000 + "y", 100) == "y"


def test_a_terminal_gets_our_colours_and_no_other_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal, pipe = Terminal(), io.StringIO()
    text = output.paint("red", "red", terminal) + "\x1b[2J\x1b]0;title\x07\u202e"

    output.say(text, terminal)
    output.say(text, pipe)

    assert terminal.getvalue() == "\x1b[31mred\x1b[0m\ufffd[2J\ufffd]0;title\ufffd\ufffd\n"
    assert pipe.getvalue() == f"{text}\n"


@pytest.mark.parametrize("name", ["Aster", "日本語", "A", "An agent with a name that is longer than the box"])
def test_the_header_is_a_box_with_the_name_in_its_middle(name: str) -> None:
    blank, top, middle, bottom, end = output.header(name).split("\n")

    assert (blank, end) == ("", "")
    assert output.width(top) == output.width(middle) == output.width(bottom) >= 44
    assert f"{name}  ·  AI Assistant" in middle
    inside = middle.strip().strip("│")
    assert abs((len(inside) - len(inside.lstrip())) - (len(inside) - len(inside.rstrip()))) <= 1
