"""What hooks say of messages counts: refused, amended, in order."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.session import messages as session
from actors.vocabulary import ADMIN
from tests.actors.agent.world import Gate, say, shape, use
from tests.actors.hooks.hooked import Hooked, Told, context

# --- messages ---------------------------------------------------------------------------------------------


async def test_a_message_that_a_hook_refuses_is_not_stored_and_its_sender_is_told_why(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("UserPromptSubmit", {"decision": "block", "reason": "no politics"})
    async with hooked.running() as world:
        with pytest.raises(agent.PromptRefused, match="This message was refused: no politics"):
            await world.send("vote!")
        assert await world.bus.ask(session.List(user=ADMIN)) == ()
        assert hooked.told[0]["prompt"] == "vote!"


async def test_a_followup_is_refused_too(hooked: Hooked, autojump_clock: MockClock) -> None:
    async def refuses(told: Told) -> Any:
        await trio.lowlevel.checkpoint()
        return {"decision": "block", "reason": "no"} if "secret" in told["prompt"] else None

    hooked.on("UserPromptSubmit", refuses)
    async with hooked.running() as world:
        gate = world.gates["a"] = Gate()
        world.script += [say(calls=[use("Peek", "c1", what="a")]), say("done")]
        accepted = await world.send("go")
        await gate.reached.wait()
        with pytest.raises(agent.PromptRefused):
            await world.send("a secret", session=accepted.session)
        gate.open.set()
        await world.end(accepted.turn)
        assert await world.said(accepted.session) == ["go"]
        assert hooked.told[1]["session_id"] == accepted.session


async def test_what_is_added_to_a_message_the_model_gets_and_people_do_not_see(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("UserPromptSubmit", context("UserPromptSubmit", "It rains."))
    async with hooked.running() as world:
        end = await world.turn("How is it?", say("Wet."))
        assert shape(world.requests[0].messages) == ["u:How is it?\n\nIt rains."]
        assert await world.rows(end.session) == [("user", "How is it?"), ("assistant", "Wet.")]
        await world.turn("And now?", say("Wet."), session=end.session)
        assert shape(world.requests[1].messages)[0] == "u:How is it?\n\nIt rains."
        turn = await world.bus.ask(session.GetTurn(turn=end.turn, user=ADMIN))
        assert (turn.text, turn.called) == ("How is it?", "")


async def test_messages_of_one_person_keep_their_order_whatever_hooks_take(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    async def slow(told: Told) -> None:
        await trio.sleep(5 if told["prompt"] == "one" else 0)

    hooked.on("UserPromptSubmit", slow)
    async with hooked.running() as world:
        world.rule = say("yes")
        async with trio.open_nursery() as nursery:
            for word in ("one", "two"):
                nursery.start_soon(partial(world.send, word, mode="queue"))
                await trio.sleep(1)
        (found,) = await world.bus.ask(session.List(user=ADMIN))
        await world.quiet()
        assert await world.said(found.id) == ["one", "two"]


async def test_what_jobs_and_hooks_say_is_put_to_no_hook(hooked: Hooked, autojump_clock: MockClock) -> None:
    hooked.on("UserPromptSubmit", {"decision": "block", "reason": "no"})
    async with hooked.running() as world:
        await world.turn("sum up", say("Summed."), triggered_by="brief", source="cron")
        assert hooked.told == []


@pytest.mark.parametrize("answer", [{"decision": "block", "reason": "no"}, context("UserPromptSubmit", "x")])
async def test_a_message_is_amended_only_where_hooks_have_nothing_to_say(
    hooked: Hooked, autojump_clock: MockClock, answer: Any
) -> None:
    async def says(told: Told) -> Any:
        await trio.lowlevel.checkpoint()
        return answer if "not" in told["prompt"] else None

    hooked.on("UserPromptSubmit", says)
    async with hooked.running() as world:
        gate = world.gates["a"] = Gate()
        world.script += [say(calls=[use("Peek", "c1", what="a")]), say("done"), say("yes")]
        accepted = await world.send("go")
        await gate.reached.wait()
        waiting = await world.send("wait", session=accepted.session, mode="queue")

        async def amend(text: str) -> bool:
            return await world.bus.ask(agent.Amend(turn=waiting.turn, user=ADMIN, text=text))

        assert not await amend("not this")
        assert await amend("but this")
        gate.open.set()
        await world.end(waiting.turn)
        assert await world.said(accepted.session) == ["go", "but this"]
