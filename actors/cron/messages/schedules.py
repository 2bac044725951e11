"""When a job runs."""

from typing import Annotated, Final, Literal, final

import attrs

from actors.shapes import described
from bus import Data

LONGEST_SCHEDULE: Final = 200
"""Characters of an expression or a time."""


@final
@attrs.frozen(kw_only=True)
class Interval(Data):
    """Again and again, counted from when the job was made."""

    kind: Literal["interval"] = "interval"
    every_ms: Annotated[int, described("interval: milliseconds between two runs.", ge=1)]


@final
@attrs.frozen(kw_only=True)
class CronExpression(Data):
    """By the clock on the wall of the job's time zone."""

    kind: Literal["cron"] = "cron"
    expr: Annotated[
        str,
        described(
            "cron: five fields, or six with the seconds in front, or @hourly, @daily, @weekly, @monthly, @yearly.",
            max_length=LONGEST_SCHEDULE,
        ),
    ]


@final
@attrs.frozen(kw_only=True)
class OneShot(Data):
    """Once."""

    kind: Literal["one_shot"] = "one_shot"
    at: Annotated[
        str,
        described(
            "one_shot: 2030-06-15T23:00:00, in the time zone of the job where there is no offset.",
            max_length=LONGEST_SCHEDULE,
        ),
    ]


Schedule = Interval | CronExpression | OneShot
