"""Following a conversation: what happened after an event number, then what happens, each event once and in order."""

from collections.abc import Callable
from typing import Protocol, final

import attrs

from actors.agent import messages as agent
from bus import Bus, Data, Event, Lag, SubscriptionLagged

QUEUE = 1024
"""Events that may wait for a follower; one that lags more catches up from the agent's memory."""


@final
@attrs.frozen
class Replay(Data):
    """What a follower is told first."""

    events: tuple[agent.TurnEvent, ...]
    last: int
    complete: bool
    """False: something asked for is gone from memory; the stored messages have it."""
    running: str | None


class Follower(Protocol):
    """Whoever follows a conversation."""

    async def replay(self, replay: Replay) -> None:
        """Take what happened so far. More than one call means that events came faster than they were taken."""
        ...

    def live(self, event: agent.TurnEvent) -> None:
        """Take what happens, without waiting."""
        ...


Aside = Callable[[Event], None]
"""Takes what is told beside the events of a conversation, without waiting."""


def _ignored(_event: Event) -> None:
    pass


async def follow(
    bus: Bus,
    session: str,
    user: str,
    after: int | None,
    follower: Follower,
    *,
    beside: tuple[type[Event], ...] = (),
    aside: Aside = _ignored,
) -> None:
    """Follow until cancelled.

    Args:
      session: id of the conversation.
      user: whose it is.
      after: the last event that is known; None for only what comes from now on, and a running turn from its start.
      follower: gets every event once, in order.
      beside: further classes of events, whose key is the session. They have no numbers: what is told while nobody
        follows is told to nobody.
      aside: takes those.

    Raises session.UnknownSession, and the delivery errors of the bus.
    """
    kinds: tuple[type[Event], ...] = (*agent.TURN_EVENTS, *beside)
    while True:
        async with bus.subscribe(*kinds, key=session, limit=QUEUE, lag=Lag.END) as events:
            backlog = await bus.ask(agent.Follow(session=session, user=user, after=after or 0))
            await follower.replay(_replay(backlog) if after is not None else from_running_turn(backlog))
            after = backlog.last
            try:
                async for event in events:
                    if not isinstance(event, agent.TURN_EVENTS):
                        aside(event)
                    elif event.n > after:
                        after = event.n
                        follower.live(event)
            except SubscriptionLagged:
                continue


def _replay(backlog: agent.Backlog) -> Replay:
    return Replay(backlog.events, backlog.last, backlog.complete, backlog.running)


def from_running_turn(backlog: agent.Backlog) -> Replay:
    """Of a whole backlog, what belongs to the turn that runs now: nothing, when none runs."""
    if backlog.running is None:
        return Replay((), backlog.last, complete=True, running=None)
    starts = [
        index
        for index, event in enumerate(backlog.events)
        if isinstance(event, agent.TurnStarted) and event.turn == backlog.running
    ]
    events = backlog.events[starts[-1] :] if starts else backlog.events
    return Replay(events, backlog.last, complete=bool(starts), running=backlog.running)
