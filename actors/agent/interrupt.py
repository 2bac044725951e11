"""A wish to stop, granted at once or as soon as what is being stored or told is stored and told. Pure."""

from collections.abc import Callable
from types import TracebackType
from typing import final


@final
class Interrupt:
    """Stops the work of a turn, but never between two halves of one step.

    Used as a context manager around what must be whole: a stop that is requested inside takes effect on leaving.
    Blocks may nest and overlap between tasks.
    """

    __slots__ = ("_cancel", "_held", "requested")

    def __init__(self, cancel: Callable[[], None]) -> None:
        """`cancel` stops the work at its next await; calling it again does nothing."""
        self._cancel = cancel
        self._held = 0
        self.requested = False

    def request(self) -> None:
        """Stop the work."""
        self.requested = True
        if not self._held:
            self._cancel()

    def __enter__(self) -> None:
        self._held += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held -= 1
        if self.requested and not self._held:
            self._cancel()
