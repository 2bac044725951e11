from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from actors.persona.texts import SOUL_BYTES, Soul, identity, now, soul


def test_the_identity_names_the_agent() -> None:
    assert identity("Nova").startswith("You are Nova, a personal assistant")


def test_the_time_is_told_in_the_zone_of_the_person() -> None:
    moment = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
    assert now(moment, ZoneInfo("Europe/Vienna"), "s1") == (
        "Local time at the start of this turn: Saturday, 03 January 2026, 00:30 (Europe/Vienna). Session: s1."
    )


def test_without_a_zone_the_time_is_that_of_the_system() -> None:
    moment = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
    assert f"{moment.astimezone():%H:%M}" in now(moment, None, "s1")


@pytest.mark.parametrize(
    ("data", "text", "fault"),
    [
        (b" Be kind.\n", "Be kind.", None),
        (b"", "", None),
        (b"\xef\xbb\xbfBe kind.", "Be kind.", None),
        (b"J\xfcrgen", "J\N{REPLACEMENT CHARACTER}rgen", "SOUL.md is not UTF-8 at byte 1"),
        (b"cut \xe2\x82", "cut \N{REPLACEMENT CHARACTER}", "SOUL.md is not UTF-8 at byte 4"),
    ],
)
def test_any_bytes_are_a_soul(data: bytes, text: str, fault: str | None) -> None:
    assert soul(data) == Soul(text, fault)


def test_a_huge_soul_is_cut_at_a_character() -> None:
    found = soul(b"x" + "€".encode() * SOUL_BYTES)
    assert found.fault is None
    assert found.text == "x" + "€" * ((SOUL_BYTES - 1) // 3)
    assert len(found.text.encode()) < SOUL_BYTES
