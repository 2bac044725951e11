"""A wish to stop, granted at once or as soon as what is being stored or told is stored and told. Pure."""

import math
from types import TracebackType
from typing import Protocol, final


class Scope(Protocol):
    """What is stopped; trio's cancel scope is one."""

    @property
    def deadline(self) -> float:
        """When it stops by itself, in seconds on its own clock."""
        ...

    @deadline.setter
    def deadline(self, new_deadline: float) -> None: ...

    def cancel(self, reason: str | None = None) -> None:
        """Stop at the next await; calling it again does nothing."""
        ...


@final
class Interrupt:
    """Stops the work of a turn, but never between two halves of one step.

    Used as a context manager around what must be whole: a stop that is requested inside, or due, takes effect on
    leaving. Blocks may nest and overlap between tasks.
    """

    __slots__ = ("_deadline", "_held", "_paused", "_scope", "_since", "left", "requested")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._held = 0
        self._deadline = math.inf
        self._paused = 0
        self._since = 0.0
        self.requested = False
        """Whether the turn is to end."""
        self.left = False
        """Whether it is to be gone on with when the program starts again."""

    def request(self) -> None:
        """Stop the work."""
        self.requested = True
        self._settle()

    def leave(self) -> None:
        """Stop the work as it is."""
        self.left = True
        self._settle()

    def due(self, deadline: float) -> None:
        """Stop the work by then, in seconds on the clock of the scope."""
        self._deadline = deadline
        self._settle()

    def pause(self, now: float) -> None:
        """What is due is not due any sooner while somebody is waited for, from `now` on. Pauses may overlap."""
        if not self._paused:
            self._since = now
        self._paused += 1
        self._settle()

    def go_on(self, now: float) -> float:
        """Nobody is waited for any more: how many seconds that was, 0 while somebody else still is."""
        self._paused -= 1
        if self._paused:
            return 0.0
        passed = now - self._since
        self._deadline += passed
        self._settle()
        return passed

    def paused(self, now: float) -> float:
        """For how many seconds somebody has been waited for by now; 0 while nobody is."""
        return now - self._since if self._paused else 0.0

    def __enter__(self) -> None:
        self._held += 1
        if self._deadline < math.inf:
            self._scope.deadline = math.inf

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held -= 1
        self._settle()

    def _settle(self) -> None:
        if self._held:
            return
        if self._deadline < math.inf:
            self._scope.deadline = math.inf if self._paused else self._deadline
        if self.requested:
            self._scope.cancel("the turn was cancelled")
        elif self.left:
            self._scope.cancel("the program stops")
