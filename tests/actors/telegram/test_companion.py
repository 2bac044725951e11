"""What a chat is shown of a turn while it runs, with the real agent, in virtual time."""

from functools import partial
from itertools import pairwise
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.telegram.messages import Asked
from actors.telegram.parts import DOUBT
from actors.telegram.sender_actor import TelegramSenderActor
from actors.telegram.settings import Telegram
from actors.vocabulary import ADMIN, Text
from bus import Sink
from bus.testing import MeshUnderTest
from tests.actors.agent import world as worlds
from tests.actors.agent.world import Answer, after, fail, say, usage, use
from tests.actors.telegram.outside import Outside
from tests.fakes.telegram.people import ADA

GROUP = -1001


def typing(outside: Outside) -> list[float]:
    """When it was said that somebody types, since the first time."""
    at = [call["at"] for call in outside.telegram.seen.requests("sendChatAction")]
    return [round(each - at[0], 1) for each in at]


def slowly(*texts: str, seconds: float = 1.0) -> Answer:
    """Answer with a piece of text each `seconds`."""

    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for text in texts:
            await sink.send(llm.TextDelta(text=text))
            await trio.sleep(seconds)
        words = (Text(text="".join(texts)),)
        await sink.send(llm.Completed(content=words, stop_reason="end_turn", usage=usage()))

    return answer


