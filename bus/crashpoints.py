"""Named points at which a test lets the process die, as it dies when the power goes (G21).

``BUS_CRASH_AT=begin.after_commit`` kills it the first time it gets there, ``BUS_CRASH_AT=begin.after_commit:3`` the
third time; several points are separated by commas. What the process was doing it leaves as JSON in the file that
``BUS_CRASH_NOTE`` names. The variables are read once, when this module is imported: without the first one the two
functions here do nothing.
"""

import functools
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from bus.message.envelope import current

T = TypeVar("T")
P = ParamSpec("P")

VARIABLE: Final = "BUS_CRASH_AT"
NOTE: Final = "BUS_CRASH_NOTE"

Step = str | Callable[..., object]
"""What the process was doing: a name, or the function that has one."""


def _armed(text: str) -> Mapping[str, int]:
    """By name of the point, the visit that is the last. Raises ValueError for a count that is none."""
    words = (word.strip().partition(":") for word in text.split(",") if word.strip())
    return {name: int(count or 1) for name, _, count in words}


_ARMED: Final = _armed(os.environ.get(VARIABLE, ""))
_NOTE: Final = os.environ.get(NOTE, "")
_visits: Final = Counter[str]()


def crash_point(step: Step, moment: str) -> None:
    """Die at the point ``<step>.<moment>``, if it is armed."""
    if _ARMED:
        _reach(step, moment, current.get().baggage)


def crash_after(fn: Callable[P, T], moment: str) -> Callable[P, T]:
    """The function, which dies at the point ``<its name>.<moment>`` as soon as it has run, if that point is armed."""
    if not _ARMED:
        return fn
    baggage = current.get().baggage  # the thread that runs it may know of none

    @functools.wraps(fn)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        value = fn(*args, **kwargs)
        _reach(fn, moment, baggage)
        return value

    return run


def _reach(step: Step, moment: str, baggage: Mapping[str, str]) -> None:
    point = f"{step if isinstance(step, str) else getattr(step, '__name__', '')}.{moment}"
    if point in _ARMED:
        _visits[point] += 1
        if _visits[point] == _ARMED[point]:
            if _NOTE:
                Path(_NOTE).write_text(json.dumps({"point": point, **baggage}), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
