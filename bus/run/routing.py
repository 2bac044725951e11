"""Which actor owns which message (G2)."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Protocol

from bus.message.errors import BootError
from bus.message.form import faults
from bus.message.message import Event, Message, wire_name
from bus.run.address import Address
from bus.see.metrics import Metrics


def message_classes(module: ModuleType) -> list[type[Message]]:
    """The concrete message classes that a module, or one of the modules of a package that brings it along, defines."""
    classes = (kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Message))
    inside = (kind for kind in classes if f"{kind.__module__}.".startswith(f"{module.__name__}."))
    return [kind for kind in inside if "__attrs_attrs__" in vars(kind)]


class Owner(Protocol):
    """A single actor or a pool, as an address."""

    name: str

    def address_for(self, key: str | None) -> Address | None:
        """The address a message with that key goes to, made if need be; None when there is none."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Of all its actors, also those of a pool that have gone."""
        ...

    def addresses(self) -> Iterable[Address]: ...


class Routes:
    """Type to owner."""

    def __init__(self) -> None:
        self._owners: dict[type[Message], Owner] = {}
        self.direct: dict[type[Message], Address] = {}
        """The short way to owners that are single actors."""
        self._all: list[Owner] = []

    def add(self, owner: Owner, kinds: Iterable[type[Message]]) -> None:
        """Make `owner` the owner of what it handles. Raises BootError for a second owner."""
        self._all.append(owner)
        for kind in kinds:
            other = self._owners.get(kind)
            if other is not None:
                raise BootError(f"{wire_name(kind)} has two owners: {other.name!r} and {owner.name!r}")
            self._owners[kind] = owner
            if (address := owner.address_for(None)) is not None:
                self.direct[kind] = address

    def remove(self, owner: Owner) -> None:
        self._all.remove(owner)
        for kind in [kind for kind, other in self._owners.items() if other is owner]:
            del self._owners[kind]
            self.direct.pop(kind, None)

    def find(self, kind: type[Message], key: str | None) -> Address | None:
        owner = self._owners.get(kind)
        return None if owner is None else owner.address_for(key)

    def owner_name(self, kind: type[Message]) -> str | None:
        owner = self._owners.get(kind)
        return None if owner is None else owner.name

    def owners(self) -> Iterable[Owner]:
        return tuple(self._all)

    def addresses(self) -> Iterator[Address]:
        for owner in self._all:
            yield from owner.addresses()

    def named(self, name: str) -> Address | None:
        """An actor by its name."""
        return next((address for address in self.addresses() if address.name == name), None)

    def kinds(self) -> dict[type[Message], str]:
        """Every owned message class and its owner's name."""
        return {kind: owner.name for kind, owner in self._owners.items()}

    def check_complete(self) -> None:
        """Every request, stream and command beside an owned one has an owner too, and all can travel as JSON.

        "Beside" means: defined in the same module. A front door that is served in part is a mistake.
        Raises BootError naming the classes.
        """
        modules = {sys.modules[kind.__module__] for kind in self._owners}
        orphans = [
            wire_name(kind)
            for module in sorted(modules, key=lambda module: module.__name__)
            for kind in message_classes(module)
            if kind not in self._owners and not issubclass(kind, Event)
        ]
        names = [wire_name(kind) for kind in self._owners]
        twins = sorted({name for name in names if names.count(name) > 1})
        if orphans:
            raise BootError(f"nobody owns {', '.join(orphans)}")
        if twins:
            raise BootError(f"two message classes are called {', '.join(twins)}")
        unfit = [fault for kind in self._owners for fault in faults(kind)]
        if unfit:
            raise BootError("; ".join(unfit))
