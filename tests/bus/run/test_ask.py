"""An ask has exactly one outcome, at the moment it is certain (G5)."""

from typing import Any

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorCrashed,
    ActorError,
    ActorStopped,
    Backoff,
    DeadlineExceeded,
    DeliveryError,
    Message,
    NoRoute,
    State,
    Unavailable,
)
from bus.testing import MeshUnderTest
from tests.bus.run.asking import ask_into, client, puppet
from tests.bus.world import (
    Aside,
    Diary,
    Order,
    Poke,
    Read,
    Urgent,
    Write,
    books,
    buried,
    end,
    pass_time,
    reasons,
)


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    why: str


# --- replies ----------------------------------------------------------------------------------------------


async def test_the_return_value_of_the_handler_is_the_reply(mesh: MeshUnderTest) -> None:
    cell = await mesh.start(puppet())
    assert await mesh.bus.ask(Read(do="answer")) == "answer"
    assert books(cell) == (1, 1, 0, 0, 0)


async def test_none_is_a_reply(mesh: MeshUnderTest) -> None:
    async def nothing(actor: Actor, message: Message) -> None:
        pass

    await mesh.start(puppet(nothing=nothing))
    assert await mesh.bus.ask(Read(do="nothing")) is None


async def test_many_askers_each_get_their_own_reply(mesh: MeshUnderTest) -> None:
    async def double(actor: Actor, message: Read) -> int:
        await trio.lowlevel.checkpoint()
        return 2 * message.n

    async def one(n: int) -> None:
        replies[n] = await mesh.bus.ask(Read(do="double", n=n))

    replies: dict[int, int] = {}
    await mesh.start(puppet(double=double))
    async with trio.open_nursery() as nursery:
        for n in range(200):
            nursery.start_soon(one, n)
    assert replies == {n: 2 * n for n in range(200)}


async def test_asks_of_one_asker_are_answered_in_their_order(mesh: MeshUnderTest) -> None:
    async def number(actor: Actor, message: Read) -> None:
        seen.append(message.n)

    seen: list[int] = []
    await mesh.start(puppet(number=number))
    for n in range(100):
        await mesh.bus.ask(Read(do="number", n=n))
    assert seen == list(range(100))


# --- errors of the handler --------------------------------------------------------------------------------


async def test_a_domain_error_reaches_the_asker_and_the_actor_goes_on(mesh: MeshUnderTest) -> None:
    async def refuse(actor: Actor, message: Message) -> None:
        raise Refused(why="because")

    cell = await mesh.start(puppet(refuse=refuse))
    with pytest.raises(Refused) as caught:
        await mesh.bus.ask(Read(do="refuse"))
    assert caught.value.why == "because"
    assert await mesh.bus.ask(Read(do="answer")) == "answer"
    assert cell.incarnation == 1
    assert cell.metrics[Read].errors == 1
    assert books(cell) == (2, 2, 0, 0, 0)


async def test_a_domain_error_alone_in_a_group_is_unwrapped(mesh: MeshUnderTest) -> None:
    async def refuse(actor: Actor, message: Message) -> None:
        async with trio.open_nursery():
            raise Refused(why="inside of a nursery")

    cell = await mesh.start(puppet(refuse=refuse))
    with pytest.raises(Refused, match="inside of a nursery"):
        await mesh.bus.ask(Read(do="refuse"))
    assert cell.incarnation == 1


async def test_what_the_world_lacks_degrades_the_actor_and_reaches_the_asker(mesh: MeshUnderTest) -> None:
    async def unplugged(actor: Actor, message: Message) -> None:
        raise Unavailable("no network")

    cell = await mesh.start(puppet(unplugged=unplugged))
    with pytest.raises(Unavailable, match="no network"):
        await mesh.bus.ask(Read(do="unplugged"))
    assert cell.health.state is State.DEGRADED
    assert cell.incarnation == 1


