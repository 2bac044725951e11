from datetime import UTC, datetime, timedelta

import pytest

from actors.cron.messages.schedules import CronExpression, Interval, OneShot, Schedule
from actors.cron.schedule import BadSchedule, between, check, following, words, zone_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def cron(expr: str) -> CronExpression:
    return CronExpression(expr=expr)


def some(schedule: Schedule, after: datetime, count: int, zone: str = "UTC") -> list[datetime]:
    """The next instants, one by one."""
    found: list[datetime] = []
    while len(found) < count and (coming := following(schedule, zone, NEW_YEAR, after)) is not None:
        found.append(after := coming)
    return found


def days(expr: str, count: int) -> list[int]:
    return [each.day for each in some(cron(expr), NEW_YEAR, count)]


def refused(schedule: Schedule, zone: str = "UTC", least: float = 1) -> str:
    with pytest.raises(BadSchedule) as caught:
        check(schedule, zone, anchor=NEW_YEAR, now=NEW_YEAR, least=least)
    return str(caught.value)


class TestExpressions:
    def test_five_fields_begin_with_the_minute_and_six_with_the_second(self) -> None:
        assert some(cron("5 4 * * *"), NEW_YEAR, 1) == [datetime(2026, 1, 1, 4, 5, tzinfo=UTC)]
        assert some(cron("6 5 4 * * *"), NEW_YEAR, 1) == [datetime(2026, 1, 1, 4, 5, 6, tzinfo=UTC)]

    @pytest.mark.parametrize(
        ("expr", "same"),
        [
            ("@hourly", "0 * * * *"),
            ("@Daily", "0 0 * * *"),
            (" @midnight ", "0 0 * * *"),
            ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"),
            ("@yearly", "0 0 1 1 *"),
            ("@annually", "0 0 1 1 *"),
            ("0 0 ? * MON", "0 0 * * 1"),
            ("0 0 1 * ?", "0 0 1 * *"),
            ("0 0 * january-mar *", "0 0 * 1-3 *"),
            ("0 0 * * Tues,thurs,Saturday", "0 0 * * 2,4,6"),
            ("0 0 * * 7", "0 0 * * 0"),
            ("0 0 * * fri-mon", "0 0 * * 5,6,0,1"),
            ("0 0 * * FRI-SUN", "0 0 * * 5,6,7"),
            ("0 0 * * 7-2", "0 0 * * 0,1,2"),
            ("0 0 * * THU-TUE/2", "0 0 * * 4,6,1"),
            ("0 0 * * 3,FRI-MON", "0 0 * * 3,5,6,0,1"),
        ],
    )
    def test_what_means_the_same_runs_at_the_same_instants(self, expr: str, same: str) -> None:
        assert some(cron(expr), NEW_YEAR, 12) == some(cron(same), NEW_YEAR, 12)

    def test_one_to_five_is_monday_to_friday(self) -> None:
        assert days("0 9 * * 1-5", 6) == [1, 2, 5, 6, 7, 8]
        assert days("0 9 * * 0", 2) == days("0 9 * * 7", 2) == days("0 9 * * sun", 2) == [4, 11]

    def test_of_two_restricted_fields_of_days_either_is_enough(self) -> None:
        assert days("0 0 13 * FRI", 4) == [2, 9, 13, 16]

    def test_a_field_of_days_that_begins_with_a_star_narrows_the_other(self) -> None:
        assert days("0 0 */2 * FRI", 3) == [9, 23, 13]  # odd Fridays; 13 is in February

    def test_the_29th_of_february_waits_for_leap_years(self) -> None:
        assert [each.year for each in some(cron("0 0 29 2 *"), NEW_YEAR, 3)] == [2028, 2032, 2036]
        assert following(cron("0 0 29 2 *"), "UTC", NEW_YEAR, NEW_YEAR.replace(year=2097)) == datetime(
            2104, 2, 29, tzinfo=UTC
        )

    def test_the_29th_of_february_or_any_monday_in_february(self) -> None:
        assert days("0 0 29 2 1", 5) == [2, 9, 16, 23, 1]

    def test_the_last_day_the_last_weekday_and_the_nth(self) -> None:
        assert days("0 0 L * *", 3) == [31, 28, 31]
        assert days("0 0 LW * *", 3) == [30, 27, 31]
        assert days("0 0 * * 5L", 2) == [30, 27]
        assert days("0 0 * * MON#2", 2) == [12, 9]

    @pytest.mark.parametrize(
        ("expr", "why"),
        [
            ("", "five fields"),
            ("* * * *", "this one has 4"),
            ("* * * * * * 2030", "names a year"),
            ("@reboot", "there is no '@reboot'; there are @hourly"),
            ("60 * * * *", "the minute cannot be '60': it is 0 to 59"),
            ("60 * * * * *", "the second cannot be '60'"),
            ("? * * * *", "the minute cannot be '?'"),
            ("* 24 * * *", "the hour cannot be '24'"),
            ("* 22-2 * * *", "the hour cannot be '22-2'"),
            ("* * 0 * *", "the day of month cannot be '0'"),
            ("* * * FOO *", "the month cannot be 'foo'"),
            ("* * * NOV-FEB *", "the month cannot be 'nov-feb'"),
            ("* * * * 8", "the day of week cannot be '8'"),
            ("* * * * MON-XYZ", "the day of week cannot be 'mon-xyz'"),
            ("* * * * 5-1-2", "the day of week cannot be '5-1-2'"),
            ("*/0 * * * *", "the minute cannot be '*/0'"),
            ("*/60 * * * *", "the minute '*/60' has a step of more than 59"),
            ("0 0 31 feb *", "no month of 'feb' has a day '31'"),
            ("0 0 30 2 *", "no month of '2' has a day '30'"),
            ("0 0 */8 * 1#5", "no day that ever comes is in '0 0 */8 * 1#5'"),
            ("*" * 201, "201 characters; 200 are allowed"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_field_that_is_wrong(self, expr: str, why: str) -> None:
        assert why in refused(cron(expr))


class TestLeast:
    def test_names_the_gap_and_what_is_allowed(self) -> None:
        assert refused(cron("0,50 * * * *"), least=900) == (
            "it would run again after 600 seconds; at least 900 seconds are required"
        )
        assert refused(Interval(every_ms=59_000), least=60) == (
            "it would run again after 59 seconds; at least 60 seconds are required"
        )
        assert "again after 1 second;" in refused(cron("* * * * * *"), least=60)

    @pytest.mark.parametrize("expr", ["* * * * *", "*/2 * * * *", "30 * * * * *", "0 0 29 2 */7"])
    def test_once_a_minute_or_more_seldom_is_allowed_with_sixty_seconds(self, expr: str) -> None:
        check(cron(expr), "Europe/Rome", anchor=NEW_YEAR, now=NEW_YEAR, least=60)

    def test_the_shorter_day_on_which_a_clock_is_set_on_is_no_smaller_gap(self) -> None:
        now = datetime(2026, 3, 28, tzinfo=UTC)
        check(cron("0 9 * * *"), "Europe/Rome", anchor=now, now=now, least=86_400)


class TestIntervals:
    def test_count_from_the_anchor_and_do_not_drift(self) -> None:
        every = Interval(every_ms=90_000)
        assert some(every, NEW_YEAR + timedelta(seconds=100), 2) == [
            NEW_YEAR + timedelta(seconds=180),
            NEW_YEAR + timedelta(seconds=270),
        ]

    def test_the_first_is_one_interval_after_the_anchor(self) -> None:
        every = Interval(every_ms=60_000)
        first = NEW_YEAR + timedelta(minutes=1)
        assert following(every, "UTC", NEW_YEAR, NEW_YEAR - timedelta(days=9)) == first
        assert following(every, "UTC", NEW_YEAR, NEW_YEAR) == first
        assert between(every, "UTC", NEW_YEAR, NEW_YEAR - timedelta(days=1), first, 9) == [first]

    def test_between_takes_the_latest(self) -> None:
        every = Interval(every_ms=1000)
        last = NEW_YEAR + timedelta(days=3650)
        assert between(every, "UTC", NEW_YEAR, NEW_YEAR, last, 2) == [last - timedelta(seconds=1), last]
        assert between(every, "UTC", NEW_YEAR, last, last - timedelta(days=1), 2) == []

    def test_instants_are_whole_seconds(self) -> None:
        every = Interval(every_ms=1500)
        anchor = NEW_YEAR + timedelta(milliseconds=700)  # 2.2, 3.7, 5.2
        whole = [NEW_YEAR + timedelta(seconds=number) for number in (2, 3, 5)]
        half = timedelta(milliseconds=500)
        assert following(every, "UTC", anchor, NEW_YEAR + timedelta(seconds=2)) == whole[1]
        assert between(every, "UTC", anchor, whole[0], whole[2], 9) == whole
        assert between(every, "UTC", anchor, whole[0] + half, whole[2] - half, 9) == whole[1:2]

    @pytest.mark.parametrize("ms", [-1, 0, 999, 10**13, 10**400])
    def test_less_than_a_second_or_more_than_a_century_is_refused(self, ms: int) -> None:
        assert "from 1000 milliseconds" in refused(Interval(every_ms=ms))

    def test_one_that_outlasts_the_calendar_never_comes(self) -> None:
        late = NEW_YEAR.replace(year=9990)
        every = Interval(every_ms=3_000_000_000_000)
        with pytest.raises(BadSchedule, match="the calendar ends"):
            check(every, "UTC", anchor=late, now=late, least=1)


class TestOneShots:
    @pytest.mark.parametrize(
        ("at", "hour"),
        [
            ("2030-06-15T23:00:00+01:00", 22),
            ("2030-06-15T23:00+05:00", 18),
            ("2030-06-15t23:00:00z", 23),
            ("2030-06-15T23:00", 21),
            (" 2030-06-15 23:00:00.5 ", 21),
            ("2030-06-15 23:00:00.123456789", 21),
        ],
    )
    def test_offsets_count_and_without_one_it_is_the_time_of_the_zone(self, at: str, hour: int) -> None:
        once = datetime(2030, 6, 15, hour, tzinfo=UTC)
        schedule = OneShot(at=at)
        assert following(schedule, "Europe/Rome", NEW_YEAR, once - timedelta(seconds=1)) == once
        assert following(schedule, "Europe/Rome", NEW_YEAR, once) is None
        check(schedule, "Europe/Rome", anchor=NEW_YEAR, now=NEW_YEAR, least=60)

    def test_tokyo_is_nine_hours_before_utc(self) -> None:
        once = OneShot(at="2030-06-15T23:00:00")
        tokyo, utc = (following(once, zone, NEW_YEAR, NEW_YEAR) for zone in ("Asia/Tokyo", "UTC"))
        assert tokyo is not None
        assert tokyo + timedelta(hours=9) == utc

    def test_of_two_times_the_earlier(self) -> None:
        once = OneShot(at="2026-10-25T02:30:00")
        assert following(once, "Europe/Rome", NEW_YEAR, NEW_YEAR) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "why"),
        [
            ("2026-03-29T02:30:00", "does not exist in Europe/Rome"),
            ("2030-06-15", "write 2030-06-15T09:00"),
            ("not-a-date", "is no time: write 2030-06-15T23:00"),
            ("2030-W24-6T23:00", "is no time"),
            ("2030-06-15T23:00+25:00", "is no time"),
            ("2030-02-30T10:00", "is no time: day is out of range for month"),
            ("2030-06-15T24:00", "is no time: hour must be in 0..23"),
            ("2025-12-31T23:59", "is in the past"),
            ("9999-12-31T23:59-05:00", "is no time"),
            ("9999-06-15T23:00", "outside of the calendar"),
            ("٢٠٣٠-06-15T23:00", "is no time"),
        ],
    )
    def test_what_is_no_time_or_none_to_come_is_refused(self, at: str, why: str) -> None:
        assert why in refused(OneShot(at=at), "Europe/Rome")

    def test_between_has_it_if_it_is_between(self) -> None:
        at = datetime(2030, 6, 15, tzinfo=UTC)
        once = OneShot(at="2030-06-15T00:00")
        assert between(once, "UTC", NEW_YEAR, at, at, 1) == [at]
        assert between(once, "UTC", NEW_YEAR, at, at, 0) == []
        assert between(once, "UTC", NEW_YEAR, NEW_YEAR, at - timedelta(seconds=1), 1) == []


class TestWords:
    @pytest.mark.parametrize(
        ("schedule", "said"),
        [
            (Interval(every_ms=1000), "every second"),
            (Interval(every_ms=1500), "every 1.5 seconds"),
            (Interval(every_ms=5_400_000), "every 90 minutes"),
            (Interval(every_ms=86_400_000), "every day"),
            (Interval(every_ms=14 * 86_400_000), "every 2 weeks"),
            (cron("0 9 * * mon-fri"), "at 09:00 on Monday through Friday"),
            (cron("@hourly"), "at the start of every hour"),
            (cron("0 9 1,15 * 1"), "at 09:00 on the first and the 15th day of month or on Monday"),
            (OneShot(at="2030-06-15T23:00"), "once, 15 June 2030, 23:00"),
            (OneShot(at="2030-06-15T23:00:05Z"), "once, 16 June 2030, 01:00:05"),
        ],
    )
    def test_are_english(self, schedule: Schedule, said: str) -> None:
        assert words(schedule, "Europe/Rome") == said


class TestZones:
    def test_what_is_none_is_refused(self) -> None:
        with pytest.raises(BadSchedule, match="there is no time zone 'Mars/Base'"):
            zone_of("Mars/Base")
