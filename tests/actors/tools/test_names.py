"""Every name of a file can be written, and one is found under what it looks like."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.tools.names import alike, components, is_private, shown, written


@pytest.mark.parametrize(
    "name", ["starpod", ".starpod2", ".starpods/x", "x.starpod", "...", "..a", "~a", "a~"]
)
def test_a_path_that_only_looks_forbidden_is_a_path(name: str) -> None:
    assert components(name) == name.split("/")


def test_dots_and_doubled_slashes_count_for_nothing() -> None:
    assert components("./a//b/./c/") == ["a", "b", "c"]
    assert components(".") == components("") == []


def test_the_private_name_is_known_in_every_spelling() -> None:
    assert all(map(is_private, [".starpod", ".STARPOD", ".starpod..", ".ſtarpod", ".star\u2060pod"]))
    assert not any(map(is_private, ["starpod", ".starpo", "..starpod", ".stärpod"]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"plan.md", "plan.md"),
        ("größer 🐝".encode(), "größer 🐝"),
        (b"caf\xe9.txt", r"caf\xe9.txt"),
        (rb"caf\xe9.txt", r"caf\x5cxe9.txt"),
        (rb"a\b", r"a\b"),
        (b"a\\\xff", r"a\x5c\xff"),
    ],
)
def test_a_name_is_shown_in_a_form_that_can_be_written(name: bytes, text: str) -> None:
    assert shown(name) == text
    assert os.fsencode(written(text)) == name


@given(st.binary(max_size=20))
@example(rb"\xe9")
@example(rb"\x5cxe9")
@example(rb"\\xe9\x5C\xE9")
def test_no_two_names_are_shown_alike(name: bytes) -> None:
    assert os.fsencode(written(shown(name))) == name


def test_no_separator_and_no_dot_can_be_written_as_a_byte() -> None:
    for text in (r"a\x2fb", r"\x2e\x2e", r"\x00", r"\x2estarpod"):
        assert written(text) == text


def test_a_name_that_begins_with_a_byte_is_no_absolute_path() -> None:
    assert components(r"\xe9t\xe9.txt") == [r"\xe9t\xe9.txt"]


def test_names_that_look_alike_have_the_same_likeness() -> None:
    assert alike("Re\u0301sume\u0301.pdf") == alike("Résumé.pdf")
    assert alike("9.41\u202fPM") == alike("9.41\u00a0PM") == "9.41 PM"
    assert alike("\u200eWhatsApp Ada\u2019s") == "WhatsApp Ada's"
    assert alike("Resume.pdf") != alike("Résumé.pdf")
    assert alike("A") != alike("a")
