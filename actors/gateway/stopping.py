"""Work that must not hold up the stop of the gateway."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import final

import trio


@final
class Stopping:
    """Knows whether the gateway stops, and cuts short what waits for something that may take long."""

    def __init__(self) -> None:
        self._scopes: set[trio.CancelScope] = set()
        self._stopping = False

    @contextmanager
    def scope(self) -> Generator[trio.CancelScope]:
        """A scope that is cancelled when the gateway stops."""
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            if self._stopping:
                scope.cancel("the gateway stops")
            try:
                yield scope
            finally:
                self._scopes.discard(scope)

    def begin(self) -> None:
        """The gateway stops."""
        self._stopping = True
        for scope in self._scopes:
            scope.cancel("the gateway stops")
