"""What commands do in a chat."""

from datetime import timedelta

import attrs
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.notify import messages as notify
from actors.outside import QUOTED, holding
from actors.session import messages as session
from actors.vocabulary import ADMIN
from tests.actors.agent.world import Gate, say
from tests.actors.telegram.inside import Inside
from tests.actors.telegram.test_commands import skill

# --- commands -----------------------------------------------------------------------------------------------


async def answered(inside: Inside, command: str) -> str:
    inside.write(command)
    await inside.settled()
    return (await inside.answers())[-1]


async def test_commands_are_answered_and_no_turns(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        assert "I am Star. Your Telegram id is `7`" in await answered(inside, "/start payload")
        assert "/undo" in await answered(inside, "/help")
        assert "(used here)" in await answered(inside, "/model")
        assert "no one model" in await answered(inside, "/model nonsense")
        assert "`test/two` answers here" in await answered(inside, "/model two")
        assert "Model: `test/two`" in await answered(inside, "/status@starpod_test_bot")
        assert await inside.said() == []
        inside.write("hello")
        await inside.settled()
        (turn,) = await inside.turns()
        assert turn.options.model == "test/two"
        status = await answered(inside, "/status")
        assert "This conversation: since 2026-01-01" in status
        assert "as everywhere" in await answered(inside, "/model default")


async def test_the_model_of_a_chat_is_that_of_its_conversation_and_of_those_that_follow(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        inside.write("hello")
        await inside.settled()
        await answered(inside, "/model two")
        (first,) = await inside.turns()
        ask = inside.mesh.bus.ask
        assert (await ask(session.Get(session=first.session, user=ADMIN))).model == "test/two"
        assert await answered(inside, "/new")
        assert "`test/two` (used here)" in await answered(inside, "/model")
        inside.write("anew")
        await inside.settled()
        second = (await inside.turns())[-1]
        assert (second.session != first.session, second.options.model) == (True, None)
        assert inside.world.requests[-1].model == "test/two"
        await ask(agent.SelectModel(session=second.session, user=ADMIN))  # in the page
        assert "`test/one` (used here)" in await answered(inside, "/model")


async def test_new_ends_the_conversation_and_what_runs_in_it(
    inside: Inside, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        inside.world.script.append(gate.then(say("never")))
        inside.write("first")
        await gate.reached.wait()
        inside.write("second")
        assert await answered(inside, "/new") == "Your next message begins a new conversation."
        await inside.world.quiet(5)
        inside.write("third")
        await inside.settled()
        await inside.world.quiet(5)
        first, second, third = await inside.turns()
        assert [turn.outcome for turn in (first, second, third)] == ["cancelled", "cancelled", "success"]
        assert first.session == second.session != third.session
        assert await answered(inside, "/new")


async def test_stop_ends_what_runs(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        assert await answered(inside, "/stop") == "I am not at anything right now."
        inside.world.script.append(gate.then(say("never")))
        inside.write("first")
        await gate.reached.wait()
        assert "I have been at something" in await answered(inside, "/status")
        assert await answered(inside, "/stop") == "Stopped."
        await inside.world.quiet(5)
        assert [turn.outcome for turn in await inside.turns()] == ["cancelled"]


async def test_undo_takes_back_what_the_model_has_not_seen(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        assert await answered(inside, "/undo") == "There is nothing to take back."
        inside.write("done")
        await inside.settled()
        await inside.world.quiet(5)
        assert "answered already" in await answered(inside, "/undo")
        inside.world.script.append(gate.then(say("never")))
        inside.write("running")
        await gate.reached.wait()
        inside.write("waiting")
        await inside.settled()
        assert await answered(inside, "/undo") == "Taken back: I have not looked at it."
        assert await answered(inside, "/undo") == "Stopped: I had begun with it."
        await inside.world.quiet(5)
        assert [turn.outcome for turn in await inside.turns()] == ["success", "cancelled", "cancelled"]
        assert "waiting" not in str(inside.world.requests)


async def test_mute_is_for_a_while(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        wants = notify.GetPreferences(user=ADMIN)
        assert "until 2026-01-01 02:" in await answered(inside, "/mute 2h")
        found = await inside.mesh.bus.ask(wants)
        assert found.muted
        assert found.muted_until is not None
        assert found.muted_until - inside.mesh.bus.clock.now() <= timedelta(hours=2)
        assert "come again" in await answered(inside, "/mute off")
        assert not (await inside.mesh.bus.ask(wants)).muted
        assert "until /mute off" in await answered(inside, "/mute")
        assert (await inside.mesh.bus.ask(wants)).muted_until is None
        assert "Say for how long" in await answered(inside, "/mute soon")


async def test_what_is_no_command_of_ours_may_call_up_a_skill(
    inside: Inside, autojump_clock: MockClock
) -> None:
    inside.offered = (skill("daily-note"),)
    async with inside.running():
        inside.write("/daily_note of today")
        inside.write("/unknown thing")
        await inside.settled()
        assert await inside.said() == ["/daily-note of today", "/unknown thing"]
        await trio.sleep(5)
        offered = [each["command"] for each in next(iter(inside.telegram.seen.commands().values()))]
        assert {"new", "undo", "daily_note"} <= set(offered)


async def test_a_forwarded_command_is_none(inside: Inside, autojump_clock: MockClock) -> None:
    grace = {"type": "user", "sender_user": {"id": 8, "is_bot": False, "first_name": "Grace"}, "date": 1}
    async with inside.running():
        inside.write("/new", more={"forward_origin": grace})
        await inside.settled()
        assert await inside.said() == [holding("Forwarded from Grace:\n\n/new", QUOTED)]


async def test_a_model_that_is_gone_is_said_and_the_usual_one_answers(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        await answered(inside, "/model two")
        inside.world.models = attrs.evolve(inside.world.models, models=inside.world.models.models[:1])
        inside.write("hello")
        inside.write("again")
        await inside.settled()
        assert "`test/two` is not offered any more" in (await inside.answers())[-1]
        assert [turn.options.model for turn in await inside.turns()] == [None, None]
