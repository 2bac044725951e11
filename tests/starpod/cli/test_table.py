import io

import pytest

from starpod.cli.output import cut, width
from starpod.cli.table import Cell, Column, joined, table

NAMES = Column("NAME", shrinks=True)


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    columns = (Column("NAME"), Column("N", right=True), Column("WHAT"))
    rows: list[list[Cell]] = [["a", "1", "x"], ["日本", "200", ""]]
    assert table(columns, rows) == ["NAME    N  WHAT", "a       1  x", "日本  200"]


def test_a_long_cell_is_cut_where_it_may_be() -> None:
    lines = table((Column("N"), NAMES, Column("M")), [["1", "x" * 50, "yy"]], 40)
    assert [width(line) for line in lines] == [39, 40]
    assert lines[1] == "1  " + "x" * 32 + "…  yy"


def test_columns_that_can_be_spared_go_first_the_highest_before_the_others() -> None:
    columns = (Column("A"), Column("B", spare=1), Column("C", spare=2), NAMES)
    row: list[Cell] = ["a" * 10, "b" * 10, "c" * 10, "n" * 24]

    def shown(limit: int) -> list[str]:
        return table(columns, [row], limit)[0].split()

    assert shown(60) == ["A", "B", "C", "NAME"]
    assert shown(59) == ["A", "B", "NAME"]
    assert shown(47) == ["A", "NAME"]
    assert shown(20) == ["A", "NAME"]


def test_without_a_limit_nothing_is_left_out() -> None:
    assert table((NAMES, Column("B", spare=1)), [["x" * 500, "y"]])[1] == "x" * 500 + "  y"


def test_colours_do_not_count_as_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    lines = table((Column("A"), Column("B")), [[("x", "red"), "y"], ["long", "z"]])
    assert lines[1] == "\x1b[31mx\x1b[0m     y"
    assert lines[2] == "long  z"


def test_a_line_of_parts_ends_where_there_is_no_more_room() -> None:
    parts: list[Cell] = ["one", "", ("two", "red"), "three"]
    assert joined(parts, None) == joined(parts, 15) == "one  two  three"
    assert joined(parts, 14) == "one  two"
    assert joined(parts, 2) == ""


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 4, "日…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("", 0, ""),
    ],
)
def test_what_does_not_fit_is_cut_with_an_ellipsis(text: str, room: int, shown: str) -> None:
    assert cut(text, room) == shown
