"""What was not handled is somewhere, once, with its reason (G9)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, final, get_args

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorCrashed,
    ActorStopped,
    AskCycle,
    Command,
    DeadLetter,
    Lag,
    Limits,
    MailboxFull,
    Message,
    MessageTooLarge,
    NoRoute,
    Quarantined,
)
from bus.console import NotPossible
from bus.keep.deadletter import BYTES, LOG_EVERY, LONGEST, RING, Reason
from bus.message.message import wire_name
from bus.run.running import RunningActor
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.virtual import in_virtual_time
from tests.bus.world import (
    Brief,
    Look,
    Order,
    Poke,
    Puppet,
    Read,
    Script,
    Scripted,
    Stale,
    Write,
    books,
    buried,
    pass_time,
    reasons,
)


async def six(actor: Actor, message: Message) -> None:
    await trio.sleep(6)


async def crash(actor: Actor, message: Message) -> None:
    raise RuntimeError("a bug")


async def answer(actor: Actor, message: Message) -> str:
    return "answer"


SCRIPTS: dict[str, Script] = {"six": six, "crash": crash, "answer": answer, "keyed": answer}


async def start(mesh: MeshUnderTest) -> RunningActor:
    return await mesh.start(partial(Puppet, SCRIPTS), limits=Limits(mailbox=2))


# --- each reason, once ------------------------------------------------------------------------------------


async def no_route(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    with pytest.raises(NoRoute):
        await mesh.bus.ask(Order(do="answer"))
    return Order(do="answer")


async def stopped(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    await mesh.bus.tell(Poke(do="six"))
    await mesh.bus.tell(Poke(do="answer"))
    await mesh.settle()
    cell.request_stop()
    return Poke(do="answer")


async def full(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    for n in range(3):
        await mesh.bus.tell(Poke(do="six", n=n))
        await mesh.settle()
    with pytest.raises(MailboxFull):
        await mesh.bus.tell(Stale(do="answer"))
    return Stale(do="answer")


async def expired(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    await mesh.bus.tell(Poke(do="six"))
    await mesh.bus.tell(Stale(do="answer"))
    return Stale(do="answer")


async def abandoned(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    with trio.move_on_after(1):
        await mesh.bus.ask(Read(do="six"))
    return Read(do="six")


async def crashed(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    with pytest.raises(ActorCrashed):
        await mesh.bus.ask(Read(do="crash"))
    return Read(do="crash")


async def poison(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    for _ in range(2):
        with pytest.raises(ActorCrashed):
            await mesh.bus.ask(Read(do="crash"))
    mesh.bus.core.dead.ring.popleft()  # the first crash was an ordinary one
    return Read(do="crash")


async def late_reply(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    with trio.move_on_after(1):
        await mesh.bus.ask(Write(do="six"))
    return Write(do="six")


async def too_large(mesh: MeshUnderTest, cell: RunningActor) -> Message:
    message = Brief(do="x" * 200)
    with pytest.raises(MessageTooLarge):
        await mesh.bus.ask(message)
    return message


CAUSES: dict[Reason, Callable[[MeshUnderTest, RunningActor], Awaitable[Message]]] = {
    "no_route": no_route,
    "stopped": stopped,
    "full": full,
    "too_large": too_large,
    "expired": expired,
    "abandoned": abandoned,
    "crashed": crashed,
    "poison": poison,
    "late_reply": late_reply,
}


def test_every_reason_has_its_cause() -> None:
    assert set(CAUSES) == set(get_args(Reason))


@pytest.mark.parametrize("reason", CAUSES)
async def test_a_lost_message_is_buried_once_with_its_reason(
    autojump_clock: Any, mesh: MeshUnderTest, reason: Reason
) -> None:
    cell = await start(mesh)
    message = await CAUSES[reason](mesh, cell)
    await pass_time(mesh, 30)
    assert buried(mesh) == [(message, reason)]
    assert mesh.bus.core.dead.counts[(cell.name if reason != "no_route" else ""), reason] == 1
    assert cell.conserved()
    assert [(letter.reason, letter.kind) for letter in mesh.published(DeadLetter)[-1:]] == [
        (reason, f"world.{type(message).__name__}@1")
    ]


async def test_a_handled_message_whose_answer_came_too_late_is_counted_as_handled(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await start(mesh)
    await late_reply(mesh, cell)
    await pass_time(mesh, 10)
    assert books(cell) == (1, 1, 0, 0, 0)


async def test_what_a_letter_says(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def ask(actor: Actor, message: Message) -> None:
        with pytest.raises(ActorCrashed) as caught:
            await actor.bus.ask(Read(do="crash"))
        traces.append(caught.value.trace)

    class Caller(Scripted):
        @Look.handler
        async def look(self, request: Look) -> None:
            await self.run(request)

    traces: list[str] = []
    await start(mesh)
    await mesh.start(partial(Caller, {"ask": ask}))
    await mesh.bus.ask(Look(do="ask"))
    [entry] = mesh.bus.core.dead.ring
    letter = entry.letter
    assert letter == DeadLetter(
        reason="crashed",
        kind="world.Read@1",
        to="puppet",
        sender="caller",
        seq=entry.envelope.seq,
        trace=traces[0],
        detail="RuntimeError: a bug",
    )
    assert len(letter.trace) == 32
    assert entry.at == trio.current_time()
    assert mesh.bus.core.dead.find(letter.seq) is entry
    assert mesh.bus.core.dead.find(0) is None


# --- ring and counters ------------------------------------------------------------------------------------


def test_the_ring_holds_the_last_thousand_and_the_counters_all() -> None:
    async def run() -> None:
        async with open_test_mesh() as mesh:
            for n in range(RING + 5):
                with pytest.raises(NoRoute):
                    await mesh.bus.tell(Poke(do="x", n=n))
            dead = mesh.bus.core.dead
            assert dead.counts["", "no_route"] == RING + 5
            pokes = [entry.envelope.message for entry in dead.ring]
            assert pokes == [Poke(do="x", n=n) for n in range(5, RING + 5)]

    in_virtual_time(run)


# --- telling others ---------------------------------------------------------------------------------------


async def test_a_subscriber_gets_every_letter(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async with mesh.bus.subscribe(DeadLetter) as letters:
        for _ in range(2):
            with pytest.raises(NoRoute):
                await mesh.bus.tell(Poke(do="x"))
        assert [(await anext(letters)).reason for _ in range(2)] == ["no_route", "no_route"]


async def test_a_loss_waits_for_no_subscriber(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async with mesh.bus.subscribe(DeadLetter, limit=1, lag=Lag.DROP_OLDEST) as letters:
        for n in range(3):
            with pytest.raises(NoRoute):
                await mesh.bus.tell(Poke(do="x", n=n))
        assert letters.missed == 2
        assert len(letters) == 1


async def test_the_log_gets_a_line_now_and_then_that_speaks_for_all(autojump_clock: Any) -> None:
    def log(level: str, event: str, fields: dict[str, Any]) -> None:
        lines.append((level, event, fields["reason"], fields["count"]))

    async def lose(count: int) -> None:
        for _ in range(count):
            with pytest.raises(NoRoute):
                await mesh.bus.tell(Poke(do="x"))

    lines: list[tuple[str, str, str, int]] = []
    async with open_test_mesh(log=log) as mesh:
        await lose(4)
        await trio.sleep(LOG_EVERY)
        await lose(3)
        cell = await start(mesh)
        await late_reply(mesh, cell)
        await pass_time(mesh, 10)
    assert lines == [
        ("warning", "message lost", "no_route", 1),
        ("warning", "message lost", "no_route", 4),
        ("info", "message lost", "late_reply", 1),
    ]


@final
@attrs.frozen(kw_only=True)
class Kept(Command):
    """What it asks for is on disk."""

    stored: ClassVar[bool] = True
    sleep: float = 0.0


class Keeper(Actor):
    @Kept.handler
    async def kept(self, command: Kept) -> None:
        await trio.sleep(command.sleep)

    @Poke.handler
    async def poke(self, command: Poke) -> None: ...


async def test_a_stop_is_silent_about_what_the_next_start_takes_up_and_about_nothing_else(
    autojump_clock: Any,
) -> None:
    def log(level: str, event: str, fields: dict[str, Any]) -> None:
        if event == "message lost":
            lines.append((fields["kind"], fields["count"]))

    lines: list[tuple[str, int]] = []
    async with open_test_mesh(log=log) as mesh:
        await mesh.start(Keeper)
        await mesh.bus.tell(Kept(sleep=1000.0))
        await mesh.settle()
        for message in (Kept(), Poke(do="x"), Kept()):
            await mesh.bus.tell(message)
    assert lines == [(wire_name(Poke), 1)]
    assert {entry.letter.kind for entry in mesh.mesh.core.dead.ring} == {wire_name(Kept), wire_name(Poke)}


# --- conservation -----------------------------------------------------------------------------------------


async def test_the_books_show_where_everything_is(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await start(mesh)
    for n in range(3):
        await mesh.bus.tell(Poke(do="six", n=n))
        await mesh.settle()
    assert books(cell) == (3, 0, 0, 2, 1)
    assert mesh.console.books() == {"puppet": (3, 0, 0, 2, 1)}


async def test_a_message_missing_from_the_books_fails_the_test_that_lost_it() -> None:
    with pytest.raises(AssertionError, match="messages are missing: puppet: sent 1 != handled 0"):
        async with open_test_mesh() as mesh:
            cell = await start(mesh)
            cell.books.sent += 1


async def test_what_was_never_sent_is_no_loss(mesh: MeshUnderTest) -> None:
    async def ask_myself(actor: Actor, message: Message) -> None:
        await actor.bus.ask(Read(do="answer"))

    cell = await mesh.start(partial(Puppet, {"ask_myself": ask_myself}))
    with pytest.raises(AskCycle):
        await mesh.bus.ask(Read(do="ask_myself"))
    assert books(cell) == (1, 1, 0, 0, 0)
    assert reasons(mesh) == []


async def test_a_quarantined_message_is_buried_like_any_other(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await start(mesh)
    await poison(mesh, cell)
    with pytest.raises(Quarantined):
        await mesh.bus.ask(Read(do="crash"))
    assert reasons(mesh) == ["poison", "poison"]
    assert books(cell) == (3, 0, 3, 0, 0)


async def test_a_stop_that_cuts_off_a_message_buries_it(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await start(mesh)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def _() -> None:
            with pytest.raises(ActorStopped):
                await mesh.bus.ask(Write(do="six"))

        await mesh.settle()
        cell.request_stop()
        cell.cancel()
    assert buried(mesh) == [(Write(do="six"), "stopped")]


# --- what is kept ---------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class History(Command):
    max_bytes: ClassVar[int] = 10**9
    text: str


async def test_not_more_is_kept_than_a_few_megabytes(mesh: MeshUnderTest) -> None:
    """200 cancelled completions of 200 kB each would be 40 MB."""
    for n in range(200):
        with pytest.raises(NoRoute):
            await mesh.bus.tell(History(text=f"{n:05}" * 40_000))
    kept = mesh.console.dead_letters()
    assert sum(len(entry.message.text) for entry in kept if isinstance(entry.message, History)) <= BYTES
    assert kept[-1].message == History(text="00199" * 40_000)
    assert len(kept) == BYTES // 200_008


async def test_of_what_an_error_quotes_no_more_is_kept_than_helps(mesh: MeshUnderTest) -> None:
    """Here and in the flight recorder: its beginning and its end."""

    async def quote(actor: Actor, message: Message) -> None:
        raise RuntimeError("it was " + "x" * 1_000_000 + " and no more")

    await mesh.start(partial(Puppet, {"quote": quote}))
    with pytest.raises(ActorCrashed):
        await mesh.bus.ask(Read(do="quote"))
    details = [mesh.bus.core.dead.ring[-1].letter.detail, *(record.detail for record in mesh.bus.core.flight)]
    for detail in filter(None, details):
        assert detail.startswith("RuntimeError: it was xxx")
        assert detail.endswith("xxx and no more")
        assert len(detail) < LONGEST + 10
    assert len(details[-1]) < 2000


async def test_of_a_very_large_message_only_the_envelope_is_kept(mesh: MeshUnderTest) -> None:
    with pytest.raises(NoRoute):
        await mesh.bus.tell(History(text="x" * 1_000_000))
    (entry,) = mesh.console.dead_letters()
    assert entry.message is None
    assert entry.letter.kind == "test_deadletters.History@1"
    with pytest.raises(NotPossible, match="too large to be kept"):
        await mesh.console.resend(entry)


async def test_neither_reply_nor_recipient_is_kept(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh)
    with trio.move_on_after(1):
        await mesh.bus.ask(Read(do="six"))
    await pass_time(mesh, 1)
    (entry,) = mesh.console.dead_letters()
    assert (entry.envelope.reply, entry.envelope.target) == (None, None)
