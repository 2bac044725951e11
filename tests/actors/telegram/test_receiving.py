"""What becomes of what is written: that the agent gets it, and gets it once."""

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.session import accept
from actors.session import messages as session
from actors.storage import DiskFull
from actors.telegram import content, messages
from actors.telegram.actor import TelegramActor
from bus import Actor
from tests.actors.agent.world import Gate, say
from tests.actors.telegram.inside import GRACE, Inside
from tests.fakes.telegram.people import ADA


async def test_what_cannot_be_read_is_said(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        inside.telegram.people.send(
            {"story": {"id": 1, "chat": {"id": 1, "type": "private"}}}, date=inside.now
        )
        inside.telegram.people.location(1.0, 2.0, date=inside.now)
        await inside.settled()
        assert await inside.answers() == ["I cannot read a message of the kind “story”\\."]
        assert await inside.said() == ["Location: 1.000000, 2.000000 (latitude, longitude)"]


async def test_what_is_older_than_it_may_be_is_answered_once(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running(receiving=False):
        old = inside.now - 1441 * 60
        for n in range(5):
            inside.write(f"old {n}", date=old + n)
        inside.write("new", date=inside.now - 1439 * 60)
        await inside.start()
        await inside.settled()
        assert await inside.said() == ["new"]
        (told,) = await inside.answers()
        assert told.startswith("I was away. What you wrote 24 h ago")


async def test_a_message_that_waits_can_be_edited(inside: Inside, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with inside.running():
        inside.world.settings = attrs.evolve(inside.world.settings, followup_mode="queue")
        inside.world.script.append(gate.then(say("first answer")))
        first = inside.write("first")
        await gate.reached.wait()
        second = inside.write("secnd")
        await inside.settled()
        for number, text in ((first, "first, changed"), (second, "second")):
            inside.telegram.people.edit(number, text)
        await inside.settled()
        gate.open.set()
        await inside.world.quiet(5)
        assert await inside.said() == ["first", "second"]
        assert inside.world.requests[-1].messages[-1].content[0].text == "second"  # type: ignore[union-attr]


# --- trouble ------------------------------------------------------------------------------------------------


async def test_what_the_agent_cannot_take_now_waits_in_order(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = accept.accept

    def full(*_args: Any, **_more: Any) -> Any:
        raise DiskFull(path=inside.folder / "session.db", detail="")

    async with inside.running():
        await inside.until("polling")
        monkeypatch.setattr("actors.session.accept.accept", full)
        inside.write("one")
        inside.write("two")
        await trio.sleep(100)
        assert (await inside.status()).waiting == 2
        monkeypatch.setattr("actors.session.accept.accept", kept)
        await inside.settled()
        assert await inside.said() == ["one", "two"]


async def test_a_message_that_breaks_something_here_holds_up_no_other(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = content.composed

    def broken(contents: Any) -> str:
        if "poison" in contents[0].said:
            raise ZeroDivisionError
        return read(contents)

    monkeypatch.setattr(content, "composed", broken)
    async with inside.running():
        inside.write("poison")
        inside.write("tea")
        await inside.settled()
        assert await inside.said() == ["tea"]
        assert await inside.answers() == [
            "Something here went wrong with your message, and it was set aside."
        ]


async def test_an_update_that_nobody_understands_is_passed_over(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        odd: list[tuple[str, Any]] = [
            ("message", 5),
            ("message", {"chat": {"id": "x"}}),
            ("edited_message", []),
            ("callback_query", {}),
        ]
        for kind, said in odd:
            inside.telegram.world.updates.add(kind, said)
        inside.write("tea")
        await inside.settled()
        assert await inside.said() == ["tea"]


@pytest.mark.parametrize("visit", range(1, 9))
async def test_killed_anywhere_each_message_is_taken_once_and_each_answer_given_once(
    inside: Inside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, visit: int
) -> None:
    """The program is cut off at the n-th time that something of this actor is to be stored, before or after it is."""
    left = [visit]
    write = TelegramActor._write

    async def cut(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            if visit % 2:
                await write(self, fn, *args, **kwargs)
            inside.world.kill()
            await trio.sleep_forever()
        return await write(self, fn, *args, **kwargs)

    monkeypatch.setattr(TelegramActor, "_write", cut)
    async with inside.running():
        inside.write("one")
        inside.write("/help")
        inside.telegram.people.album([b"1", b"2"], ["three"], date=inside.now)
        inside.write("hi", sender=GRACE)
        await trio.sleep(15)
        assert left[0] <= 0, "nothing was cut off"
    left[0] = -1
    async with inside.running():
        await inside.settled()
        assert await inside.said() == ["one", "three"]
        assert len(await inside.answers()) == 1
        assert len(await inside.answers(str(GRACE))) == 1


async def test_a_message_of_ours_is_remembered_for_its_turn(
    inside: Inside, autojump_clock: MockClock
) -> None:
    async with inside.running():
        line = messages.Kept(kind="line", n=0, chat=ADA, message_id=5)
        await inside.mesh.bus.ask(messages.KeepMessage(turn="t", message=line))
        assert (await inside.mesh.bus.ask(messages.FindMessages(turn="t"))).kept == (line,)


async def test_two_hundred_chats_at_once(inside: Inside, autojump_clock: MockClock) -> None:
    async with inside.running():
        await inside.change(allowed_users=tuple(range(1000, 1200)))
        await inside.until("polling")
        for chat in range(1000, 1200):
            inside.write(f"from {chat}", sender=chat)
        await inside.settled()
        found = await inside.mesh.bus.ask(session.FindTurns(limit=1000))
        assert sorted(turn.text for turn in found) == [f"from {chat}" for chat in range(1000, 1200)]
        assert issubclass(type(inside.mesh.cell("telegram").actor), Actor)
