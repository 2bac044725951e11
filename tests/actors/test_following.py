"""Following a conversation over a real bus, without sockets."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio

from actors.agent import messages as agent
from actors.following import Replay, follow, from_running_turn
from actors.session import messages as session
from actors.shell import messages as shell
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import PATIENCE
from tests.actors.gateway.values import STARTED


def delta(n: int, turn: str = "t") -> agent.TextDelta:
    return agent.TextDelta(session="s", n=n, turn=turn, text=str(n))


def started(n: int, turn: str) -> agent.TurnStarted:
    return agent.TurnStarted(session="s", n=n, turn=turn, text="", **STARTED)


class Teller(Actor):
    """An agent of one conversation; `meanwhile` happens while it answers who begins to follow."""

    def __init__(self, events: list[agent.TurnEvent], meanwhile: Callable[[Actor], Awaitable[None]]) -> None:
        self.events = events
        self.meanwhile = meanwhile

    @agent.Follow.handler
    async def follow(self, request: agent.Follow) -> agent.Backlog:
        await self.meanwhile(self)
        events = tuple(event for event in self.events if event.n > request.after)
        return agent.Backlog(events=events, last=self.events[-1].n, complete=True, running=None)


class Listener:
    def __init__(self, until: int, scope: trio.CancelScope) -> None:
        self.until = until
        self.scope = scope
        self.replays: list[Replay] = []
        self.numbers: list[int] = []

    async def replay(self, replay: Replay) -> None:
        self.replays.append(replay)
        for event in replay.events:
            self.live(event)

    def live(self, event: agent.TurnEvent) -> None:
        self.numbers.append(event.n)
        if event.n == self.until:
            self.scope.cancel()


async def test_what_is_told_beside_comes_in_its_place(mesh: MeshUnderTest) -> None:
    async def nothing(_: Actor) -> None: ...

    def printed(session: str) -> shell.Printed:
        return shell.Printed(session=session, turn="t", call="c", text="x")

    await mesh.start(partial(Teller, [delta(1)], nothing))
    scope = trio.CancelScope()
    listener, order = Listener(3, scope), list[object]()
    beside = partial(
        follow, beside=(shell.Printed,), aside=lambda event: order.append((event, len(listener.numbers)))
    )
    with trio.fail_after(PATIENCE), scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(beside, mesh.bus, "s", "admin", 1, listener)
            await mesh.settle()
            for event in (delta(2), printed("s"), printed("another"), delta(3)):
                await mesh.bus.publish(event)
            await mesh.settle()
    assert order == [(printed("s"), 1)]


async def test_what_happens_while_one_begins_to_follow_is_seen_once(mesh: MeshUnderTest) -> None:
    events: list[agent.TurnEvent] = [delta(1), delta(2)]

    async def meanwhile(teller: Actor) -> None:
        for n in (3, 4):
            events.append(delta(n))
            await teller.bus.publish(delta(n))

    await mesh.start(partial(Teller, events, meanwhile))
    scope = trio.CancelScope()
    listener = Listener(6, scope)
    with trio.fail_after(PATIENCE), scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow, mesh.bus, "s", "admin", 1, listener)
            await mesh.settle()
            await mesh.bus.publish(delta(5))
            await mesh.bus.publish(agent.TextDelta(session="another", n=9, turn="t", text=""))
            await mesh.bus.publish(delta(6))
            await mesh.settle()
    assert listener.numbers == [2, 3, 4, 5, 6]
    assert len(listener.replays) == 1


async def test_an_unknown_conversation_is_not_followed(mesh: MeshUnderTest) -> None:
    async def refuse(teller: Actor) -> None:
        raise session.UnknownSession(session="s")

    await mesh.start(partial(Teller, [], refuse))
    with pytest.raises(session.UnknownSession):
        await follow(mesh.bus, "s", "admin", 0, Listener(0, trio.CancelScope()))
    assert {key for _, key in mesh.bus._subscriptions._table} <= {None}


def backlog(*events: agent.TurnEvent, running: str | None) -> agent.Backlog:
    return agent.Backlog(events=events, last=9, complete=False, running=running)


def test_without_a_running_turn_nothing_is_missing() -> None:
    assert from_running_turn(backlog(delta(1), running=None)) == Replay((), 9, complete=True, running=None)


def test_the_running_turn_is_shown_from_its_last_start() -> None:
    first, again = started(2, "t"), started(4, "t")
    replay = from_running_turn(backlog(delta(1), first, delta(3), again, delta(5), running="t"))
    assert (replay.events, replay.complete) == ((again, delta(5)), True)


def test_a_start_that_is_no_longer_kept_is_missing() -> None:
    replay = from_running_turn(backlog(delta(5), running="t"))
    assert (replay.events, replay.complete) == ((delta(5),), False)
