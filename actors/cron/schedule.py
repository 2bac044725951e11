"""When a job runs: its schedule checked, its instants, and what it is in words. Pure.

Instants are whole seconds, aware, in UTC, and come from the schedule alone: nothing here remembers what ran. How an
expression reads is told in `expression`, what it does where clocks change in `walltime`.
"""

import calendar
import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from actors import zones
from actors.cron.expression import BadSchedule, Expression
from actors.cron.messages.schedules import CronExpression, Interval, OneShot, Schedule
from actors.cron.walltime import FIRST, LAST, downwards, upwards, within
from actors.vocabulary import quoted

__all__ = ["BadSchedule", "between", "check", "following", "words", "zone_of"]

_SECOND: Final = timedelta(seconds=1)
_CENTURY_MS: Final = 36525 * 86_400_000
_SAMPLE: Final = 200
"""Instants between which the smallest gap is sought."""
_YEAR: Final = timedelta(days=366)
_UNITS: Final = (
    ("week", 604_800_000),
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1000),
)
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    _DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?",
    re.IGNORECASE,
)


def zone_of(name: str) -> ZoneInfo:
    """Raises BadSchedule for what is no zone of the IANA database."""
    try:
        return zones.zone_of(name)
    except zones.UnknownZone as error:
        raise BadSchedule(str(error)) from error


def check(schedule: Schedule, zone: str, *, anchor: datetime, now: datetime, least: float) -> None:
    """Raises BadSchedule: it cannot be read, never comes, or comes more often than every `least` seconds.

    Of expressions the gap is measured on the wall: changes of the clock make none too small.
    """
    now = within(now)
    if following(schedule, zone, anchor, now) is None:
        raise BadSchedule(_never(schedule))
    gap = _gap(schedule, now)
    if gap < least:
        raise BadSchedule(
            f"it would run again after {_seconds(gap)}; at least {_seconds(least)} are required"
        )


def following(schedule: Schedule, zone: str, anchor: datetime, after: datetime) -> datetime | None:
    """The first instant after `after`; None if there is none before the calendar ends.

    Args:
      anchor: what intervals count from; the first instant is one interval later.

    Raises:
      BadSchedule: the schedule or the zone cannot be read.
    """
    local = zone_of(zone)
    after = within(after)
    match schedule:
        case Interval():
            every = _every(schedule)
            number = max(1, _number(anchor, every, _floor(after) + _SECOND))
            return _nth(anchor, every, number) if number * every < LAST - anchor else None
        case CronExpression():
            return next(upwards(_read(schedule.expr), local, after), None)
        case OneShot():
            once = _once(schedule, local)
            return once if once > after else None


def between(
    schedule: Schedule, zone: str, anchor: datetime, first: datetime, last: datetime, most: int
) -> list[datetime]:
    """The instants from `first` to `last`, both included, in their order; the latest `most` if there are more.

    Raises:
      BadSchedule: as `following`.
    """
    local = zone_of(zone)
    first, last = max(first, FIRST), min(last, LAST)
    if first > last:
        return []
    match schedule:
        case Interval():
            every = _every(schedule)
            end = _number(anchor, every, _floor(last) + _SECOND)
            start = max(1, _number(anchor, every, _ceiling(first)), end - most)
            return [_nth(anchor, every, number) for number in range(start, end)]
        case CronExpression():
            late = takewhile(first.__le__, downwards(_read(schedule.expr), local, last))
            return list(islice(late, max(0, most)))[::-1]
        case OneShot():
            once = _once(schedule, local)
            return [once][:most] if first <= once <= last else []


def words(schedule: Schedule, zone: str) -> str:
    """What a schedule is in plain English, as a part of a sentence.

    Raises:
      BadSchedule: as `following`.
    """
    local = zone_of(zone)
    match schedule:
        case Interval():
            ms = _every(schedule) // timedelta(milliseconds=1)
            name, unit = next((unit for unit in _UNITS if ms % unit[1] == 0), _UNITS[-1])
            return f"every {name}" if ms == unit else f"every {ms / unit:.12g} {name}s"
        case CronExpression():
            return _read(schedule.expr).words()
        case OneShot():
            once = _once(schedule, local).astimezone(local)
            time = f"{once:%H:%M:%S}" if once.second else f"{once:%H:%M}"
            return f"once, {once.day} {calendar.month_name[once.month]} {once.year}, {time}"


_read = lru_cache(maxsize=256)(Expression)
"""A reading takes several times as long as the search for the next instant."""


def _never(schedule: Schedule) -> str:
    match schedule:
        case OneShot():
            return f"{quoted(schedule.at)} is in the past"
        case CronExpression():
            return f"no day that ever comes is in {quoted(schedule.expr)}"
        case Interval():
            return "the calendar ends before it comes"


def _gap(schedule: Schedule, now: datetime) -> float:
    """The smallest number of seconds between two instants."""
    match schedule:
        case OneShot():
            return math.inf
        case Interval():
            return schedule.every_ms / 1000
        case CronExpression():
            coming = upwards(_read(schedule.expr), ZoneInfo("UTC"), now)
            near = takewhile(lambda instant: instant - now < _YEAR, islice(coming, _SAMPLE))
            return min(((later - one).total_seconds() for one, later in pairwise(near)), default=math.inf)


def _seconds(number: float) -> str:
    return f"{number:.12g} second{'' if number == 1 else 's'}"


def _every(schedule: Interval) -> timedelta:
    if not 1000 <= schedule.every_ms <= _CENTURY_MS:
        raise BadSchedule(
            f"an interval is from 1000 milliseconds (a second) to {_CENTURY_MS} (a hundred years)"
        )
    return timedelta(milliseconds=schedule.every_ms)


def _number(anchor: datetime, every: timedelta, start: datetime) -> int:
    """Of the first instant of an interval that is not before a whole second."""
    return -((anchor - start) // every)


def _nth(anchor: datetime, every: timedelta, number: int) -> datetime:
    return _floor(anchor + number * every)


def _once(schedule: OneShot, local: ZoneInfo) -> datetime:
    text = schedule.at.strip()
    if _DATE.fullmatch(text):
        raise BadSchedule(f"{quoted(text)} has no time of day: write {text}T09:00, for instance")
    if not _TIME.fullmatch(text):
        raise BadSchedule(
            f"{quoted(text)} is no time: write 2030-06-15T23:00, and an offset such as +02:00 if need be"
        )
    try:
        said = datetime.fromisoformat(text.upper())
        once = (said if said.tzinfo else said.replace(tzinfo=local)).astimezone(UTC)
        shown = once.astimezone(local)
    except (ValueError, OverflowError) as error:
        raise BadSchedule(f"{quoted(text)} is no time: {error}") from error
    if said.tzinfo is None and shown.replace(tzinfo=None) != said:
        raise BadSchedule(f"{quoted(text)} does not exist in {local.key}: the clock is set on past it")
    if once != within(once):
        raise BadSchedule(f"{quoted(text)} is outside of the calendar")
    return _floor(once)


def _floor(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _ceiling(instant: datetime) -> datetime:
    floor = _floor(instant)
    return floor if floor == instant else floor + _SECOND
