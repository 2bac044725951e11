"""Time zones by their IANA names. Pure but for `host_zone`."""

from datetime import tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzlocal

from actors.vocabulary import quoted


class UnknownZone(ValueError):
    """There is no time zone of that name."""


def zone_of(name: str) -> ZoneInfo:
    """Raises UnknownZone for what is no zone of the IANA database.

    Names that only some machines have, such as ``localtime`` and ``right/Europe/Rome``, are none: browsers refuse them.
    """
    if name not in _zones():
        raise UnknownZone(f"there is no time zone {quoted(name)}; one is Europe/Rome, another UTC")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {"Factory"}


def name_of(zone: tzinfo | None) -> str:
    """IANA name of a zone; None is that of this machine."""
    return host_zone() if zone is None else str(zone)


def host_zone() -> str:
    """IANA name of the zone that this machine is set to; UTC where that cannot be known."""
    try:
        return zone_of(tzlocal.get_localzone_name()).key
    except (LookupError, ValueError, TypeError):  # settings that contradict each other, no such zone, no name
        return "UTC"
