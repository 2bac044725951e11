"""Why an actor ended, and how an exception is sorted into that (G10)."""

from enum import Enum
from typing import cast

import attrs
import trio

from bus.message.data import Data
from bus.message.errors import ActorError, DeliveryError, Unavailable


class ExitKind(Enum):
    STOPPED = "stopped"
    """Its supervisor asked it to stop."""
    CRASHED = "crashed"
    OUTAGE = "outage"
    """The world is missing something it needs; not a bug."""
    START_FAILED = "start_failed"
    START_TIMEOUT = "start_timeout"
    REFUSED = "refused"
    """``start()`` of a pooled actor raised a domain error: there can be no actor for this key. Not a crash."""
    FORCED = "forced"
    """It did not stop in time and its clean-up was cut short."""
    RESTART_LIMIT = "restart_limit"


@attrs.frozen
class Exit(Data):
    kind: ExitKind
    error: BaseException | None = None
    detail: str = ""
    """What it was doing, for people."""
    refund: int = 0
    """Crashes to take out of the restart budget: their message is quarantined (G11)."""

    def __str__(self) -> str:
        parts = [self.kind.value]
        if self.detail:
            parts.append(self.detail)
        if (
            self.error is not None
            and (cause := f"{type(self.error).__name__}: {self.error}") not in self.detail
        ):
            parts.append(cause)
        return ": ".join(parts)


STOPPED = Exit(ExitKind.STOPPED)


class FaultKind(Enum):
    """What an exception that left a handler means."""

    CANCELLED = "cancelled"
    DOMAIN = "domain"
    """An error for whoever asked; the actor is sound."""
    BUG = "bug"


def leaves(error: BaseException) -> list[BaseException]:
    """The exceptions of a group, at any depth; the exception itself when it is none."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return [leaf for member in group.exceptions for leaf in leaves(member)]
    return [error]


def sort_fault(error: BaseException) -> tuple[FaultKind, BaseException]:
    """Say what an exception means and return the one to report: a lone member of a group, unwrapped.

    Cancellation mixed with an error is a bug in the handler. A failed delivery that a handler lets through is the
    failure of whom it asked, hence an error for its own asker and no bug. Anything that is neither an Exception
    nor a cancellation (an interrupt from the keyboard) is raised again.
    """
    found = leaves(error)
    cancelled = [leaf for leaf in found if isinstance(leaf, trio.Cancelled)]
    others = [leaf for leaf in found if not isinstance(leaf, trio.Cancelled)]
    if not others:
        return FaultKind.CANCELLED, error
    for leaf in others:
        if not isinstance(leaf, Exception):
            raise leaf
    if not cancelled and all(isinstance(leaf, ActorError | DeliveryError) for leaf in others):
        return FaultKind.DOMAIN, others[0]
    return FaultKind.BUG, others[0] if len(others) == 1 else error


def exit_for(error: BaseException) -> Exit:
    """The exit of an actor whose ``start()`` or spawned task raised `error` (not a cancellation)."""
    kind, reported = sort_fault(error)
    if kind is FaultKind.DOMAIN and isinstance(reported, Unavailable):
        return Exit(ExitKind.OUTAGE, reported)
    return Exit(ExitKind.CRASHED, reported)
