"""Which files of people are taken, and what they are called."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools.messages import (
    AttachmentRefused,
    AttachmentsDisabled,
    AttachmentTooLarge,
    ExtensionNotAllowed,
)
from actors.tools.settings import Attachments
from actors.tools.uploads import MAX_NAME, candidates, check, safe_name

PICTURES = Attachments(allowed_extensions=("png", "JPG", ".gif"))


def test_by_default_everything_up_to_20_mib_is_taken() -> None:
    check(Attachments(), "anything at all", 20 * 2**20)
    with pytest.raises(AttachmentTooLarge):
        check(Attachments(), "a.txt", 20 * 2**20 + 1)


def test_when_attachments_are_disabled_nothing_is_taken() -> None:
    with pytest.raises(AttachmentsDisabled, match=r"a\.png was not accepted: attachments are disabled"):
        check(Attachments(enabled=False, max_file_size=1), "a.png", 5)


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    rules = Attachments(max_file_size=1000)
    check(rules, "a.png", 999)
    check(rules, "a.png", 1000)
    with pytest.raises(AttachmentTooLarge):
        check(rules, "a.png", 1001)


def test_a_file_too_large_is_told_both_sizes() -> None:
    with pytest.raises(AttachmentRefused) as caught:
        check(Attachments(max_file_size=20 * 2**20, allowed_extensions=("png",)), "film.mp4", 31_200_000)
    assert str(caught.value) == "film.mp4 was not accepted: it has 29.8 MB, the limit is 20.0 MB"


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.b.png", "b.jpg", "c.Gif", ".png"])
def test_an_extension_on_the_list_is_taken_in_any_case(name: str) -> None:
    check(PICTURES, name, 1)


@pytest.mark.parametrize("name", ["a.txt", "png.txt", "noextension", "a.png.", "a.jpeg", ""])
def test_an_extension_not_on_the_list_is_refused(name: str) -> None:
    with pytest.raises(ExtensionNotAllowed) as caught:
        check(PICTURES, name, 1)
    extension = name.rpartition(".")[2]
    assert str(caught.value) == f"{name} was not accepted: '.{extension}' is not one of png, JPG, .gif"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("plan.md", "plan.md"),
        ("größe 🐝.txt", "größe 🐝.txt"),
        ("a/b\\c:d.txt", "a_b_c_d.txt"),
        ("../../etc/passwd", "._._etc_passwd"),
        ("report..pdf", "report.pdf"),
        ("a\0b\nc", "a_b_c"),
        ("evil\u202egnp.exe", "evil_gnp.exe"),
        ("half\ud83d.png", "half_.png"),
        ("", "file"),
        ("  ", "file"),
        ("..", "file"),
        ("../..", "file"),
        ("\x00\x1b", "file"),
        (".gitignore", ".gitignore"),
        ("\x1b[31mred.txt", "_[31mred.txt"),
    ],
)
def test_a_name_becomes_a_single_harmless_component(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension() -> None:
    assert safe_name("x" * 300 + ".pdf") == "x" * (MAX_NAME - 4) + ".pdf"
    assert safe_name("ü" * 300) == "ü" * (MAX_NAME // 2)
    assert safe_name("a." + "x" * 300) == "a." + "x" * (MAX_NAME - 2)


@given(st.text())
def test_no_name_is_dangerous(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= MAX_NAME
    assert ".." not in safe
    assert not set(safe) & set("/\\:\0\n")
    assert safe_name(safe) == safe


def test_a_free_name_is_sought_with_a_number_after_the_time() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert list(islice(candidates("a.txt", at), 3)) == [
        "20260102_030405_a.txt",
        "20260102_030405_2_a.txt",
        "20260102_030405_3_a.txt",
    ]
