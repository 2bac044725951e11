"""Whatever text arrives, and whatever date."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.cron.expression import BadSchedule, Expression
from actors.cron.messages.schedules import CronExpression, Interval, OneShot, Schedule
from actors.cron.schedule import between, check, following, words

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST = 0.1
"""Seconds of the processor; the slowest take 30 ms."""

PIECES = st.one_of(
    st.sampled_from("*?/-,#+._LW\0\ud800²٣ß"),
    st.sampled_from(["SUN", "mon", "Friday", "dec", "@daily"]),
    st.sampled_from([0, 1, 2, 5, 7, 8, 12, 23, 24, 29, 30, 31, 59, 60, 10**20]).map(str),
)
FIELDS = st.one_of(
    st.sampled_from(
        ["*", "0", "29", "31", "2", "1#5", "5L", "L", "LW", "*/7", "*/8", "*/31", "FRI-MON", "?"]
    ),
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
)
EXPRESSIONS = st.one_of(
    st.text(max_size=250),
    st.lists(FIELDS, min_size=4, max_size=8).map(" ".join),
    st.lists(FIELDS, min_size=5, max_size=6).map("\t ".join),
)
SLOW = [
    "0 0 29 2 1",
    "0 0 29 2 */7",
    "0 0 */8 * 1#5",
    "0 0 */8 2 1#5",
    "59 59 23 31 12 */7",
    "59 59 23 29 2 *",
]


def refusal(schedule: Schedule, zone: str, now: datetime) -> str:
    try:
        check(schedule, zone, anchor=NOW, now=now, least=60)
    except BadSchedule as error:
        return str(error)
    return ""


def judged(schedule: Schedule, zone: str, now: datetime) -> None:
    """Read, checked and asked for its instants, as what a person sends is."""
    why = refusal(schedule, zone, now)
    assert why.isprintable()
    assert len(why) < 400
    try:
        coming = following(schedule, zone, NOW, now)
        last = between(schedule, zone, NOW, now - timedelta(days=1) if now.year > 1 else now, now, 3)
        said = words(schedule, zone)
    except BadSchedule:
        return
    assert coming is None or (coming > now and coming.tzinfo is UTC and coming.microsecond == 0)
    assert all(each <= now for each in last)
    assert said


@settings(max_examples=4 * settings().max_examples)
@given(expr=EXPRESSIONS)
@example("* * * * 1#2#3")
@example("* * * * ²L")
@example("* * * * L")
@example("* * L/2,LW * *")
@example("* * * * 1" + "0" * 190)
def test_hostile_text_is_refused_with_a_sentence_or_kept_and_soon(expr: str) -> None:
    started = time.thread_time()
    judged(CronExpression(expr=expr), "Europe/Rome", NOW)
    assert time.thread_time() - started < 4 * LONGEST  # read, checked, asked twice


@pytest.mark.parametrize("expr", SLOW)
def test_what_comes_once_in_decades_or_never_is_found_out_soon(expr: str) -> None:
    for zone in ("UTC", "America/New_York"):
        for year in (2026, 2072, 2089):
            started = time.thread_time()
            following(CronExpression(expr=expr), zone, NOW, NOW.replace(year=year, month=3))
            assert time.thread_time() - started < LONGEST


@given(
    text=st.one_of(st.text(max_size=60), st.datetimes().map(datetime.isoformat)),
    suffix=st.sampled_from(["", "Z", "+24:00"]),
)
def test_hostile_times_are_refused_with_a_sentence_or_kept(text: str, suffix: str) -> None:
    judged(OneShot(at=text + suffix), "Europe/Rome", NOW)


@given(
    now=st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-23)), timezone(timedelta(hours=23))])
    ),
    zone=st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati"]),
    schedule=st.one_of(
        st.sampled_from([*SLOW, "* * * * *", "0 0 31 12 *", "* * * * * *"]).map(
            lambda expr: CronExpression(expr=expr)
        ),
        st.integers(0, 10**13).map(lambda ms: Interval(every_ms=ms)),
        st.datetimes().map(lambda at: OneShot(at=at.isoformat())),
    ),
)
@example(
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-23))), "UTC", CronExpression(expr="* * * * * *")
)
@example(
    datetime.min.replace(tzinfo=timezone(timedelta(hours=23))), "UTC", CronExpression(expr="* * * * * *")
)
@example(datetime.max.replace(tzinfo=UTC), "America/New_York", Interval(every_ms=1000))
@example(datetime.min.replace(tzinfo=UTC), "America/New_York", OneShot(at="0001-01-01T00:00"))
def test_far_from_now_nothing_but_a_refusal_or_no_instant_comes(
    now: datetime, zone: str, schedule: Schedule
) -> None:
    judged(schedule, zone, now)


def test_the_calendar_ends() -> None:
    end = datetime(9998, 12, 30, tzinfo=UTC)
    assert following(CronExpression(expr="@yearly"), "UTC", NOW, end - timedelta(days=2)) is None
    assert following(CronExpression(expr="0 0 29 2 *"), "UTC", NOW, end) is None
    assert following(CronExpression(expr="@daily"), "UTC", NOW, end - timedelta(days=1)) == end
    assert between(CronExpression(expr="@daily"), "UTC", NOW, end, end.replace(year=9999), 9) == [end]
    assert between(
        CronExpression(expr="@yearly"), "UTC", NOW, NOW.replace(year=1), NOW.replace(year=4), 9
    ) == [
        NOW.replace(year=3),
        NOW.replace(year=4),
    ]


def test_text_is_read_once_for_both_directions() -> None:
    expression = Expression("0 9 * * *")
    day = datetime(2026, 1, 1)  # noqa: DTZ001 -- on a wall
    ahead, back = expression.walls(), expression.walls(backwards=True)
    assert ahead.beyond(day) == day.replace(hour=9) == ahead.beyond(day.replace(hour=8))
    assert back.beyond(day) == datetime(2025, 12, 31, 9)  # noqa: DTZ001
