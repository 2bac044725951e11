"""From times on the wall of a zone to instants, over the changes of its clock. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from actors.cron.expression import Expression

FIRST: Final = datetime(2, 1, 2, tzinfo=UTC)
LAST: Final = datetime(9998, 12, 30, tzinfo=UTC)
"""Between these an instant has a time on every wall; what is outside has no schedule."""
_SECOND: Final = timedelta(seconds=1)
_NEAR: Final = timedelta(days=7)
"""No zone changes its clock twice within it."""


def within(instant: datetime) -> datetime:
    """The nearest that the calendar of schedules has."""
    return min(max(instant, FIRST), LAST)


def upwards(expression: Expression, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every instant after one of the calendar, in their order; aware UTC.

    Where the clock is set on, times that it leaves out come once, at the first instant after; if the expression's hour
    begins with ``*``, not at all. Where it is set back, the times of the repeated hour come twice if the expression's
    hour, minute or second begins with ``*``, and otherwise the first time only.
    """
    walls = expression.walls()
    at = after.astimezone(UTC).replace(microsecond=0)
    wall = _wall(zone, at)
    while (named := walls.beyond(wall)) is not None:
        candidate = (named - _offset(zone, at)).replace(tzinfo=UTC)
        if candidate > LAST:
            return
        change = _change(zone, at, candidate)
        if change is None:
            if expression.repeats or not candidate.astimezone(zone).fold:
                yield candidate
            at, wall = candidate, named
            continue
        at = change
        wall = _wall(zone, change)
        if named < wall and not expression.any_hour:
            yield change
        else:
            wall -= _SECOND


def downwards(expression: Expression, zone: ZoneInfo, last: datetime) -> Iterator[datetime]:
    """The instants of `upwards` up to and with `last`, from the latest to the earliest."""
    walls = expression.walls(backwards=True)
    at = last.astimezone(UTC).replace(microsecond=0)
    wall = _wall(zone, at) + _SECOND
    given: datetime | None = None
    while (named := walls.beyond(wall)) is not None:
        candidate = (named - _offset(zone, at)).replace(tzinfo=UTC)
        change = _change(zone, at, candidate)
        if change is None:
            if expression.repeats or not candidate.astimezone(zone).fold:
                yield (given := candidate)
            at, wall = candidate, named
            continue
        at = change - _SECOND
        wall = _wall(zone, at) + _SECOND
        left_out = wall <= named < _wall(zone, change)
        if left_out and not expression.any_hour and given != change:
            yield change


def _wall(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, near: datetime, far: datetime) -> datetime | None:
    """The first second of another offset from UTC between two instants, of several the one nearest to `near`."""
    offset = _offset(zone, near)
    step = _NEAR if near < far else -_NEAR
    while near != far:
        probe = far if abs(far - near) < _NEAR else near + step
        if _offset(zone, probe) != offset:
            return _bisected(zone, min(near, probe), max(near, probe))
        near = probe
    return None


def _bisected(zone: ZoneInfo, before: datetime, since: datetime) -> datetime:
    offset = _offset(zone, before)
    while since - before > _SECOND:
        middle = before + (since - before) // _SECOND // 2 * _SECOND
        if _offset(zone, middle) == offset:
            before = middle
        else:
            since = middle
    return since
