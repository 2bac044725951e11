"""Settings of the persona: what the agent is called, and which time it goes by."""

from typing import Any, Final, final
from unicodedata import category
from zoneinfo import ZoneInfo

import attrs
from attrs.validators import optional

from bus import Data

LONGEST_NAME: Final = 100
"""Characters of a name."""
_JOINERS: Final = "\u200c\u200d"
"""Invisible characters that letters of some scripts and many emoji are made with."""


def check_name(name: str) -> None:
    """Raise ValueError, saying what a name must be, for one that cannot be shown on a line of its own."""
    if not name.strip():
        raise ValueError("must not be empty")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"must have {LONGEST_NAME} characters at most, not {len(name)}")
    hidden = [
        char for char in name if category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in _JOINERS
    ]
    if hidden:
        raise ValueError(f"must not hold control characters such as U+{ord(hidden[0]):04X}")


def is_name(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    """:func:`check_name` as a validator."""
    check_name(value)


def _is_zone(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be an IANA time zone such as Europe/Vienna") from error


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    agent_name: str = attrs.field(default="Aster", validator=is_name)
    """Name shown to people and told to the model."""
    timezone: str | None = attrs.field(default=None, validator=optional(_is_zone))
    """IANA zone of the dates told to the model; None takes the system's, else UTC."""

    @property
    def zone(self) -> ZoneInfo | None:
        """None is the system's."""
        return None if self.timezone is None else ZoneInfo(self.timezone)