async def test_a_crash_reaches_the_asker_with_its_cause(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def crash_late(actor: Actor, message: Message) -> None:
        await trio.sleep(2)
        raise RuntimeError("a bug")

    cell = await mesh.start(puppet(crash_late=crash_late), name="frail")
    with pytest.raises(ActorCrashed) as caught:
        await mesh.bus.ask(Read(do="crash_late"))
    error = caught.value
    assert repr(error.__cause__) == "RuntimeError('a bug')"
    assert (error.request, error.to, error.waited, error.retry_safe) == ("world.Read@1", "frail", 2.0, False)
    assert str(error) == "frail crashed while handling world.Read@1: RuntimeError('a bug')"
    assert buried(mesh) == [(Read(do="crash_late"), "crashed")]
    assert books(cell) == (1, 0, 1, 0, 0)


async def test_cancellation_mixed_with_an_error_is_a_crash(mesh: MeshUnderTest) -> None:
    async def stumble(actor: Actor, message: Message) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
            try:
                await trio.sleep_forever()
            finally:
                raise RuntimeError("while cleaning up")

    await mesh.start(puppet(stumble=stumble))
    with pytest.raises(ActorCrashed) as caught:
        await mesh.bus.ask(Read(do="stumble"))
    assert "while cleaning up" in repr(caught.value.__cause__)


async def test_a_failed_delivery_that_a_handler_lets_through_is_its_answer_and_not_safe_to_retry(
    mesh: MeshUnderTest,
) -> None:
    async def relay(actor: Actor, message: Message) -> Any:
        return await actor.bus.ask(Read(do="answer"))

    cell = await mesh.start(client(relay=relay))
    with pytest.raises(NoRoute) as caught:
        await mesh.bus.ask(Order(do="relay"))
    assert not caught.value.retry_safe
    assert cell.incarnation == 1


# --- nobody there -----------------------------------------------------------------------------------------


async def test_an_ask_that_nobody_owns_ends_at_once(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    with pytest.raises(NoRoute) as caught:
        await mesh.bus.ask(Read(do="answer"))
    error = caught.value
    assert (error.request, error.to, error.waited, error.retry_safe) == ("world.Read@1", "", 0.0, True)
    assert str(error) == "no actor owns world.Read@1"
    assert buried(mesh) == [(Read(do="answer"), "no_route")]
    assert mesh.bus.core.dead.ring[0].envelope.kind == "ask"


async def test_an_ask_to_an_actor_that_has_stopped_for_good_ends_at_once(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def finish(actor: Actor, message: Message) -> None:
        end(actor)

    cell = await mesh.start(puppet(finish=finish), name="done")
    await mesh.bus.tell(Poke(do="finish"))
    await mesh.settle()
    for request in (Read(do="answer"), Urgent(do="answer")):
        with pytest.raises(ActorStopped, match="done is stopped and does not take world") as caught:
            await mesh.bus.ask(request)
        assert caught.value.retry_safe
        assert caught.value.waited == 0
    assert reasons(mesh) == ["stopped", "stopped"]
    assert books(cell) == (3, 1, 2, 0, 0)


async def test_asks_queued_at_an_actor_that_stops_for_good_end_with_it(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def finish(actor: Actor, message: Message) -> None:
        await trio.sleep(1)
        end(actor)

    results: list[Any] = []
    await mesh.start(puppet(finish=finish))
    async with trio.open_nursery() as nursery:
        await mesh.bus.tell(Poke(do="finish"))
        nursery.start_soon(ask_into, results, mesh, Read(do="answer"))
        await trio.sleep(0.5)
        nursery.start_soon(ask_into, results, mesh, Read(do="answer"))
    assert {(type(error), error.waited, error.retry_safe) for error in results} == {
        (ActorStopped, 1.0, True),
        (ActorStopped, 0.5, True),
    }
    assert reasons(mesh) == ["stopped", "stopped"]


async def test_the_message_in_hand_is_answered_although_a_stop_was_asked_for(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    results: list[Any] = []
    cell = await mesh.start(puppet())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_into, results, mesh, Read(do="sleep"))
        await mesh.settle()
        cell.request_stop()
    assert results == ["slept"]


async def test_an_ask_cut_off_by_a_stop_is_not_safe_to_retry(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    results: list[Any] = []
    cell = await mesh.start(puppet(), name="cut")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_into, results, mesh, Write(do="sleep"))
        await trio.sleep(1)
        cell.request_stop()
        cell.cancel()
    [error] = results
    assert (type(error), error.waited, error.retry_safe) == (ActorStopped, 1.0, False)
    assert str(error) == "cut was stopped while handling world.Write@1"
    assert buried(mesh) == [(Write(do="sleep"), "stopped")]
    assert books(cell) == (1, 0, 1, 0, 0)


# --- while it dies, restarts, starts ----------------------------------------------------------------------


async def test_asks_queued_behind_a_crash_are_answered_by_the_next_incarnation(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def life(actor: Actor, message: Message) -> int:
        return cell.incarnation

    results: list[Any] = []
    cell = await mesh.start(puppet(life=life), backoff=Backoff(first=1.0, jitter=0.0))
    diary = Diary(mesh)
    async with trio.open_nursery() as nursery:
        await mesh.bus.tell(Poke(do="crash"))
        nursery.start_soon(ask_into, results, mesh, Read(do="life"))
        await trio.sleep(0.5)
        nursery.start_soon(ask_into, results, mesh, Read(do="life"))
    assert results == [2, 2]
    assert diary.now == 1.0
    assert reasons(mesh) == ["crashed"]


async def test_other_messages_in_hand_of_a_crashed_actor_end_with_the_crash(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def brief(actor: Actor, message: Message) -> str:
        await trio.sleep(0.5)
        return "in time"

    results: list[Any] = []
    await mesh.start(puppet(brief=brief), name="frail")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_into, results, mesh, Aside(do="sleep"))
        nursery.start_soon(ask_into, results, mesh, Aside(do="brief"))
        await mesh.settle()
        await mesh.bus.tell(Poke(do="crash"))
    in_time, cut = results
    assert in_time == "in time"
    assert (type(cut), cut.waited, cut.retry_safe) == (ActorCrashed, 1.0, False)
    assert repr(cut.__cause__) == "RuntimeError('a bug')"
    assert sorted(reasons(mesh)) == ["crashed", "stopped"]


async def test_asks_to_an_actor_that_starts_wait_until_it_is_ready(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def start(actor: Actor) -> None:
        await trio.sleep(2)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(mesh.start, puppet(start=start))
        await mesh.settle()
        diary = Diary(mesh)
        assert await mesh.bus.ask(Read(do="answer")) == "answer"
        assert diary.now == 2.0


# --- late replies -----------------------------------------------------------------------------------------


async def test_a_reply_nobody_waits_for_is_counted(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await mesh.start(puppet())
    with trio.move_on_after(1):
        await mesh.bus.ask(Write(do="sleep"))
    assert reasons(mesh) == []
    await pass_time(mesh, 2)
    assert buried(mesh) == [(Write(do="sleep"), "late_reply")]
    assert books(cell) == (1, 1, 0, 0, 0)


async def test_a_domain_error_nobody_waits_for_is_counted(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def refuse(actor: Actor, message: Message) -> None:
        await trio.sleep(3)
        raise Refused(why="too late")

    cell = await mesh.start(puppet(refuse=refuse))
    with trio.move_on_after(1):
        await mesh.bus.ask(Write(do="refuse"))
    await pass_time(mesh, 2)
    assert buried(mesh) == [(Write(do="refuse"), "late_reply")]
    assert books(cell) == (1, 1, 0, 0, 0)


# --- what an error says -----------------------------------------------------------------------------------


async def test_an_error_names_request_owner_time_and_trace(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def forever(actor: Actor, message: Message) -> None:
        await trio.sleep_forever()

    await mesh.start(puppet(forever=forever), name="slow")
    with pytest.raises(DeadlineExceeded) as caught:
        await mesh.bus.ask(Read(do="forever"))
    error = caught.value
    await mesh.settle()
    [letter] = [entry.letter for entry in mesh.bus.core.dead.ring]
    assert (error.request, error.to, error.waited, error.trace) == (
        "world.Read@1",
        "slow",
        10.0,
        letter.trace,
    )
    assert str(error) == "world.Read@1 to slow was being handled after 10.000 s"


def test_a_plain_delivery_error_reads_well() -> None:
    error = DeliveryError(request="a.B@1", to="", waited=1.5)
    assert str(error) == "a.B@1 to nobody failed after 1.500 s"
    late = DeadlineExceeded(request="a.B@1", to="c", waited=1.5)
    assert str(late) == "a.B@1 to c was still waiting after 1.500 s"
