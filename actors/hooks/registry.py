"""Which hooks there are for each event, in the order in which they are called. Pure.

Subsystems of the program offer functions of their own::

    Registry({"PostToolUse": (Group(event="PostToolUse", name="count", matcher="^Bash$", callbacks=(count,)),)})
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

import attrs

from actors.hooks.discovery import Discovered
from actors.hooks.eligibility import NOTHING, Requires
from actors.hooks.manifest import BadManifest, Manifest, compiled
from actors.hooks.messages import OF_TOOLS, EventName
from bus import Data

if TYPE_CHECKING:
    from actors.hooks.output import Output


@final
@attrs.frozen(kw_only=True)
class Answer(Data):
    """What a command hook has said, with what it wrote beside that."""

    output: "Output"
    stderr: str = ""


Callback: TypeAlias = (
    "Callable[[Mapping[str, Any], str | None], Awaitable[Output | Answer | Mapping[str, Any] | None]]"
)
"""Is told the event and the id of the call, where it is about one, and is cancelled when its time is over.

It answers with an object as in :mod:`actors.hooks.output`, or nothing; what it raises counts as its failure.
"""


def _pattern(group: "Group") -> Any:
    try:
        return None if group.matcher is None else compiled(group.matcher)
    except BadManifest:
        return None


@final
@attrs.frozen(kw_only=True)
class Group(Data):
    """Functions that are called together, one after the other."""

    event: EventName
    callbacks: tuple[Callback, ...] = attrs.field(default=(), repr=False)
    name: str | None = None
    """Counts failures under it; None: they are not counted."""
    matcher: str | None = None
    timeout: float | None = None
    """Seconds for each of them; None: as configured."""
    requires: Requires = NOTHING
    manifest: Manifest | None = None
    """Where it comes from; None: from the program."""
    path: str = ""
    _pattern: Any = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_pattern, takes_self=True)
    )

    @property
    def required(self) -> bool:
        """Whether its failure stands in the way."""
        return self.manifest is not None and self.manifest.required

    @property
    def problem(self) -> str | None:
        """Why it never matches, if that is so."""
        broken = self.matcher is not None and self._pattern is None
        return f"the matcher {self.matcher!r} is no regular expression" if broken else None

    def matches(self, tool: str) -> bool:
        """Whether it is for an event about this tool; of other events everything is."""
        if self.matcher is None or self.event not in OF_TOOLS:
            return True
        return self._pattern is not None and self._pattern.search(tool) is not None


@final
class Registry:
    """The groups of each event, in order."""

    def __init__(self, groups: Mapping[EventName, Sequence[Group]] | None = None) -> None:
        self._groups: dict[EventName, tuple[Group, ...]] = {
            event: tuple(found) for event, found in (groups or {}).items() if found
        }

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __iter__(self) -> Iterator[Group]:
        return (group for found in self._groups.values() for group in found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registry) and other.groups == self.groups

    __hash__ = None  # type: ignore[assignment] # it is compared and never a key

    @property
    def groups(self) -> Mapping[EventName, tuple[Group, ...]]:
        """All of them, by event."""
        return self._groups

    def registered(self, event: EventName, groups: Sequence[Group]) -> "Registry":
        """The same with these instead of what there was for an event."""
        return Registry({**self._groups, event: tuple(groups)})

    def merged(self, other: "Registry") -> "Registry":
        """The same with those of another one behind its own."""
        events = dict.fromkeys((*self._groups, *other.groups))
        return Registry({event: (*self.of(event), *other.of(event)) for event in events})

    def of(self, event: EventName) -> tuple[Group, ...]:
        """Those of an event."""
        return self._groups.get(event, ())

    def matching(self, event: EventName, tool: str = "") -> tuple[Group, ...]:
        """Those to be called for an event about a tool, or about none."""
        return tuple(group for group in self.of(event) if group.matches(tool))


EMPTY: Final = Registry()


def of_manifests(found: Iterable[Discovered], callback: Callable[[Discovered], Callback]) -> Registry:
    """One group for each manifest that says a command, in their order. `callback` makes what runs it."""
    groups: dict[EventName, list[Group]] = {}
    for each in found:
        written = each.manifest
        if written.command is not None:
            groups.setdefault(written.event, []).append(
                Group(
                    event=written.event,
                    callbacks=(callback(each),),
                    name=written.name,
                    matcher=written.matcher,
                    timeout=written.timeout,
                    requires=written.requires,
                    manifest=written,
                    path=str(each.path),
                )
            )
    return Registry(dict(groups))
