from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors.notify.messages import Preferences
from actors.notify.quiet import current, not_before

ROME = ZoneInfo("Europe/Rome")
ZONES = (
    "Europe/Rome",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "America/Santiago",  # at midnight
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",  # a whole day was left out in 2011
    "UTC",
)
DAY = timedelta(days=1)
INSTANTS = st.integers(1_262_304_000, 1_924_905_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
"""Of 2010 to 2030."""


def of(begin: str | None, end: str | None) -> Preferences:
    return Preferences(quiet_from=begin, quiet_to=end, timezone="Europe/Rome")


def at(text: str) -> datetime:
    """An instant by the wall of Rome, the first of two."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "now", "told"),
    [
        ("22:00", "07:00", "2026-06-01T21:59:59", None),
        ("22:00", "07:00", "2026-06-01T22:00", "2026-06-02T07:00"),
        ("22:00", "07:00", "2026-06-02T06:59:59.999999", "2026-06-02T07:00"),
        ("22:00", "07:00", "2026-06-02T07:00", None),
        ("13:00", "14:30", "2026-06-01T12:59", None),
        ("13:00", "14:30", "2026-06-01T13:00", "2026-06-01T14:30"),
        ("13:00", "14:30", "2026-06-01T14:30", None),
        ("00:00", "06:00", "2026-06-01T00:00", "2026-06-01T06:00"),
        ("22:00", "00:00", "2026-06-01T23:00", "2026-06-02T00:00"),
        ("22:00", "00:00", "2026-06-01T00:00", None),
        ("22:00", "22:00", "2026-06-01T22:00", None),
        ("00:00", "00:00", "2026-06-01T00:00", None),
        (None, "07:00", "2026-06-01T03:00", None),
        ("22:00", None, "2026-06-01T23:00", None),
        (None, None, "2026-06-01T23:00", None),
        # The night in which two o'clock becomes three, and the one in which three becomes two.
        ("22:00", "07:00", "2026-03-29T01:00", "2026-03-29T07:00"),
        ("01:00", "02:30", "2026-03-29T01:30", "2026-03-29T03:30"),
        ("22:00", "07:00", "2026-10-25T01:00", "2026-10-25T07:00"),
        ("01:00", "02:30", "2026-10-25T02:10", "2026-10-25T02:30"),
    ],
)
def test_what_comes_in_quiet_hours_waits_for_their_end(
    begin: str | None, end: str | None, now: str, told: str | None
) -> None:
    assert not_before(of(begin, end), at(now), ROME) == (None if told is None else at(told))


def test_an_hour_that_comes_twice_may_be_quiet_twice() -> None:
    again = at("2026-10-25T02:10") + timedelta(hours=1)
    assert not_before(of("01:00", "02:30"), again, ROME) == at("2026-10-25T02:30") + timedelta(hours=1)


def minutes(least: int, most: int) -> st.SearchStrategy[time]:
    return st.integers(least, most).map(lambda minute: time(minute // 60, minute % 60))


@given(
    INSTANTS,
    st.sampled_from(ZONES).map(ZoneInfo),
    minutes(0, 1439),
    minutes(0, 1439),
)
def test_quiet_hours_end_when_the_wall_says_so(now: datetime, zone: ZoneInfo, begin: time, end: time) -> None:
    told = not_before(of(f"{begin:%H:%M}", f"{end:%H:%M}"), now, zone)
    wall = now.astimezone(zone).time()
    quiet = begin <= wall < end if begin <= end else wall >= begin or wall < end
    assert (told is not None) == quiet
    if told is None:
        return
    assert told.tzinfo is UTC
    offset = now.astimezone(zone).utcoffset()
    assume(told.astimezone(zone).utcoffset() == offset)  # no clock was set meanwhile
    assert told.astimezone(zone).time() == end
    assert timedelta() < told - now < DAY


@given(
    INSTANTS,
    st.sampled_from(ZONES).map(ZoneInfo),
    minutes(0, 1439),
    minutes(0, 1439),
)
def test_nothing_waits_longer_than_quiet_hours_and_a_change_of_the_clock_take(
    now: datetime, zone: ZoneInfo, begin: time, end: time
) -> None:
    told = not_before(of(f"{begin:%H:%M}", f"{end:%H:%M}"), now, zone)
    if told is None:
        return
    length = (datetime.combine(now, end) - datetime.combine(now, begin)) % DAY
    set_on = told.astimezone(zone).utcoffset() != now.astimezone(zone).utcoffset()
    assert timedelta() < told - now <= length + (DAY if "Apia" in zone.key else timedelta(hours=1)) * set_on


def test_a_mute_is_over_when_it_was_to_be() -> None:
    now = at("2026-06-01T12:00")
    muted = attrs.evolve(of(None, None), muted=True)
    until = attrs.evolve(muted, muted_until=now)
    assert current(muted, now) == muted
    assert current(until, now - timedelta(microseconds=1)) == until
    assert current(until, now) == of(None, None)
