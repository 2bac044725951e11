"""What a hook requires of the machine, and whether it is there. Pure: what there is the caller tells."""

from collections.abc import Callable, Mapping
from typing import Any, Final, final

import attrs

from bus import Data

SYSTEMS: Final[Mapping[str, str]] = {"darwin": "macos", "linux": "linux", "win32": "windows"}
"""What the systems are called here, by what Python calls them."""


@final
@attrs.frozen(kw_only=True)
class Requires(Data):
    """What must be there for a hook to be called."""

    bins: tuple[str, ...] = ()
    """Programs, all of them."""
    any_bins: tuple[str, ...] = ()
    """Programs, one of them."""
    env: tuple[str, ...] = ()
    """Variables that say something. A command is given these and no other secret."""
    os: tuple[str, ...] = ()
    """Systems, one of them: ``macos``, ``linux``, ``windows``."""

    def fields(self) -> dict[str, Any]:
        """As they stand in a manifest; what is empty is left out."""
        return {name: list(value) for name, value in attrs.asdict(self).items() if value}


NOTHING: Final = Requires()


@final
@attrs.frozen(kw_only=True)
class Machine(Data):
    """What there is."""

    has: Callable[[str], bool]
    """Whether a program can be found."""
    environment: Mapping[str, str] = attrs.field(repr=False)
    system: str


def missing(requires: Requires, machine: Machine) -> str | None:
    """The first thing that is missing, as a sentence without its full stop; None where nothing is."""
    for name in requires.bins:
        if not machine.has(name):
            return f"there is no program {name}"
    if requires.any_bins and not any(map(machine.has, requires.any_bins)):
        return f"there is none of the programs {', '.join(requires.any_bins)}"
    for name in requires.env:
        if not machine.environment.get(name, "").strip():
            return f"the variable {name} is not set"
    if requires.os and machine.system not in requires.os:
        return f"this is {machine.system}, and it is for {', '.join(requires.os)}"
    return None
