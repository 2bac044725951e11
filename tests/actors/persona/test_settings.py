"""What an agent may be called, and which time it may go by."""

from zoneinfo import ZoneInfo

import pytest

from actors.persona.settings import LONGEST_NAME, Settings


@pytest.mark.parametrize("name", ["Aster", "Ægir the 3rd", "क्‍ष", "👩‍🚀", "x" * LONGEST_NAME])
def test_a_name_that_can_be_shown_on_a_line(name: str) -> None:
    assert Settings(agent_name=name).agent_name == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (" ", "must not be empty"),
        ("x" * (LONGEST_NAME + 1), "must have 100 characters at most, not 101"),
        ("a\nb", r"such as U\+000A"),
        ("a\u202eb", r"such as U\+202E"),
    ],
)
def test_another_is_refused_and_it_is_said_why(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Settings(agent_name=name)


def test_a_zone_is_one_of_the_iana_or_that_of_the_system() -> None:
    assert Settings().zone is None
    assert Settings(timezone="Europe/Vienna").zone == ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="IANA time zone"):
        Settings(timezone=zone)
