"""Replacing a text in a text, and in a file."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools import changing
from actors.tools.editing import replaced
from actors.tools.messages import (
    ChangedMeanwhile,
    FileNotFound,
    InvalidPath,
    IsADirectory,
    NothingToEdit,
    NotText,
    TextNotFound,
    TextNotUnique,
)
from actors.tools.paths import Home
from tests.actors.tools.files import delete, edit, go_on, keep, names, put, write

TEXT = st.text("ab\n", max_size=8)


def test_one_place_is_replaced(home: Home) -> None:
    put(home, "a.txt", b"eins zwei drei\n")

    plan = edit(home, "a.txt", "zwei", "größer")
    assert (plan.asked, plan.change.places) == ("a.txt", 1)
    assert (home.root / "a.txt").read_text() == "eins größer drei\n"
    assert names(home) == ["a.txt"]


def test_several_places_are_refused_unless_all_are_meant(home: Home) -> None:
    put(home, "a.txt", b"a a aa")

    with pytest.raises(TextNotUnique) as caught:
        edit(home, "a.txt", "a", "b")
    assert str(caught.value) == (
        "old_string was found 4 times in a.txt. Give more of the text around it, or set replace_all."
    )
    assert (home.root / "a.txt").read_text() == "a a aa"

    assert edit(home, "a.txt", "a", "b", everywhere=True).change.places == 4
    assert (home.root / "a.txt").read_text() == "b b bb"


def test_occurrences_do_not_overlap() -> None:
    assert replaced("aaaa", "aa", "b", everywhere=True, path="x") == ("bb", 2)


def test_a_text_that_is_not_there_is_named(home: Home) -> None:
    put(home, "a.txt", b"one")

    with pytest.raises(TextNotFound) as caught:
        edit(home, "a.txt", "One", "two")
    assert str(caught.value).startswith("old_string was not found in a.txt. It has to match exactly")


@pytest.mark.parametrize("everywhere", [False, True])
def test_an_empty_text_is_everywhere(*, everywhere: bool) -> None:
    with pytest.raises(TextNotUnique) as caught:
        replaced("abc", "", "x", everywhere=everywhere, path="a.txt")
    assert caught.value.count == 4


def test_a_text_cannot_be_replaced_by_itself(home: Home) -> None:
    put(home, "a.txt", b"one")

    with pytest.raises(NothingToEdit) as caught:
        edit(home, "a.txt", "one", "one")
    assert str(caught.value) == "old_string and new_string are the same: a.txt would not change"


def test_line_ends_and_permissions_stay(home: Home) -> None:
    script = put(home, "run.bat", b"one\r\ntwo\r\n")
    script.chmod(0o755)

    edit(home, "run.bat", "one\ntwo", "one\nand\r\ntwo")

    assert script.read_bytes() == b"one\r\nand\r\ntwo\r\n"
    assert script.stat().st_mode & 0o7777 == 0o755


def test_in_a_file_with_both_line_ends_a_text_is_taken_as_it_is(home: Home) -> None:
    mixed = put(home, "mixed.txt", b"one\r\ntwo\nthree")

    with pytest.raises(TextNotFound):
        edit(home, "mixed.txt", "one\ntwo", "x")
    edit(home, "mixed.txt", "two\nthree", "2\n3")
    assert mixed.read_bytes() == b"one\r\n2\n3"


@given(TEXT, TEXT, TEXT)
def test_replacing_everywhere_is_what_python_does(text: str, old: str, new: str) -> None:
    try:
        found = replaced(text, old, new, everywhere=True, path="a.txt")
    except (TextNotFound, TextNotUnique, NothingToEdit):
        assert not old or old == new or old not in text
    else:
        assert found == (text.replace(old, new), text.count(old))


def test_what_is_no_text_is_not_edited(home: Home) -> None:
    put(home, "a.bin", b"\xff\xfe")

    with pytest.raises(NotText):
        edit(home, "a.bin", "a", "b")
    with pytest.raises(IsADirectory):
        edit(home, "documents", "a", "b")
    with pytest.raises(FileNotFound):
        edit(home, "none.txt", "a", "b")
    assert not (home.root / "none.txt").exists()


def test_a_path_may_be_absolute_within_home(home: Home) -> None:
    put(home, "a.txt", b"one")

    assert edit(home, f"{home.root}/a.txt", "one", "two").asked == "a.txt"
    assert edit(home, "~/a.txt", "two", "three").asked == "a.txt"


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.txt", "link.txt", ".starpod/x", "~other/a"])
def test_nothing_outside_of_home_is_edited(home: Home, path: str) -> None:
    outside = home.root.parent / "outside.txt"
    outside.write_text("one")
    (home.root / "link.txt").symlink_to("../outside.txt")

    with pytest.raises((InvalidPath, FileNotFound)):
        edit(home, path, "one", "two")
    assert outside.read_text() == "one"


def test_a_hard_link_elsewhere_keeps_its_content(home: Home) -> None:
    outside = home.root.parent / "outside.txt"
    outside.write_text("one")
    os.link(outside, home.root / "inside.txt")

    edit(home, "inside.txt", "one", "two")

    assert (outside.read_text(), (home.root / "inside.txt").read_text()) == ("one", "two")


@pytest.mark.parametrize("act", [write, delete])
def test_what_somebody_else_writes_meanwhile_is_not_lost(home: Home, act: Callable[..., object]) -> None:
    path = put(home, "a.txt", b"one")
    if act is write:
        plan = changing.plan_edit(keep(home), "a.txt", "one", "two", everywhere=False)
    else:
        plan = changing.plan_delete(keep(home), "a.txt")
    path.write_text("one and only")

    with pytest.raises(ChangedMeanwhile) as caught:
        changing.carry_out(home, plan, "call-1", go_on)
    assert str(caught.value) == "a.txt was changed by somebody else meanwhile; read it again"
    assert path.read_text() == "one and only"
    assert names(home) == ["a.txt"]
