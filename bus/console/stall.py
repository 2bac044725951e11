"""A thread that notices when the loop stands still, and says who is holding it (G15)."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

import attrs
import trio

from bus.message.data import Data
from bus.message.envelope import Envelope
from bus.message.message import wire_name
from bus.run.running import RunningActor
from bus.run.serving import Serving

_HANDLING = Serving._handle.__code__  # noqa: SLF001
"""Where handlers are called."""
_OTHER_CODE = {
    function.__code__
    for function in (RunningActor.run, RunningActor._start, RunningActor._guard, RunningActor._clean_up)  # noqa: SLF001
}
"""Where an actor's code runs that handles no message: constructor, start, background tasks, clean-up."""


@attrs.frozen(kw_only=True)
class Stall(Data):
    """The loop has not turned for some time."""

    seconds: float
    actor: str
    """Whose code is running; empty when it is nobody's."""
    message: str
    """Wire name of what it is handling; empty when it is no handler that runs."""
    where: str
    """``file:line in function`` of the innermost frame."""
    stack: str

    def __str__(self) -> str:
        who = self.actor or "code outside of any actor"
        if self.message:
            who += f" handling {self.message}"
        return f"the loop stands still for {self.seconds:.1f} s: {who}, at {self.where}"


def inspect_thread(ident: int, seconds: float) -> Stall:
    """What a thread is doing right now, as a stall of that many seconds."""
    frame = sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to see another thread
    actor, envelope = _responsible(frame)
    summary = traceback.StackSummary() if frame is None else traceback.extract_stack(frame)
    last = summary[-1] if summary else None
    return Stall(
        seconds=seconds,
        actor=actor,
        message=wire_name(type(envelope.message)) if envelope is not None else "",
        where=f"{last.filename}:{last.lineno} in {last.name}" if last else "unknown",
        stack="".join(traceback.format_list(summary)),
    )


def _waits_for_events(ident: int) -> bool:
    """Whether the loop of a thread has nothing to do: its innermost frame waits for the operating system."""
    frame = sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to see another thread
    return (
        frame is not None
        and frame.f_code.co_name == "get_events"
        and frame.f_globals["__name__"].startswith("trio._core._io")
    )


def _responsible(frame: FrameType | None) -> tuple[str, Envelope | None]:
    """The innermost actor on the stack, and the message it is handling if it is a handler that runs."""
    while frame is not None:
        if frame.f_code is _HANDLING:
            envelope: Envelope = frame.f_locals["envelope"]
            return envelope.to, envelope
        if frame.f_code in _OTHER_CODE:
            actor: RunningActor = frame.f_locals["self"]
            return actor.name, None
        frame = frame.f_back
    return "", None


class Watchdog:
    """Checks twice a second that the trio loop of the starting thread still turns.

    Args:
      report: called from the watchdog's thread, once a stall, when it lasts longer than `limit` seconds.
      limit: seconds without a turn that count as a stall.
    """

    def __init__(self, report: Callable[[Stall], None], *, limit: float = 1.0) -> None:
        self._report = report
        self._limit = limit
        self._turned = time.monotonic()
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin watching. Call inside the trio run to be watched."""
        self._turn()
        token = trio.lowlevel.current_trio_token()
        ident = threading.get_ident()
        threading.Thread(target=self._watch, args=(token, ident), name="stall-watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _turn(self) -> None:
        self._turned = time.monotonic()

    def _watch(self, token: trio.lowlevel.TrioToken, ident: int) -> None:
        reported = False
        while not self._stop.wait(min(0.5, self._limit / 2)):
            try:
                if _waits_for_events(
                    ident
                ):  # to wake a loop that has nothing to do is most of what an idle process costs
                    self._turn()
                else:
                    token.run_sync_soon(self._turn, idempotent=True)
            except trio.RunFinishedError:
                return
            seconds = time.monotonic() - self._turned
            if seconds <= self._limit:
                reported = False
            elif not reported:
                reported = True
                self._report(inspect_thread(ident, seconds))
