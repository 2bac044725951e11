"""Sending what waits in the outbox, with the real ledger, in virtual time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.sending import BROKEN, GRACE, STOPPED, Again, Fate, GivenUp, InDoubt, Parcel, Sender, Sent
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.tools import messages as tools
from actors.vocabulary import ADMIN
from bus import Actor, conceal
from bus.message.clock import Clock
from bus.testing import MeshUnderTest
from tests.fakes.databases import session_database

CHANNELS = (session.ChannelPolicy("main"), session.ChannelPolicy("telegram", pushes="end"))


@attrs.define(eq=False)
class Post:
    """A channel that does what a test says, and a ledger."""

    mesh: MeshUnderTest
    path: Path
    send: Callable[[Parcel], Awaitable[Fate]]
    ready: bool = True
    recipients: int = 16
    sent: list[str] = attrs.field(factory=list[str])
    """Keys of what has been handed to the channel, in order."""
    times: list[float] = attrs.field(factory=list[float])
    sender: Sender | None = None

    async def open(self) -> None:
        await self.start_ledger()
        await self.mesh.start(partial(Channel, self), name="channel")

    async def start_ledger(self) -> None:
        await self.mesh.start(
            partial(SessionActor, session_database(self.path / "session.db"), lambda: CHANNELS),
            name="session",
        )

    async def push(self, *keys: str, to: str = "42", **fields: Any) -> None:
        for key in keys:
            row = session.Push(
                user=ADMIN, channel="telegram", recipient=to, key=key, body={"text": key}, **fields
            )
            await self.mesh.bus.ask(row)

    async def fates(self) -> dict[str, tuple[str, str | None]]:
        """State and reason of each row, by what it says."""
        rows = await self.mesh.bus.ask(session.ListOutbox(user=ADMIN, role="admin", which="all"))
        return {row.text: (row.state, row.reason) for row in sorted(rows, key=lambda row: row.id)}

    async def states(self) -> list[str]:
        return [state for state, _ in (await self.fates()).values()]


class Channel(Actor):
    def __init__(self, post: Post) -> None:
        self._post = post

    async def start(self) -> None:
        post = self._post
        sender = Sender(
            self.bus, "telegram", self._send, ready=lambda: post.ready, recipients=post.recipients
        )
        post.sender = sender
        self.spawn(sender.run)

    async def _send(self, parcel: Parcel) -> Fate:
        self._post.sent.append(parcel.row.key)
        self._post.times.append(round(trio.current_time(), 1))
        return await self._post.send(parcel)


async def at_once(_parcel: Parcel) -> Fate:
    return Sent(("m",))


async def slowly(_parcel: Parcel) -> Fate:
    await trio.sleep(1)
    return Sent()


def answering(*fates: Fate) -> Callable[[Parcel], Awaitable[Fate]]:
    """Each time the next of these, at last that it has been sent."""
    left = list(fates)

    async def send(_parcel: Parcel) -> Fate:
        return left.pop(0) if left else Sent()

    return send


@pytest.fixture
def post(mesh: MeshUnderTest, tmp_path: Path) -> Post:
    return Post(mesh, tmp_path, at_once)


class TestOrder:
    async def test_what_waits_is_sent_and_what_comes_later_too(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        await post.start_ledger()
        await post.push("a", "b")
        await post.mesh.start(partial(Channel, post), name="channel")
        await trio.sleep(0.1)
        await post.push("c")
        await trio.sleep(0.1)
        assert post.sent == ["a", "b", "c"]
        assert await post.states() == ["sent"] * 3

    async def test_of_each_recipient_one_at_a_time_and_many_recipients_at_once(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        post.send = slowly
        await post.open()
        await post.push("a", "b")
        await post.push("c", "d", to="43")
        await trio.sleep(0.5)
        assert set(post.sent) == {"a", "c"}
        assert post.sender is not None
        assert post.sender.in_hand == 2
        await trio.sleep(2)
        assert (set(post.sent[2:]), post.times) == ({"b", "d"}, [0.0, 0.0, 1.0, 1.0])

    async def test_no_more_recipients_at_once_than_may(self, post: Post, autojump_clock: MockClock) -> None:
        post.send, post.recipients = slowly, 2
        await post.open()
        for chat in range(6):
            await post.push(f"{chat}", to=f"{chat}")
        await trio.sleep(10)
        assert post.times == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]

    async def test_what_is_for_later_is_sent_then(self, post: Post, autojump_clock: MockClock) -> None:
        await post.open()
        await post.push("late", not_before=post.mesh.bus.clock.now() + timedelta(hours=2))
        await post.push("now")
        await trio.sleep(3 * 3600)
        assert (post.sent, post.times) == (["now", "late"], [0.0, 7200.0])

    async def test_rows_of_other_channels_are_left_alone(self, post: Post, autojump_clock: MockClock) -> None:
        await post.open()
        await post.mesh.bus.ask(session.Push(user=ADMIN, channel="main", recipient="x", key="x", body={}))
        for _ in range(70):  # more than its subscription holds
            await post.mesh.bus.publish(session.OutboxDue(channel="main"))
        await trio.sleep(1)
        assert post.sent == []

    async def test_nothing_is_claimed_while_nothing_can_be_sent(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        post.ready = False
        await post.open()
        await post.push("a")
        await trio.sleep(1000)
        assert await post.states() == ["pending"]
        post.ready = True
        assert post.sender is not None
        post.sender.look()
        await trio.sleep(0.1)
        assert post.sent == ["a"]


class TestFates:
    async def test_what_fails_is_tried_again_later_and_later(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        post.send = answering(*[Again("it is busy")] * 12)
        await post.open()
        await post.push("a", "b")
        await trio.sleep(0.5)
        assert await post.fates() == {"a": ("pending", "it is busy"), "b": ("pending", None)}
        await trio.sleep(3600)
        waits = [after - before for before, after in zip(post.times, post.times[1:], strict=False)][:12]
        assert all(0.7 * 2**n < wait < 1.3 * 2**n for n, wait in enumerate(waits[:9]))
        assert all(480 <= wait <= 720 for wait in waits[10:])
        assert post.sent == ["a"] * 13 + ["b"]

    async def test_a_channel_may_say_when(self, post: Post, autojump_clock: MockClock) -> None:
        post.send = answering(Again("wait", 30.0), Again("wait", 5.0))
        await post.open()
        await post.push("a")
        await trio.sleep(100)
        assert post.times == [0.0, 30.0, 35.0]

    async def test_nothing_waits_longer_because_the_clock_was_set_back(
        self, post: Post, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
    ) -> None:
        right = Clock.now

        def set_back(clock: Clock) -> datetime:
            return right(clock) - timedelta(hours=1)

        post.send = answering(Again("wait", 30.0), Again("wait", 200.0))
        await post.open()
        await post.push("a", "b")
        await trio.sleep(1)
        monkeypatch.setattr(Clock, "now", set_back)
        await trio.sleep(1000)
        assert (post.sent, post.times) == (["a", "a", "a", "b"], [0.0, 30.0, 230.0, 230.0])

    async def test_what_might_have_arrived_against_all_odds_is_told_of(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        doubts = list[bool]()

        async def send(parcel: Parcel) -> Fate:
            doubts.append(parcel.row.doubtful)
            return Again("no", 1.0, perhaps=True) if len(doubts) < 4 else Sent()

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(100)
        assert doubts == [False, True, True, True]

    async def test_what_is_in_doubt_is_tried_once_more(self, post: Post, autojump_clock: MockClock) -> None:
        doubts = list[bool]()

        async def send(parcel: Parcel) -> Fate:
            doubts.append(parcel.row.doubtful)
            return InDoubt("cut off")

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(1000)
        assert doubts == [False, True]
        assert await post.fates() == {"a": ("doubtful", "cut off")}

    async def test_what_is_given_up_lets_the_next_one_pass(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        post.send = answering(GivenUp("blocked"))
        await post.open()
        await post.push("a", "b")
        await trio.sleep(1)
        assert await post.fates() == {"a": ("dead", "blocked"), "b": ("sent", None)}

    async def test_a_part_that_arrived_is_not_sent_again(self, post: Post, autojump_clock: MockClock) -> None:
        parts, failures = list[int](), list[int]()

        async def send(parcel: Parcel) -> Fate:
            failures.append(parcel.failures)
            for part in range(len(parcel.row.sent), 4):
                if part == 2 and parts.count(2) < 2:
                    parts.append(part)
                    return Again("not now")
                parts.append(part)
                await parcel.arrived(f"m{part}")
            return Sent()

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(100)
        assert (parts, failures) == ([0, 1, 2, 2, 2, 3], [0, 1, 2])

    async def test_a_channel_may_be_patient_only_so_long(self, post: Post, autojump_clock: MockClock) -> None:
        post.send = answering(*[Again("down", most=30.0)] * 10)
        await post.open()
        await post.push("a")
        await trio.sleep(300)
        waits = [after - before for before, after in zip(post.times, post.times[1:], strict=False)]
        assert len(waits) == 10
        assert max(waits) <= 30.1

    async def test_a_neighbour_that_does_not_answer_is_no_fault_of_the_row(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        async def send(parcel: Parcel) -> Fate:
            if not parcel.failures:
                await post.mesh.bus.ask(tools.LoadFile(path="x"))
            return Sent()

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(10)
        assert (post.sent, await post.states()) == (["a", "a"], ["sent"])

    async def test_a_bug_costs_its_row_and_no_other(self, post: Post, autojump_clock: MockClock) -> None:
        async def send(parcel: Parcel) -> Fate:
            if parcel.row.key == "a":
                raise ZeroDivisionError
            return await slowly(parcel)

        post.send = send
        await post.open()
        for chat in "a", "b", "c":
            await post.push(chat, to=chat)
        await trio.sleep(10)
        assert post.mesh.cell("channel").incarnation == 2
        assert sorted(post.sent) == ["a", "b", "c"]
        assert (await post.fates())["a"] == ("dead", BROKEN)
        assert await post.states() == ["dead", "sent", "sent"]


async def test_no_secret_leaves_with_it(post: Post, autojump_clock: MockClock) -> None:
    said = list[Any]()

    async def send(parcel: Parcel) -> Fate:
        said.append(parcel.row.body)
        return Sent()

    post.send = send
    await post.open()
    conceal("test", [("API_KEY", "correct-horse-battery")])
    await post.push("it is correct-horse-battery")
    await trio.sleep(1)
    assert said == [{"text": "it is [secret API_KEY]"}]


class TestLedgerDown:
    async def test_rows_are_sent_once_the_ledger_is_there(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        await post.mesh.start(partial(Channel, post), name="channel")
        await trio.sleep(100)
        await post.start_ledger()
        await post.push("a")
        await trio.sleep(15)
        assert post.sent == ["a"]

    async def test_what_has_arrived_is_noted_before_anything_else_is_sent(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        begun = list[float]()

        async def send(parcel: Parcel) -> Fate:
            for part in "12":
                begun.append(trio.current_time())
                if part == "1":
                    post.mesh.console.suspend("session")
                await parcel.arrived(part)
            return Sent()

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(35)
        post.mesh.console.resume("session")
        await trio.sleep(60)
        assert begun[0] < 1
        assert begun[1] >= 35
        assert await post.states() == ["sent"]


class TestStops:
    @pytest.mark.parametrize(("seconds", "state"), [(GRACE - 1, "sent"), (GRACE + 1, "sending")])
    async def test_what_is_on_its_way_has_a_moment(
        self, post: Post, autojump_clock: MockClock, seconds: float, state: str
    ) -> None:
        async def send(_parcel: Parcel) -> Fate:
            await trio.sleep(seconds)
            return Sent()

        post.send = send
        await post.open()
        await post.push("a", "b")
        await trio.sleep(0.01)
        began = trio.current_time()
        post.ready = False
        await post.mesh.console.restart("channel")
        assert trio.current_time() - began == pytest.approx(min(seconds, GRACE), abs=0.1)
        assert post.sent == ["a"]
        assert await post.states() == [state, "pending"]

    async def test_no_further_part_is_begun(self, post: Post, autojump_clock: MockClock) -> None:
        parts = list[int]()

        async def send(parcel: Parcel) -> Fate:
            for part in range(5):
                if parcel.stopping:
                    return Again(STOPPED, 0.0)
                parts.append(part)
                await trio.sleep(1)
                await parcel.arrived(f"{part}")
            return Sent()

        post.send = send
        await post.open()
        await post.push("a")
        await trio.sleep(1.5)
        post.ready = False
        await post.mesh.console.restart("channel")
        assert parts == [0, 1]
        (row,) = await post.mesh.bus.ask(session.ListOutbox(user=ADMIN, role="admin", which="waiting"))
        assert (row.state, row.reason, row.parts_sent) == ("pending", STOPPED, 2)

    async def test_what_was_claimed_and_not_begun_is_put_back(
        self, post: Post, autojump_clock: MockClock
    ) -> None:
        post.ready = False
        await post.open()
        await post.push("a")
        await post.mesh.settle()
        post.mesh.console.suspend("session")
        post.ready = True
        assert post.sender is not None
        post.sender.look()
        await trio.sleep(0.1)
        post.ready = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(post.mesh.console.restart, "channel")
            await trio.sleep(1)
            post.mesh.console.resume("session")
        await trio.sleep(5)
        assert post.sent == []
        assert await post.fates() == {"a": ("pending", STOPPED)}
