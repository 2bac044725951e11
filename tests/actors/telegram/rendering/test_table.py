"""Tables in letters of one width."""

import pytest

from actors.telegram.rendering.table import beyond, laid_out, width
from tests.actors.telegram.rendering.shown import shown


def test_columns_are_filled_up_and_aligned() -> None:
    rows = [["Name", "n", "c"], ["Ada", "1", "x"], ["Łukasz", "1234", "xyz"]]
    assert laid_out(rows, ["None", "Right", "Center"]) == [
        "Name   |    n |  c",
        "-------+------+----",
        "Ada    |    1 |  x",
        "Łukasz | 1234 | xyz",
    ]


def test_letters_that_are_wide_take_two_columns_and_marks_none() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301", "👍")] == [3, 4, 1, 2]
    assert laid_out([["日", "b"], ["a", "b"]], ["Left", "Left"]) == ["日 | b", "---+--", "a  | b"]


def test_a_long_cell_does_not_widen_all_the_others() -> None:
    lines = laid_out([["a", "b"], ["x" * 1000, "y"], ["a", "b"]], ["Left", "Left"])
    assert [len(line) for line in lines] == [44, 44, 1004, 44]


def test_empty_cells_at_the_end_take_no_room() -> None:
    assert laid_out([["a", "b"], ["", ""], ["x", ""]], ["Left", "Left"]) == ["a | b", "--+--", "", "x"]


def test_a_table_is_one_block_of_code_in_which_formats_are_text() -> None:
    markdown = "| **a** | b |\n|-|-:|\n| `x` | [t](http://a.example) |\n| c \\| d | &#10;e |"
    lines = [
        "a     |                    b",
        "------+---------------------",
        "x     | t (http://a.example)",
        "c | d |                    e",
    ]
    table = "\n".join(lines)
    assert shown(markdown) == (table, [("pre", table)])


@pytest.mark.parametrize(
    ("row", "columns", "rest"),
    [
        ("|a|b|", 2, ""),
        ("a|b", 2, ""),
        ("|a|b", 2, ""),
        ("|a|b|c|", 2, "|c"),
        ("a|b|c", 2, "|c"),
        ("|1|`x||y`|\n", 2, "||y`"),
        (r"|a|b\|c|", 2, ""),
        ("a", 1, ""),
        ("|a|b|", 1, "|b"),
    ],
)
def test_what_is_behind_the_last_column_of_a_row_is_found(row: str, columns: int, rest: str) -> None:
    assert beyond(row, columns) == rest


def test_what_is_behind_the_last_column_is_not_lost() -> None:
    assert shown("|op|or|\n|-|-|\n|x|`a||b`|")[0] == "op | or\n---+-------\nx  | `a||b`"


def test_a_row_without_its_own_table_stays_text() -> None:
    assert shown("|a|b|\n|-|\n|c|") == ("|a|b|\n|-|\n|c|", [])
