"""When a job is to run, found without the scheduler's arithmetic: by walking through the calendar by half hours.

Clocks change by multiples of half an hour at multiples of half an hour, so within one the wall goes on evenly.
"""

import bisect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, final
from zoneinfo import ZoneInfo

import attrs

from actors.cron.messages import CronExpression, Interval, OneShot, Schedule

FIRST: Final = datetime(2027, 6, 20, tzinfo=UTC)
LAST: Final = datetime(2029, 3, 10, tzinfo=UTC)
"""Between these everything is known."""
_SLOT: Final = timedelta(minutes=30)
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS: Final = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}


@final
@attrs.frozen
class Instants:
    """All of a schedule, ascending."""

    all: list[datetime]

    def after(self, moment: datetime) -> Iterator[datetime]:
        for place in range(bisect.bisect_right(self.all, moment), len(self.all)):
            yield self.all[place]

    def within(self, after: datetime, last: datetime) -> list[datetime]:
        """Those after the one up to and with the other."""
        return self.all[bisect.bisect_right(self.all, after) : bisect.bisect_right(self.all, last)]

    def __contains__(self, moment: datetime) -> bool:
        place = bisect.bisect_left(self.all, moment)
        return place < len(self.all) and self.all[place] == moment


def instants(schedule: Schedule, zone: str, anchor: datetime) -> Instants:
    """Every instant of a schedule that counts from `anchor`."""
    match schedule:
        case CronExpression():
            return _of_expression(schedule.expr.lower(), zone)
        case OneShot():
            return Instants([_once(schedule.at, zone)])
        case Interval():
            found, at = list[datetime](), anchor
            while (at := at + timedelta(milliseconds=schedule.every_ms)) < LAST:
                found.append(at.replace(microsecond=0))
            return Instants(found)


def _once(text: str, zone: str) -> datetime:
    said = datetime.fromisoformat(text)
    aware = said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).replace(microsecond=0)


@cache
def _walls(zone: str) -> list[tuple[datetime, datetime, bool]]:
    """Each half hour of the calendar, the time on the wall when it begins, and whether the wall shows it again."""
    found, at, local = list[tuple[datetime, datetime, bool]](), FIRST, ZoneInfo(zone)
    while at < LAST:
        wall = at.astimezone(local)
        found.append((at, wall.replace(tzinfo=None, fold=0), bool(wall.fold)))
        at += _SLOT
    return found


@cache
def _of_expression(text: str, zone: str) -> Instants:
    rule = _Rule(text)
    found = list[datetime]()
    expected: datetime | None = None
    for at, wall, again in _walls(zone):
        if expected is not None and wall > expected and not rule.any_hour:  # the clock was set on
            left_out = range(int((wall - expected).total_seconds()))
            if any(rule.names(expected + timedelta(seconds=n)) for n in left_out) and not rule.names(wall):
                found.append(at)
        expected = wall + _SLOT
        if not again or rule.repeats:
            found += (at + (each - wall) for each in rule.named(wall))
    return Instants(found)


@final
class _Rule:
    """An expression, read field by field."""

    def __init__(self, text: str) -> None:
        fields = _ALIASES.get(text, text).split()
        second, minute, hour, day, month, weekday = fields if len(fields) == 6 else ("0", *fields)
        self.any_hour = hour.startswith("*")
        self.repeats = any(field.startswith("*") for field in (second, minute, hour))
        self._seconds, self._minutes = sorted(_read(second, 0, 59)), _read(minute, 0, 59)
        self._hours, self._months = _read(hour, 0, 23), _read(month, 1, 12, _MONTHS)
        self._last = day == "l"
        self._days = set[int]() if self._last else _read(day, 1, 31)
        self._weekdays = {each % 7 for each in _read(weekday, 0, 7, _DAYS)}
        self._either = not day.startswith("*") and not weekday.startswith("*")

    def named(self, wall: datetime) -> list[datetime]:
        """Times of the half hour that begins then."""
        if wall.hour not in self._hours or wall.month not in self._months or not self._day(wall):
            return []
        return [
            wall.replace(minute=minute, second=second)
            for minute in range(wall.minute, wall.minute + 30)
            if minute in self._minutes
            for second in self._seconds
        ]

    def names(self, wall: datetime) -> bool:
        return (
            wall.hour in self._hours
            and wall.minute in self._minutes
            and wall.second in self._seconds
            and wall.month in self._months
            and self._day(wall)
        )

    def _day(self, wall: datetime) -> bool:
        of_month = (wall + timedelta(days=1)).day == 1 if self._last else wall.day in self._days
        of_week = wall.isoweekday() % 7 in self._weekdays
        return of_month or of_week if self._either else of_month and of_week


def _read(field: str, low: int, high: int, names: list[str] | None = None) -> set[int]:
    found = set[int]()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first, low, names)
        end = high if first == "*" or (step and not last) else _number(last or first, low, names)
        end += 7 if end < start else 0  # over the end of the week
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _number(text: str, low: int, names: list[str] | None) -> int:
    return names.index(text) + low if names and text in names else int(text)
