"""Who waits for whom, so that a cycle of waiting actors is refused before it forms (G7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bus.message.envelope import Envelope, Waiter


class Waits:
    """What running code waits for.

    A message in hand is waited for through its own handler, one that is queued through whatever holds up its lane: of
    a class that runs beside others and as often as it may, through all of those, of which one has to end, and besides
    through an older message of the mailbox loop. So a handler that runs beside others is part of a cycle only if the
    cycle goes through its own message, or through all of them.
    """

    def __init__(self) -> None:
        self._awaited: dict[Waiter, list[Envelope]] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._awaited

    def add(self, waiter: Waiter, envelope: Envelope) -> None:
        """Note that `waiter` goes on only after `envelope`."""
        self._awaited.setdefault(waiter, []).append(envelope)

    def remove(self, waiter: Waiter, envelope: Envelope) -> None:
        awaited = self._awaited[waiter]
        awaited.remove(envelope)
        if not awaited:
            del self._awaited[waiter]

    def path(self, waiter: Waiter, envelope: Envelope) -> tuple[str, ...] | None:
        """The cycle that `waiter` waiting for `envelope` would close, as names of actors, or None."""
        return next(filter(None, (self._path(waiter, first) for first in _blockers(envelope))), None)

    def _path(self, waiter: Waiter, first: tuple[Waiter, ...]) -> tuple[str, ...] | None:
        """The cycle that `waiter` would close by waiting for one of `first` to end."""
        if waiter not in first and self._awaited.keys().isdisjoint(first):
            return None
        stuck = self._stuck(waiter, first)
        if not stuck.issuperset(first):
            return None
        reached_from = dict.fromkeys(first, waiter)
        unseen = list(reached_from)
        while unseen:
            at = unseen.pop()
            if at is waiter:
                return _names(reached_from, waiter)
            for awaited in self._next(at):
                for nearer in awaited:
                    if nearer not in reached_from and stuck.issuperset(awaited):
                        reached_from[nearer] = at
                        unseen.append(nearer)
        return None  # pragma: no cover - who is stuck without `waiter` was stuck before, which was refused

    def _stuck(self, waiter: Waiter, first: Iterable[Waiter]) -> set[Waiter]:
        """Who, of all that `first` waits for, could not go on while `waiter` does not."""
        stuck: set[Waiter] = set()
        unseen = list(first)
        while unseen:
            at = unseen.pop()
            if at not in stuck:
                stuck.add(at)
                if at is not waiter:
                    unseen += [nearer for awaited in self._next(at) for nearer in awaited]
        while free := [
            at for at in stuck if at is not waiter and not any(map(stuck.issuperset, self._next(at)))
        ]:
            stuck.difference_update(free)
        return stuck

    def _next(self, at: Waiter) -> Iterator[tuple[Waiter, ...]]:
        """For each message that `at` waits for, and for each thing that this one waits for: of whom one has to end."""
        for envelope in self._awaited.get(at, ()):
            if _still_awaited(envelope):
                yield from _blockers(envelope)


def _blockers(envelope: Envelope) -> Iterator[tuple[Waiter, ...]]:
    """Of whom, in each group, one has to come to an end before `envelope` can: its own handler, or what holds it up."""
    return filter(None, () if envelope.target is None else envelope.target.blockers(envelope))


def _still_awaited(envelope: Envelope) -> bool:
    """Whether its sender is not about to go on already."""
    if envelope.reply is not None:
        return not envelope.reply.over
    return envelope.target is not None and envelope.target.has_waiting(envelope)


def _names(reached_from: dict[Waiter, Waiter], waiter: Waiter) -> tuple[str, ...]:
    trail = [waiter, reached_from[waiter]]
    while trail[-1] is not waiter:
        trail.append(reached_from[trail[-1]])
    return tuple(each.to if isinstance(each, Envelope) else each.name for each in reversed(trail))
