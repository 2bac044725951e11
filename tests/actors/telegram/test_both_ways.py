"""Receiver and sender together: what people write and what they see, in virtual time."""

from functools import partial

import pytest
import trio
from trio.testing import MockClock

from actors.telegram.sender_actor import TelegramSenderActor
from tests.actors.agent.world import after, say, use
from tests.actors.telegram.inside import Inside
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.state import USERNAME

GROUP = -1001


async def sending(inside: Inside) -> None:
    await inside.mesh.start(partial(TelegramSenderActor, inside.given), name="telegram-sender")


async def seen(inside: Inside, count: int, chat: int = ADA) -> list[str]:
    """What the bot has written, once that is so much."""
    with trio.fail_after(300):
        while len(inside.telegram.seen.texts(chat)) < count:
            await trio.sleep(0.1)
    return inside.telegram.seen.texts(chat)


async def test_what_is_written_is_answered(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await sending(inside)
        inside.write("hello")
        assert await seen(inside, 1) == ["echo hello"]
        inside.write("/status")
        assert len(await seen(inside, 2)) == 2


async def test_in_a_group_every_answer_replies_to_its_question(
    inside: Inside, autojump_clock: MockClock
) -> None:
    inside.telegram.people.gather(GROUP)
    async with inside.running():
        await sending(inside)
        asked = [inside.write(f"@{USERNAME} one", chat=GROUP)]
        await seen(inside, 1, GROUP)
        asked.append(inside.write(f"/status@{USERNAME}", chat=GROUP))
        await seen(inside, 2, GROUP)
        own = [message for message in inside.telegram.seen.messages(GROUP) if message["from"]["is_bot"]]
        assert [message["reply_to_message"]["message_id"] for message in own] == asked


@pytest.mark.parametrize("actor", ["telegram", "telegram-sender"])
async def test_the_line_of_a_turn_stays_one_whichever_side_is_started_anew(
    inside: Inside, autojump_clock: MockClock, actor: str
) -> None:
    inside.world.durations.update(a=10.0)
    peek = say(calls=[use("Peek", "c1", what="a")])
    inside.world.script += [peek, say(calls=[use("Tell", "c2", what="b")]), after(5.0, say("done"))]
    async with inside.running():
        await sending(inside)
        inside.write("hello")
        await trio.sleep(5)
        await inside.mesh.console.restart(actor)
        await seen(inside, 2)
        await trio.sleep(5)
        assert inside.telegram.seen.texts(ADA) == ["⚙ Peek · Tell", "done"]
