"""A subsystem as a value: what the tree needs to know of it to start it and to connect it with the others.

A new one is a folder and one entry of the list in ``starpod/tree.py``::

    Subsystem("visits", VisitsActor, front=visits, settings=Settings)

Its tools and what it adds to the system prompt follow from the decorated requests of its front door, its keys in the
files from its settings.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, TypeVar, cast, final

import attrs

from actors.context import SOURCE, ContextSource, context_of
from actors.endpoints import ENDPOINT, Endpoint, endpoints_of
from actors.tooling import TOOL
from bus import Actor, Child, Data, Pool, Request

SettingsT = TypeVar("SettingsT")

OPENING: Final = 3600.0
"""Seconds that actors with a database have to start: a large one is checked and copied before its schema changes."""


@attrs.frozen(kw_only=True)
class Given(Data):
    """What every subsystem is given when it is built: where it may keep something, and what it may read."""

    data: Path
    """The folder of the agent that its owner and its subsystems write to, never its tools."""
    home: Path
    """The folder that the agent's tools may see."""
    environment: Mapping[str, str] = attrs.field(repr=False)
    """Variables for providers and tools, secrets among them; not the environment of the process."""
    settings_of: Callable[[type[Any]], Any]
    """The settings in force, by their class."""

    def settings(self, kind: type[SettingsT]) -> Callable[[], SettingsT]:
        """What gives the settings of this class, as they are whenever it is called."""
        return cast("Callable[[], SettingsT]", partial(self.settings_of, kind))

    def database(self, name: str) -> Path:
        """The file of a subsystem's database."""
        return self.data / "db" / f"{name}.db"


def _unchecked(_settings: Any, _given: Given) -> Iterable[str]:
    return ()


@final
@attrs.frozen
class Subsystem(Data):
    """One subsystem of the daemon."""

    name: str
    actors: type[Actor] | Callable[[Any], Iterable[Child | Pool]]
    """An actor whose constructor takes :class:`Given`; where that does not do, a function of it that gives children."""
    front: ModuleType | None = attrs.field(default=None, kw_only=True)
    """Its front door: the module, or the package, of its messages."""
    settings: type[Any] | None = attrs.field(default=None, kw_only=True)
    keys: Mapping[str, str] = attrs.field(factory=dict[str, str], kw_only=True)
    """Keys of the settings' fields in the files where they are not the fields' names."""
    read: Callable[[Any], Any] | None = attrs.field(default=None, kw_only=True)
    """Takes the settings from the document (a ``binding.Table``) where that is more than binding the class."""
    check: Callable[[Any, Given], Iterable[str]] = attrs.field(default=_unchecked, kw_only=True)
    """What keeps settings from being used although each value is right by itself; one sentence each."""
    changes: Literal["live", "restart"] = attrs.field(default="live", kw_only=True)
    """How a change of the settings is taken: its actors look at what is in force when they need it, or start anew."""
    fixed: frozenset[str] = attrs.field(default=frozenset(), kw_only=True)
    """Keys of the files that count only once the whole agent is started anew."""
    guarded: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    """Keys of the files that only the operator may change, as they decide where keys and conversations go; ``*`` stands
    for a name."""
    migrations: Path | None = attrs.field(default=None, kw_only=True)
    """The numbered migrations of its database, if it has one under its own name."""

    def children(self, given: Given) -> tuple[Child | Pool, ...]:
        """The nodes of the tree that are this subsystem."""
        if isinstance(self.actors, type):
            children: Iterable[Child | Pool] = (Child(self.name, partial(cast("Any", self.actors), given)),)
        else:
            children = self.actors(given)
        return tuple(children if self.migrations is None else map(_opening, children))

    def tools(self) -> Iterator[type[Request[Any]]]:
        """The requests of the front door that a model may send, in the order in which they are written there."""
        return (kind for kind in self._classes() if TOOL in vars(kind))

    def context(self) -> Iterator[ContextSource]:
        """What the front door contributes to the system prompt, likewise."""
        return (context_of(kind) for kind in self._classes() if SOURCE in vars(kind))

    def endpoints(self) -> Iterator[Endpoint]:
        """What the front door offers over HTTP, likewise."""
        for kind in self._classes():
            if ENDPOINT in vars(kind):
                yield from endpoints_of(kind)

    def _classes(self) -> Iterator[type[Any]]:
        """What the front door defines, not what it has from others."""
        if self.front is None:
            return
        inside = self.front.__name__
        for found in vars(self.front).values():
            if isinstance(found, type) and f"{found.__module__}.".startswith(f"{inside}."):
                yield found


def _opening(child: Child | Pool) -> Child | Pool:
    """The same with time to open a database."""
    return attrs.evolve(child, limits=attrs.evolve(child.limits, start_within=OPENING))
