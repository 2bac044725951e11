"""The settings in force, by their class. The settings actor replaces them; everybody else reads."""

from collections.abc import Mapping
from typing import TypeVar, cast, final

T = TypeVar("T")


@final
class Current:
    """Frozen values, exchanged as a whole: who reads one once a request or a turn never sees half a change."""

    def __init__(self, values: Mapping[type, object]) -> None:
        self._values = dict(values)
        self._fresh: set[type] = set()
        self._at_start = self._values

    def of(self, kind: type[T]) -> T:
        """The settings of this class. Raises KeyError for a class that no subsystem of the tree names."""
        return cast("T", self._values[kind])

    def all(self) -> Mapping[type, object]:
        """Those of every class, as they are now."""
        return self._values

    def at_start(self) -> Mapping[type, object]:
        """Those of every class that were taken first: what counts at the start only is still as they say."""
        return self._at_start

    def replace(self, values: Mapping[type, object]) -> frozenset[type]:
        """Put `values` in force; the classes whose settings are others than those that were taken, until they are."""
        self._fresh |= {kind for kind, value in values.items() if self._values.get(kind) != value}
        self._values = dict(values)
        return frozenset(self._fresh)

    def taken(self) -> None:
        """Everybody goes by what is in force."""
        self._at_start = self._at_start or self._values
        self._fresh.clear()