class TestTyping:
    @pytest.mark.parametrize("seconds", [0.5, 9.0])
    async def test_every_four_seconds_until_the_turn_ends(
        self, outside: Outside, autojump_clock: MockClock, seconds: float
    ) -> None:
        async with outside.running():
            await outside.turn("hello", after(seconds, say("hi")))
            await trio.sleep(20)
            assert typing(outside) == ([0.0] if seconds < 1 else [0.0, 4.0, 8.0])
            (call, *_) = outside.telegram.seen.requests("sendChatAction")
            assert call["parameters"] == {"chat_id": ADA, "action": "typing"}

    async def test_until_it_fails(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running():
            await outside.turn("hello", after(5.0, fail(ValueError("a bug"))))
            await trio.sleep(20)
            assert len(typing(outside)) <= 3
            assert not outside.mesh.cell("telegram-sender").incarnation > 1

    async def test_until_it_is_cancelled(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running():
            accepted = await outside.send("hello", after(1000.0, say("hi")))
            await trio.sleep(5)
            await outside.mesh.bus.ask(agent.Cancel(session=accepted.session, user=ADMIN))
            await trio.sleep(50)
            assert typing(outside) == [0.0, 4.0]

    async def test_in_the_topic(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.people.gather(GROUP, forum=True)
        thread = outside.telegram.people.open_topic(GROUP, "plans")["message"]["message_id"]
        async with outside.running():
            await outside.turn("hello", after(1.0, say("hi")), chat=f"{GROUP}:{thread}")
            (call,) = outside.telegram.seen.requests("sendChatAction")
            assert call["parameters"]["message_thread_id"] == thread
            assert call["outcome"] == "ok"

    async def test_not_for_other_channels(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running():
            await outside.world.turn("hello", after(5.0, say("hi")))
            accepted = await outside.world.send("hello", source="telegram")  # in the page's own conversation
            await outside.world.end(accepted.turn)
            assert typing_calls(outside) == 0

    async def test_one_that_ran_already_is_found_after_a_restart(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running():
            accepted = await outside.send("hello", after(30.0, say("hi")))
            await trio.sleep(5)
            await outside.mesh.console.restart("telegram-sender")
            await trio.sleep(1)
            before = typing_calls(outside)
            assert before == 3
            await outside.world.end(accepted.turn)
            await outside.settle()
            assert typing_calls(outside) == 9
            assert outside.texts() == ["hi"]

    @pytest.mark.parametrize("kind", ["silence", "flood", "html", "drop"])
    async def test_trouble_with_it_delays_no_answer(
        self, outside: Outside, autojump_clock: MockClock, kind: Any
    ) -> None:
        outside.telegram.faults.add(kind, on="sendChatAction", times=None, seconds=30)
        async with outside.running():
            await outside.turn("hello", after(10.0, say("hi")))
            began = trio.current_time()
            await outside.settle()
            assert trio.current_time() - began < 1
            assert outside.texts() == ["hi"]
            assert typing_calls(outside) == (1 if kind == "flood" else 3)

    async def test_where_the_bot_may_not_write_it_does_not_go_on(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running():
            outside.telegram.people.stand(ADA, "blocked")
            await outside.turn("hello", after(30.0, say("hi")))
            assert typing_calls(outside) == 1


def typing_calls(outside: Outside) -> int:
    return len(outside.telegram.seen.requests("sendChatAction"))


TOOLS = (
    say(calls=[use("Peek", "c1", what="a"), use("Tell", "c2", what="b")]),
    say(calls=[use("Peek", "c3", what="a")]),
    say("done"),
)


class TestLine:
    async def test_tools_of_a_turn_are_one_quiet_line_that_is_kept_up_to_date(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.world.durations.update(a=3.0, b=1.0)
        async with outside.running():
            turn = await outside.turn("hello", *TOOLS)
            await outside.settle()
            await trio.sleep(5)
            assert outside.texts() == ["⚙ Peek ×2 · Tell", "done"]
            line = outside.telegram.seen.messages(ADA)[1]["message_id"]
            assert outside.telegram.seen.versions(ADA, line) == [
                "⚙ Peek",
                "⚙ Peek · Tell",
                "⚙ Peek ×2 · Tell",
            ]
            first, *_ = outside.telegram.seen.requests("sendMessage")
            assert first["parameters"]["disable_notification"] is True
            assert outside.kept[turn]["line", 0].message_id == line

    async def test_what_is_quick_shows_none(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running():
            await outside.turn("hello", *TOOLS)
            await outside.settle()
            await trio.sleep(5)
            assert outside.texts() == ["done"]

    async def test_nor_does_what_is_not_wanted(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.bot = Telegram(show_tools=False)
        outside.world.durations.update(a=3.0)
        async with outside.running():
            await outside.turn("hello", *TOOLS)
            await outside.settle()
            assert outside.texts() == ["done"]

    async def test_changes_are_no_closer_together_than_telegram_likes(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.limit()
        calls = [say(calls=[use("Peek", f"c{n}", what=f"a{n}")]) for n in range(20)]
        outside.world.durations.update({f"a{n}": 0.4 for n in range(20)})
        async with outside.running():
            await outside.turn("hello", *calls, say("done"))
            await outside.settle()
            await trio.sleep(5)
            assert outside.texts() == ["⚙ Peek ×20", "done"]
            edits = outside.telegram.seen.requests("editMessageText")
            assert {edit["outcome"] for edit in edits} == {"ok"}
            assert len(edits) <= 8

    async def test_the_same_line_goes_on_after_a_restart(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.world.durations.update(a=10.0, b=1.0)
        async with outside.running():
            accepted = await outside.send("hello", *TOOLS)
            await trio.sleep(5)
            await outside.mesh.console.restart("telegram-sender")
            await outside.world.end(accepted.turn)
            await outside.settle()
            await trio.sleep(5)
            assert outside.texts() == ["⚙ Peek ×2 · Tell", "done"]

    async def test_one_that_somebody_takes_away_stays_away(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.world.durations.update(a=5.0, b=1.0)
        async with outside.running():
            accepted = await outside.send("hello", *TOOLS)
            await trio.sleep(3)
            outside.telegram.people.remove(outside.telegram.seen.messages(ADA)[-1]["message_id"])
            await outside.world.end(accepted.turn)
            await outside.settle()
            await trio.sleep(5)
            assert outside.texts() == ["done"]


@pytest.fixture
def streaming(outside: Outside) -> Outside:
    """Each completion is sent, as it grows."""
    outside.world.channels = tuple(
        attrs.evolve(policy, pushes="each" if policy.name == "telegram" else "") for policy in worlds.CHANNELS
    )
    outside.bot = Telegram(stream_mode="stream", show_tools=False)
    return outside


def last_versions(outside: Outside, chat: int = ADA) -> list[str]:
    """Of the bot's last message."""
    return outside.telegram.seen.versions(chat, outside.telegram.seen.messages(chat)[-1]["message_id"])


class TestDraft:
    async def test_it_grows_and_becomes_the_answer(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        async with streaming.running():
            await streaming.turn("hello", slowly(*[f"**w{n}** " for n in range(8)]))
            await streaming.settle()
            await trio.sleep(5)
            versions = last_versions(streaming)
            assert versions[0] == "w0 w1 …"
            assert versions[-1] == "w0 w1 w2 w3 w4 w5 w6 w7"
            assert all(len(one) < len(other) for one, other in pairwise(versions[:-1]))
            assert 4 <= len(versions) <= 7
            assert len(streaming.texts()) == 1

    async def test_each_completion_has_its_own(self, streaming: Outside, autojump_clock: MockClock) -> None:
        streaming.world.durations.update(a=3.0)

        async def first(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
            for text in "I ", "look ", "now":
                await sink.send(llm.TextDelta(text=text))
                await trio.sleep(1.0)
            content = (Text(text="I look now"), use("Peek", what="a"))
            await sink.send(llm.Completed(content=content, stop_reason="tool_use", usage=usage()))

        async with streaming.running():
            await streaming.turn("hello", first, slowly("It ", "is ", "there"))
            await streaming.settle()
            await trio.sleep(5)
            assert streaming.texts() == ["I look now", "It is there"]
            assert len(streaming.telegram.seen.requests("sendMessage")) == 2

    @pytest.mark.parametrize("restarted", [False, True])
    async def test_one_that_stands_above_what_came_meanwhile_is_sent_anew_below(
        self, streaming: Outside, autojump_clock: MockClock, *, restarted: bool
    ) -> None:
        async with streaming.running():
            accepted = await streaming.send("hello", slowly(*[f"w{n} " for n in range(8)]))
            await trio.sleep(4)
            assert [text[-1] for text in streaming.texts()] == ["…"]
            await streaming.push("what was to be said before it")
            await trio.sleep(1)
            if restarted:  # and so remembers nothing of what has come
                await streaming.mesh.console.restart("telegram-sender")
            await streaming.world.end(accepted.turn)
            await streaming.settle()
            await trio.sleep(5)
            assert streaming.texts() == ["what was to be said before it", "w0 w1 w2 w3 w4 w5 w6 w7"]

    async def test_one_that_may_stand_above_what_nobody_knows_of_is_sent_anew_below(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        streaming.telegram.faults.add("drop", on="sends", times=2, skip=1, effect=True)
        async with streaming.running():
            accepted = await streaming.send("hello", slowly(*[f"w{n} " for n in range(8)]))
            await trio.sleep(3)
            assert [text[-1] for text in streaming.texts()] == ["…"]
            await streaming.push("doubtful")
            await streaming.world.end(accepted.turn)
            await streaming.settle()
            await trio.sleep(5)
            assert [state for state, _ in await streaming.fates()] == ["doubtful", "sent"]
            assert streaming.texts() == ["doubtful", f"{DOUBT}\ndoubtful", "w0 w1 w2 w3 w4 w5 w6 w7"]

    async def test_one_that_is_longer_than_a_message_shows_its_end(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        text = "word " * 300
        async with streaming.running():
            await streaming.turn("hello", slowly(*[text] * 6))
            await streaming.settle()
            await trio.sleep(5)
            assert " ".join(streaming.texts()) == (text * 6).strip()
            assert len(streaming.texts()) == 3

    async def test_one_that_somebody_takes_away_is_sent_anew(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        async with streaming.running():
            accepted = await streaming.send("hello", slowly(*"abcdefgh"))
            await trio.sleep(3)
            streaming.telegram.people.remove(streaming.telegram.seen.messages(ADA)[-1]["message_id"])
            await streaming.world.end(accepted.turn)
            await streaming.settle()
            assert streaming.texts() == ["abcdefgh"]

    async def test_the_same_one_goes_on_after_a_restart(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        async with streaming.running():
            accepted = await streaming.send("hello", slowly(*"abcdefgh"))
            await trio.sleep(3)
            await streaming.mesh.console.restart("telegram-sender")
            await streaming.world.end(accepted.turn)
            await streaming.settle()
            await trio.sleep(5)
            assert streaming.texts() == ["abcdefgh"]

    async def test_in_a_group_it_answers_the_message(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        streaming.telegram.people.gather(GROUP)
        asked = streaming.telegram.people.write("@bot hello", chat=GROUP)["message"]["message_id"]
        streaming.asked["m1"] = Asked(chat=GROUP, message_id=asked, in_group=True)
        async with streaming.running():
            await streaming.turn("hello", slowly(*"abcdefgh"), chat=GROUP, client_message_id="m1")
            await streaming.settle()
            message = streaming.telegram.seen.messages(GROUP)[-1]
            assert (message["text"], message["reply_to_message"]["message_id"]) == ("abcdefgh", asked)

    @pytest.mark.parametrize("kind", ["flood", "html", "silence", "drop"])
    async def test_trouble_with_it_loses_no_answer(
        self, streaming: Outside, autojump_clock: MockClock, kind: Any
    ) -> None:
        streaming.telegram.faults.add(kind, on="edits", times=3, seconds=10)
        async with streaming.running():
            await streaming.turn("hello", slowly(*"abcdefgh"))
            await streaming.settle()
            await trio.sleep(30)
            assert streaming.texts() == ["abcdefgh"]

    @pytest.mark.parametrize("kind", ["drop", "html"])
    async def test_that_it_becomes_the_answer_is_tried_as_long_as_it_takes_and_is_no_repeat(
        self, streaming: Outside, autojump_clock: MockClock, kind: Any
    ) -> None:
        streaming.telegram.faults.add(kind, on="edits", times=None)
        async with streaming.running():
            await streaming.turn("hello", slowly("**a** ", "b ", "c ", "d"))
            await trio.sleep(20)
            assert [state for state, _ in await streaming.fates()] == ["pending"]
            streaming.telegram.faults.clear()
            streaming.telegram.faults.add(
                "refuse", on="edits", code=400, description="Bad Request: can't parse entities: no"
            )
            await streaming.settle()
            assert streaming.texts() == ["a b c d"]

    async def test_what_is_refused_of_its_formatting_is_left_out(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        for on in "sends", "edits":
            streaming.telegram.faults.add(
                "refuse", on=on, code=400, description="Bad Request: can't parse entities: no"
            )
        async with streaming.running():
            await streaming.turn("hello", slowly("**a** ", "b ", "c ", "d"))
            await streaming.settle()
            assert streaming.texts() == ["a b c d"]

    async def test_one_whose_turn_was_cancelled_stays_as_it_was(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        async with streaming.running():
            accepted = await streaming.send("hello", slowly(*"abcdefgh"))
            await trio.sleep(3)
            await streaming.mesh.bus.ask(agent.Cancel(session=accepted.session, user=ADMIN))
            await trio.sleep(30)
            (text,) = streaming.texts()
            assert text.startswith("ab")


async def test_what_fails_of_it_costs_no_message(
    outside: Outside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("actors.telegram.progress.Progress.line", broken)
    async with outside.running():
        await outside.turn("hello", after(5.0, say("hi")))
        await outside.settle()
        assert outside.texts() == ["hi"]
        assert outside.mesh.cell("telegram-sender").incarnation == 1


async def test_a_conversation_that_crashes_is_followed_when_it_goes_on(
    outside: Outside, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.crash_once(monkeypatch)
    outside.world.durations.update(a=5.0)
    async with outside.running():
        await outside.turn("hello", say(calls=[use("Peek", what="a")]), after(20.0, say("hi")))
        await outside.settle()
        assert typing_calls(outside) >= 6
        assert outside.texts()[-1] == "hi"


class TestNeighboursDown:
    async def test_without_the_ledger_nothing_is_shown(
        self, outside: Outside, mesh: MeshUnderTest, autojump_clock: MockClock
    ) -> None:
        await mesh.start(partial(TelegramSenderActor, outside.given), name="telegram-sender")
        started = agent.TurnStarted(
            session="s",
            n=1,
            turn="t",
            text="",
            attachments=(),
            source="telegram",
            client_message_id=None,
            attempt=1,
            at=mesh.bus.clock.now(),
        )
        await mesh.bus.publish(started)
        await trio.sleep(30)
        assert mesh.cell("telegram-sender").incarnation == 1
        assert typing_calls(outside) == 0

    async def test_without_whoever_keeps_the_messages_they_are_known_in_memory(
        self, streaming: Outside, autojump_clock: MockClock
    ) -> None:
        async with streaming.running():
            streaming.mesh.console.suspend("keeper")
            await streaming.turn("hello", slowly(*[f"{n} " for n in range(40)]))
            await streaming.settle()
            await trio.sleep(30)
            assert len(streaming.texts()) == 1
            streaming.mesh.console.resume("keeper")


async def test_a_bot_with_much_to_do_shows_less(outside: Outside, autojump_clock: MockClock) -> None:
    async with outside.running():
        for chat in range(1000, 1060):
            outside.telegram.people.meet(chat, f"P{chat}")
            outside.telegram.people.write("hi", sender=chat)
            await outside.send("hello", after(3.0, say("hi")), chat=chat)
        await trio.sleep(2)
        assert 5 <= typing_calls(outside) <= 40
        await trio.sleep(10)
        await outside.settle()
        assert all(outside.texts(chat) == ["hi"] for chat in range(1000, 1060))
