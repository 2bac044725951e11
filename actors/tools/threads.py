"""Threads for work on the file system, which may take long or, on a disk that does not answer, for ever."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar, final

import outcome
import trio

from actors.tools.messages import FileSystemRefused
from actors.tools.paths import GoOn
from bus import in_thread

T = TypeVar("T")

AT_MOST: Final = 128
"""Pieces of work in threads at once, those included for which nobody waits any more."""
LONGEST: Final = 60.0
"""Seconds after which nobody waits for a piece of work any more."""


@final
class Threads:
    """Runs pieces of work in threads, none of which can hold up whoever waits for it.

    Work is told to stop when its caller is cancelled or it has taken LONGEST. A thread that the system holds does not
    hear that: it is left behind, hinders neither the next work nor the end of the process, and counts until it ends.
    """

    def __init__(self, *, longest: float = LONGEST, at_most: int = AT_MOST) -> None:
        self._longest = longest
        self._places = threading.BoundedSemaphore(at_most)

    async def run(self, work: Callable[[GoOn], T], path: str) -> T:
        """Do a piece of work on `path`. Raises what it raises, or FileSystemRefused when it takes too long."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if not self._places.acquire(blocking=False):
            raise FileSystemRefused(
                path=path, reason="the disk does not answer; too much waits for it already"
            )
        with trio.move_on_after(self._longest):
            return (await self._started(work, path)).unwrap()
        raise FileSystemRefused(path=path, reason=f"it took longer than {self._longest:g} s")

    async def _started(self, work: Callable[[GoOn], T], path: str) -> outcome.Outcome[T]:
        def main() -> outcome.Outcome[T]:
            try:
                return outcome.capture(work, trio.from_thread.check_cancelled)
            finally:
                self._places.release()

        try:
            own = trio.CapacityLimiter(
                1
            )  # the shared one would run out with the first forty that are left behind
            return await trio.to_thread.run_sync(in_thread(main), abandon_on_cancel=True, limiter=own)
        except RuntimeError as error:  # main itself raises nothing
            self._places.release()
            raise FileSystemRefused(path=path, reason=f"no thread could be started: {error}") from error
