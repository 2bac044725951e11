"""The system prompt: stable bytes first, what changes behind."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from actors.agent.prompt import closing, current, stable

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def test_the_stable_part_names_the_agent_and_holds_its_soul() -> None:
    part = stable("Aster", "Be kind.\n")
    assert part.cached
    assert part.text.startswith("You are Aster,")
    assert part.text.endswith("--- SOUL.md ---\nBe kind.")


def test_the_stable_part_is_the_same_bytes_every_time_and_small() -> None:
    assert stable("Aster", "") == stable("Aster", "  \n")
    assert len(stable("Aster", "").text.encode()) < 2000


def test_a_huge_soul_is_cut_at_a_character() -> None:
    assert len(stable("A", "é" * 20_000).text.encode()) < 20_000 + 2000


def test_time_zone_and_session_change_outside_of_the_cached_part() -> None:
    part = current(NOON, ZoneInfo("Europe/Vienna"), "abc")
    assert not part.cached
    assert "Wednesday, 04 March 2026, 13:30 (Europe/Vienna)" in part.text
    assert "abc" in part.text


def test_the_limit_of_rounds_is_told_to_the_model() -> None:
    assert "limit of 3 rounds" in closing(3).text
