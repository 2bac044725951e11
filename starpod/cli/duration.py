"""Lengths of time as people write them: 90s, 30m, 1h30m, 2d. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART: Final = re.compile(f"([0-9]{{1,9}})([{''.join(_UNITS)}])")
_WHOLE: Final = re.compile(f"(?:{_PART.pattern})+")
_BARE: Final = re.compile("[0-9]{1,9}")


def seconds(text: str, *, bare: bool = False) -> int:
    """A length of time in seconds; `bare` takes a number without a unit as that many.

    Raises ValueError with a sentence for people.
    """
    written = text.strip().lower()
    if bare and _BARE.fullmatch(written):
        return int(written)
    if not _WHOLE.fullmatch(written):
        raise ValueError(f"{text!r} is no length of time: write 90s, 30m, 2h, 1d, or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(written))
