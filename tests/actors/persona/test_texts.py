from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from actors.persona.texts import identity, now


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
