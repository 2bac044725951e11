"""What a change of a text looks like to a person."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools import diffs
from actors.tools.diffs import unified

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "-x", "+y", "@z"]), max_size=30)


def test_lines_have_marks_and_neighbours() -> None:
    before = "".join(f"{n}\n" for n in range(12))
    assert unified(before, before.replace("6\n", "six\nseven\n")).split("\n") == [
        "@@ -4,7 +4,8 @@", " 3", " 4", " 5", "-6", "+six", "+seven", " 7", " 8", " 9",
    ]  # fmt: skip


def test_what_lies_far_apart_has_a_place_each() -> None:
    before = "".join(f"{n}\n" for n in range(30))
    found = unified(before, before.replace("2\n", "two\n", 1).replace("28\n", "x\n"))
    assert re.findall(r"@@ .* @@", found) == ["@@ -1,6 +1,6 @@", "@@ -26,5 +26,5 @@"]


def test_a_new_file_is_all_new_and_one_that_goes_is_all_gone() -> None:
    assert unified("", "a\nb\n") == "@@ -0,0 +1,2 @@\n+a\n+b"
    assert unified("a\nb\n", "") == "@@ -1,2 +0,0 @@\n-a\n-b"


def test_nothing_is_shown_where_nothing_changed_but_line_ends_are() -> None:
    assert unified("a\n", "a\n") == ""
    assert unified("a\n", "a\r\n") == "@@ only line ends changed @@"


def test_long_ones_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = unified("", "x\n" * 1000).split("\n")
    assert (len(found), found[-1]) == (401, "@@ … 601 more @@")
    assert unified("", "y" * 600) == f"@@ -0,0 +1,1 @@\n+{'y' * 499}…"
    monkeypatch.setattr(diffs, "MOST_BYTES", 40)
    assert unified("", "ä" * 10 + "\nb\n").split("\n")[-1] == "@@ … 1 more @@"


def test_what_is_too_much_to_be_compared_is_shown_as_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffs, "COMPARED", 2)
    assert unified("a\nb\nc\n", "x\nb\nz\n") == "@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+x\n+b\n+z"


@given(LINES, LINES)
def test_a_diff_that_is_not_cut_makes_one_text_of_the_other(old: list[str], new: list[str]) -> None:
    text = unified("\n".join(old), "\n".join(new))
    ours, theirs, at = "\n".join(old).splitlines(), list[str](), 0
    if text in {"", "@@ only line ends changed @@"}:
        assert ours == "\n".join(new).splitlines()
        return
    for line in text.split("\n"):
        if place := re.fullmatch(r"@@ -(\d+),(\d+) \+\d+,\d+ @@", line):
            begin = int(place[1]) - (place[2] != "0")
            theirs += ours[at:begin]
            at = begin
        elif line.startswith("+"):
            theirs.append(line[1:])
        else:
            assert ours[at] == line[1:]
            theirs += [line[1:]] * line.startswith(" ")
            at += 1
    assert [*theirs, *ours[at:]] == "\n".join(new).splitlines()
