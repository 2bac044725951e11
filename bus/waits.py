"""Who waits for whom, so that a cycle of waiting actors is refused before it forms (G7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.envelope import Envelope, Holder

if TYPE_CHECKING:
    from collections.abc import Iterator


class Waits:
    """What running code waits for.

    A message in hand is waited for through its own handler, one that is queued through whatever holds up its lane.
    So a handler that runs beside others is part of a cycle only if the cycle goes through its own message.
    """

    def __init__(self) -> None:
        self._awaited: dict[Holder, list[Envelope]] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._awaited

    def add(self, waiter: Holder, envelope: Envelope) -> None:
        """Note that `waiter` goes on only after `envelope`."""
        self._awaited.setdefault(waiter, []).append(envelope)

    def remove(self, waiter: Holder, envelope: Envelope) -> None:
        awaited = self._awaited[waiter]
        awaited.remove(envelope)
        if not awaited:
            del self._awaited[waiter]

    def path(self, waiter: Holder, envelope: Envelope) -> tuple[str, ...] | None:
        """The cycle that `waiter` waiting for `envelope` would close, as names of actors, or None."""
        first = _in_the_way(envelope)
        if first is None or (first is not waiter and first not in self._awaited):
            return None
        reached_from = {first: waiter}
        unseen = [first]
        while unseen:
            at = unseen.pop()
            if at is waiter:
                return _names(reached_from, waiter)
            for nearer in self._next(at):
                if nearer not in reached_from:
                    reached_from[nearer] = at
                    unseen.append(nearer)
        return None

    def _next(self, at: Holder) -> Iterator[Holder]:
        for envelope in self._awaited.get(at, ()):
            if _still_awaited(envelope) and (nearer := _in_the_way(envelope)) is not None:
                yield nearer


def _in_the_way(envelope: Envelope) -> Holder | None:
    """What has to come to an end before `envelope` can: its own handler, or what its lane is busy with."""
    return None if envelope.target is None else envelope.target.holder(envelope)


def _still_awaited(envelope: Envelope) -> bool:
    """Whether its sender is not about to go on already."""
    if envelope.reply is not None:
        return not envelope.reply.over
    return envelope.target is not None and envelope.target.mailbox.is_waiting(envelope)


def _names(reached_from: dict[Holder, Holder], waiter: Holder) -> tuple[str, ...]:
    trail = [waiter, reached_from[waiter]]
    while trail[-1] is not waiter:
        trail.append(reached_from[trail[-1]])
    return tuple(each.to if isinstance(each, Envelope) else each.name for each in reversed(trail))
