"""When somebody is told: not while they are muted, later in their quiet hours. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs

from actors.notify.messages import Preferences


def current(preferences: Preferences, now: datetime) -> Preferences:
    """The preferences as they are now: a mute that is over is none."""
    until = preferences.muted_until
    if until is None or now < until:
        return preferences
    return attrs.evolve(preferences, muted=False, muted_until=None)


def not_before(preferences: Preferences, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet hours, if it is in them; in UTC.

    They begin and end by the clock on the wall. Where that is set back over their end, they end the first time; where
    it is set on over it, as long after as it is set on.
    """
    if preferences.quiet_from is None or preferences.quiet_to is None:
        return None
    begin, end = time.fromisoformat(preferences.quiet_from), time.fromisoformat(preferences.quiet_to)
    here = now.astimezone(zone)
    wall = here.time()
    over_midnight = end < begin
    is_quiet = wall >= begin or wall < end if over_midnight else begin <= wall < end
    if not is_quiet:
        return None
    day = here.date() if wall < end else here.date() + timedelta(days=1)
    return _next(day, end, zone, now)


def _next(day: date, wall: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The first instant after `now` at which a wall shows that time of that day."""
    named = datetime.combine(day, wall, zone)
    first = named.astimezone(UTC)
    return first if first > now else named.replace(fold=1).astimezone(UTC)
