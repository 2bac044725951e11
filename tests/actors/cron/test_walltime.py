"""Instants of expressions against an oracle that steps through them one by one and looks at the clock on the wall."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from actors.cron.messages.schedules import CronExpression
from actors.cron.schedule import BadSchedule, between, following

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
EXPRESSIONS = [
    "* * * * *",
    "*/30 * * * *",
    "7 * * * *",
    "0 */2 * * *",
    "*/20 2 * * *",
    "30 2 * * *",
    "15,45 1-3 * * *",
    "10 2 * * 0",
]
CHANGES = [
    ("Europe/Rome", date(2026, 3, 29)),
    ("Europe/Rome", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kolkata", date(2026, 3, 29)),  # none
]
STRANGER = [
    ("America/Santiago", date(2026, 4, 5)),  # at midnight, into the day before
    ("America/Santiago", date(2026, 9, 6)),
    ("Pacific/Apia", date(2011, 12, 30)),  # left out as a whole
    ("Antarctica/Troll", date(2026, 3, 29)),  # by two hours
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # for Ramadan
    ("Africa/Cairo", date(2026, 4, 24)),  # at midnight
]
ZONES = sorted({zone for zone, _ in CHANGES + STRANGER})


def values(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        bounds = (low, high) if span == "*" else (int(first), int(last or first))
        found.update(range(bounds[0], bounds[1] + 1, int(step or 1)))
    return found


class Oracle:
    """Knows plain expressions of six fields in which at most one of the days is restricted."""

    def __init__(self, expr: str, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        fields = expr.split()
        ranges = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
        self.fields = [values(field, *bounds) for field, bounds in zip(fields, ranges, strict=True)]
        self.any_hour = fields[2].startswith("*")
        self.twice = any(field.startswith("*") for field in fields[:3])

    def names(self, wall: datetime) -> bool:
        parts = (wall.second, wall.minute, wall.hour, wall.day, wall.month)
        return all(part in field for part, field in zip(parts, self.fields, strict=False)) and bool(
            {wall.isoweekday(), wall.isoweekday() % 7} & self.fields[5]
        )

    def instants(self, start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
        before = (start - step).astimezone(self.zone)
        while start <= end:
            local = start.astimezone(self.zone)
            expected, shown = before.replace(tzinfo=None) + step, local.replace(tzinfo=None)
            missed = False
            while expected < shown and not self.any_hour:
                missed = missed or self.names(expected)
                expected += step
            if missed or (self.names(shown) and (self.twice or not local.fold)):
                yield start
            before = local
            start += step


def assert_same(
    expr: str, zone: str, start: datetime, end: datetime, step: timedelta, *, asking: timedelta
) -> None:
    """Whatever instant one asks from and however many one asks for."""
    schedule = CronExpression(expr=expr)
    expected = list(Oracle(expr if len(expr.split()) == 6 else f"0 {expr}", zone).instants(start, end, step))
    assert between(schedule, zone, start, start, end, 100_000) == expected
    after = start - timedelta(microseconds=1)
    while after < end:
        coming = following(schedule, zone, start, after)
        assert coming is None or coming > after
        later = bisect_right(expected, after)
        if later < len(expected):
            assert coming == expected[later], after
        else:
            assert coming is None or coming > end, after
        after += asking


@pytest.mark.parametrize("expr", EXPRESSIONS)
@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_minute_by_minute_over_two_days_around_a_change(zone: str, changed: date, expr: str) -> None:
    start = datetime(changed.year, changed.month, changed.day, tzinfo=UTC) - DAY
    assert_same(expr, zone, start, start + 2 * DAY, MINUTE, asking=7 * MINUTE)


@pytest.mark.parametrize(("zone", "changed"), STRANGER)
def test_daily_and_minute_by_minute_where_clocks_change_in_stranger_ways(zone: str, changed: date) -> None:
    start = datetime(changed.year, changed.month, changed.day, tzinfo=UTC) - DAY
    for expr in ("30 0,2,23 * * *", "*/15 0-2 * * *"):
        assert_same(expr, zone, start, start + 2 * DAY, 15 * MINUTE, asking=15 * MINUTE)


@pytest.mark.parametrize("expr", ["*/20 * * * * *", "40 30 2 * * *", "0,20 15 1-3 * * *", "*/20 30 2 * * *"])
@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/Rome", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Rome", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_with_seconds_around_a_change(zone: str, around: datetime, expr: str) -> None:
    hours = timedelta(hours=2)
    assert_same(
        expr, zone, around - hours, around + hours, timedelta(seconds=20), asking=timedelta(seconds=20)
    )


def listed(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(st.integers(low, high - 1), number).map(
        lambda each: (each[0], max(each[0] + 1, each[1]))
    )
    return st.one_of(
        st.just("*"),
        st.integers(2, high).map("*/{}".format),
        st.lists(number, min_size=1, max_size=4).map(lambda each: ",".join(map(str, each))),
        pair.map(lambda each: f"{each[0]}-{each[1]}"),
        st.tuples(pair, st.integers(1, high)).map(lambda each: f"{each[0][0]}-{each[0][1]}/{each[1]}"),
    )


@given(
    when=st.one_of(
        st.sampled_from(CHANGES + STRANGER),
        st.tuples(st.sampled_from(ZONES), st.dates(date(2010, 1, 1), date(2040, 1, 1))),
    ),
    expr=st.tuples(listed(0, 59), listed(0, 23), listed(1, 31)).map(lambda each: f"{' '.join(each)} * *"),
    most=st.integers(0, 40),
)
def test_any_expression_agrees_with_stepping(when: tuple[str, date], expr: str, most: int) -> None:
    zone, day = when
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    end = begin + 2 * DAY
    expected = list(Oracle(f"0 {expr}", zone).instants(begin, end, MINUTE))
    schedule = CronExpression(expr=expr)
    after, walked = begin - timedelta(seconds=1), list[datetime]()
    while len(walked) < 200 and (coming := following(schedule, zone, begin, after)) and coming <= end:
        walked.append(after := coming)
    assert walked == expected[:200]
    assert (
        between(schedule, zone, begin, begin, end, most)
        == expected[len(expected) - min(most, len(expected)) :]
    )
    for cut in (begin, begin + DAY, end):
        assert between(schedule, zone, begin, begin, cut, 9999) == expected[: bisect_right(expected, cut)]
        assert between(schedule, zone, begin, cut, end, 9999) == expected[bisect_left(expected, cut) :]


@given(
    expr=st.tuples(listed(0, 59), listed(0, 23), listed(1, 31), listed(1, 12), listed(0, 7)).map(" ".join),
    zone=st.sampled_from(ZONES),
    second=st.integers(0, 50 * 365 * 86_400),
)
def test_both_directions_agree_over_months_and_years(expr: str, zone: str, second: int) -> None:
    first = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    schedule, after, walked = CronExpression(expr=expr), first - timedelta(seconds=1), list[datetime]()
    try:
        while len(walked) < 40 and (coming := following(schedule, zone, first, after)):
            walked.append(after := coming)
    except BadSchedule:  # 31 February
        reject()
    assert between(schedule, zone, first, first, after, len(walked) + 1) == walked


def test_looking_ahead_ends_where_the_calendar_does() -> None:
    yearly, late = CronExpression(expr="0 0 31 12 *"), datetime(9998, 6, 1, tzinfo=UTC)
    assert following(yearly, "UTC", late, late) is None


def test_looking_back_ends_where_the_calendar_begins() -> None:
    yearly, anchor = CronExpression(expr="0 0 3 1 *"), datetime(2027, 1, 1, tzinfo=UTC)
    found = between(yearly, "UTC", anchor, datetime(1, 1, 1, tzinfo=UTC), datetime(3, 6, 1, tzinfo=UTC), 9)
    assert found == [datetime(2, 1, 3, tzinfo=UTC), datetime(3, 1, 3, tzinfo=UTC)]
