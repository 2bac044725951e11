"""A cron expression: its text checked field by field, and the wall times it names. Pure."""

import calendar
import re
from copy import copy
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Final, final

from cronsim.cronsim import CronSim, CronSimError, Field

from actors.cron.messages.schedules import LONGEST_SCHEDULE
from actors.vocabulary import quoted


class BadSchedule(ValueError):
    """A schedule cannot be read, or cannot be kept. The text is a sentence for people."""


_ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS: Final = {
    Field.SECOND: ("second", "0 to 59", 59),
    Field.MINUTE: ("minute", "0 to 59", 59),
    Field.HOUR: ("hour", "0 to 23", 23),
    Field.DAY: ("day of month", "1 to 31 or L for the last", 31),
    Field.MONTH: ("month", "1 to 12 or JAN to DEC", 12),
    Field.DOW: ("day of week", "0 to 7, where 0 and 7 are Sunday, or SUN to SAT", 7),
}
"""Name, what it may be, and the largest step."""
_SHORT: Final[dict[str, str]] = {
    **{name.upper(): name[:3].upper() for name in (*calendar.month_name[1:], *calendar.day_name)},
    "TUES": "TUE",
    "THUR": "THU",
    "THURS": "THU",
}
_NEVER: Final = datetime.min  # noqa: DTZ901 -- on a wall, of no zone
_STEP: Final = re.compile("/([0-9]+)")
_WEEK_RANGE: Final = re.compile("([0-7]|[A-Z]{3})-([0-7]|[A-Z]{3})(?:/([1-7]))?")


@final
class Expression:
    """What a cron expression says.

    Five fields, or six with the second in front; an alias such as ``@daily``; names in any case; ``?`` for ``*`` in
    the two fields of days; 0 and 7 are Sunday; ``FRI-MON`` goes over the end of the week; ``L``, ``LW``, ``5L`` and
    ``1#2`` as cronsim has them. Where day of month and day of week are both restricted, a day needs to be only one of
    them, as in cron since ever; it needs to be both if one of the fields begins with ``*``, as in ``*/2``.

    Raises:
      BadSchedule: names the field that is wrong.
    """

    def __init__(self, text: str) -> None:
        fields = _fields(text)
        rule = _rule(fields)
        self._ahead = CronSim(rule, _NEVER)
        self._back = CronSim(rule, _NEVER, reverse=True)
        second, minute, hour, day, _, weekday = fields
        self.any_hour = hour.startswith("*")
        """Hours are not named, so one that the clock leaves out is not missed."""
        self.repeats = self.any_hour or minute.startswith("*") or second.startswith("*")
        """Of an hour that the clock shows twice, both are meant."""
        self._either = not (day.startswith("*") or weekday.startswith("*"))

    def walls(self, *, backwards: bool = False) -> "Walls":
        return Walls(copy(self._back if backwards else self._ahead))

    def words(self) -> str:
        said = self._ahead.explain()
        said = said[0].lower() + said[1:]
        return said.replace(" and on ", " or on ") if self._either else said


@final
class Walls:
    """Times on the wall that an expression names, sought from anywhere in one direction.

    Remembers how far it has looked: what comes next to no time between there and the find is the same find.
    """

    def __init__(self, sim: CronSim) -> None:
        self._sim = sim
        self._from = self._found = sim.dt

    def beyond(self, wall: datetime) -> datetime | None:
        """The nearest strictly beyond a time of whole seconds; None if there is none for fifty years.

        The first and the last year of the calendar have none, so that zones have room.
        """
        if self._from <= wall < self._found or self._found < wall <= self._from:
            return self._found
        self._sim.dt = wall
        try:
            found = next(self._sim, None)
        except OverflowError:  # the calendar ends
            return None
        if found is None or found.year in {MINYEAR, MAXYEAR}:
            return None
        self._from, self._found = wall, found
        return found


def _fields(text: str) -> list[str]:
    """The six fields, as cronsim wants them."""
    if len(text) > LONGEST_SCHEDULE:
        raise BadSchedule(f"the expression has {len(text)} characters; {LONGEST_SCHEDULE} are allowed")
    alias = text.strip().lower()
    if alias.startswith("@") and alias not in _ALIASES:
        raise BadSchedule(f"there is no {quoted(text.strip())}; there are {', '.join(_ALIASES)}")
    fields = _ALIASES.get(alias, text).upper().split()
    if len(fields) == 7:
        raise BadSchedule(
            "an expression of seven fields names a year, which is not possible here: leave it out"
        )
    if len(fields) not in {5, 6}:
        raise BadSchedule(
            "an expression has five fields (minute, hour, day of month, month, day of week), or six with the second "
            f"in front; this one has {len(fields)}"
        )
    if len(fields) == 5:
        fields.insert(0, "0")
    for field in (Field.DAY, Field.DOW):
        fields[field] = "*" if fields[field] == "?" else fields[field]
    for field in (Field.MONTH, Field.DOW):
        fields[field] = re.sub("[A-Z]+", _shortened, fields[field])
    fields[Field.DOW] = ",".join(map(_over_the_weekend, fields[Field.DOW].split(",")))
    return fields


def _shortened(name: re.Match[str]) -> str:
    return _SHORT.get(name[0], name[0])


def _over_the_weekend(days: str) -> str:
    """A range of weekdays that does not go upwards, such as FRI-MON, as a list; anything else as it is."""
    if not (found := _WEEK_RANGE.fullmatch(days)):
        return days
    try:
        first, last = Field.DOW.int(found[1]), Field.DOW.int(found[2])
    except CronSimError:
        return days
    if first <= last:
        return days
    first %= 7
    last = last if last >= first else last + 7
    return ",".join(str(day % 7) for day in range(first, last + 1, int(found[3] or 1)))


def _rule(fields: list[str]) -> str:
    """The fields as one text that cronsim can read."""
    for field, text in zip(Field, fields, strict=True):
        name, _, largest = _FIELDS[field]
        if any(int(step) > largest for step in _STEP.findall(text)):
            raise BadSchedule(
                f"the {name} {quoted(text.lower())} has a step of more than {largest}: for longer ones use an interval"
            )
    rule = " ".join(fields)
    try:
        CronSim(rule, _NEVER)
    except CronSimError as error:
        raise BadSchedule(_fault(fields)) from error
    return rule


def _fault(fields: list[str]) -> str:
    for field, text in zip(Field, fields, strict=True):
        name, allowed, _ = _FIELDS[field]
        try:
            field.parse(text)
        except CronSimError:
            return (
                f"the {name} cannot be {quoted(text.lower())}: it is {allowed}; * for all, lists such as 1,3, "
                "ranges such as 1-5 that go upwards, and steps such as */2"
            )
    return f"no month of {quoted(fields[Field.MONTH].lower())} has a day {quoted(fields[Field.DAY].lower())}"
