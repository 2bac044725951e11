"""How values are stored: times as integers, texts as SQLite takes them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
"""Far enough from the ends of the calendar for any time zone."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The other way, timezone-aware UTC; what only a damaged row can hold is the first or the last of all moments."""
    return _EPOCH + timedelta(microseconds=min(max(value, _FIRST), _LAST))


def clean(text: str) -> str:
    """The text without lone surrogates, which neither SQLite nor a provider takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """Text that names something, without what cannot be seen or would begin another line."""
    return "".join(each for each in clean(text) if each.isprintable()).strip()
