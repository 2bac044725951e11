"""Accept a message and wait for its answer, whatever happens to the turn, the program or the one who waits."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import ADMIN
from tests.actors.agent.world import Gate, World, fail, say, use


def run(text: str, **fields: Any) -> agent.Run:
    incoming: dict[str, Any] = {"text": text, "user": ADMIN, "key": "main", **fields}
    return agent.Run(incoming=session.Incoming(**incoming))


async def test_a_message_is_answered_when_its_turn_has_ended(world: World, autojump_clock: MockClock) -> None:
    world.script.extend([say("Look.", calls=[use("Hand", path="a.txt")]), say("There.")])
    answer = await world.bus.ask(run("go"))
    assert (answer.text, answer.notice) == ("Look.\n\nThere.", None)
    assert [file.name for file in answer.attachments] == ["a.txt"]
    assert (answer.answered_by.outcome, answer.answered_by.id) == ("success", answer.turn)
    assert answer.answered_by.usage.prompt_tokens == 20


async def test_a_turn_that_fails_answers_with_its_reason(world: World, autojump_clock: MockClock) -> None:
    world.script.append(fail(llm.ModelError(reason="billing", provider="test", detail="no credit"), "I was "))
    answer = await world.bus.ask(run("go"))
    assert (answer.answered_by.state, answer.text) == ("failed", "I was ")
    assert answer.notice is not None
    assert "no credit" in answer.notice


async def test_a_message_that_joined_a_turn_is_answered_by_that_turn(
    world: World, autojump_clock: MockClock
) -> None:
    world.gates["x"] = Gate()
    world.script.extend([say(calls=[use("Peek", what="x")]), say("both")])
    first = await world.send("one")
    await world.gates["x"].reached.wait()
    async with trio.open_nursery() as nursery:

        async def join() -> None:
            answer = await world.bus.ask(run("two"))
            assert (answer.text, answer.answered_by.id) == ("both", first.turn)
            assert answer.turn != first.turn

        nursery.start_soon(join)
        await world.quiet()
        world.gates["x"].open.set()


async def test_asking_again_waits_for_the_same_turn_and_then_finds_its_answer(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.append(gate.then(say("once")))
    again = partial(world.bus.ask, run("go", client_message_id="m1"))
    with trio.move_on_after(5):
        await again()
    gate.open.set()
    assert (await again()).text == "once"
    assert (await again()).text == "once"
    assert len(world.requests) == 1


async def test_asking_again_after_a_restart_waits_for_the_same_turn(
    lives: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with lives.running() as world, trio.open_nursery() as nursery:
        world.script.append(gate.then(say("never")))
        nursery.start_soon(world.bus.ask, run("go", client_message_id="m1"))
        await gate.reached.wait()
        nursery.cancel_scope.cancel()
        world.kill()
    async with lives.running() as world:
        world.script.append(say("here"))
        answer = await world.bus.ask(run("go", client_message_id="m1"))
        assert (answer.text, answer.answered_by.attempt) == ("here", 2)


async def test_an_end_that_nobody_told_of_is_found(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store stopped between the commit and the word of it."""
    publish = type(world.bus).publish

    async def forget(bus: Any, event: Any) -> None:
        if not isinstance(event, session.TurnFinished):
            await publish(bus, event)

    monkeypatch.setattr(type(world.bus), "publish", forget)
    world.durations["x"] = 5.0
    world.script.extend([say(calls=[use("Peek", what="x")]), say("done")])
    assert (await world.bus.ask(run("go"))).text == "done"


async def test_what_is_not_accepted_is_refused(world: World, autojump_clock: MockClock) -> None:
    with pytest.raises(session.UnknownSession):
        await world.bus.ask(run("go", session="nobody"))
