"""What waits for Telegram is sent: in order, once, whatever happens to us or to it."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.telegram.client import Client
from actors.telegram.parts import DOUBT
from actors.telegram.wire import Unreachable
from tests.actors.agent.world import say
from tests.actors.telegram.outside import LONG, Outside, own
from tests.fakes.telegram.limits import Limits, Rate
from tests.fakes.telegram.people import ADA


def outcomes(outside: Outside, method: str) -> list[str]:
    return [call["outcome"] for call in outside.telegram.seen.requests(method)]


class TestRows:
    async def test_the_answer_to_a_message_arrives(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running():
            await outside.turn("hello", say("**Hello**, Ada."))
            await outside.settle()
            (message,) = own(outside)
            assert message["text"] == "Hello, Ada."
            assert message["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
            assert message["link_preview_options"] == {"is_disabled": True}
            assert "reply_to_message" not in message
            assert [row.parts_sent for row in await outside.rows()] == [1]

    async def test_notifications_have_a_title(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running(agent=False):
            await outside.push("It is *hot*.", title="tea", success=True)
            await outside.settle()
            assert outside.texts() == ["✓ tea\n\nIt is hot."]

    async def test_messages_of_a_chat_arrive_in_their_order(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            for n in range(5):
                await outside.push(f"{n}")
            await outside.push(LONG, key="long")
            await outside.push("last")
            await outside.settle()
            texts = outside.texts()
            assert texts[:5] == list("01234")
            assert " ".join(texts[5:-1]) == LONG.strip()
            assert texts[-1] == "last"
            assert [row.parts_sent for row in await outside.rows()] == [1] * 5 + [3, 1]

    async def test_a_very_long_answer_comes_as_a_document_too(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            await outside.answer(LONG * 2, turn="t")
            await outside.settle()
            *_, last = own(outside)
            assert last["document"]["file_name"] == "answer.md"
            assert outside.telegram.seen.content(last["document"]["file_id"]).decode() == LONG * 2

    @pytest.mark.parametrize(
        ("to", "text", "reason"),
        [("x", "hello", "this is no chat of Telegram"), (ADA, " ", "there is nothing in it to be seen")],
    )
    async def test_what_cannot_be_sent_is_given_up(
        self, outside: Outside, autojump_clock: MockClock, to: int | str, text: str, reason: str
    ) -> None:
        async with outside.running(agent=False):
            await outside.push(text, to=to)
            await outside.settle()
            assert await outside.fates() == [("dead", reason)]


class TestPace:
    async def test_two_hundred_chats_are_served_without_telegram_having_to_refuse(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.limit()
        chats = range(1000, 1200)
        async with outside.running(agent=False):
            for chat in chats:
                outside.telegram.people.meet(chat, f"P{chat}")
                outside.telegram.people.write("hi", sender=chat)
            began = trio.current_time()
            for chat in chats:
                await outside.push("hello", to=chat)
            await outside.settle()
            assert trio.current_time() - began < 15
            assert set(outcomes(outside, "sendMessage")) == {"ok"}
            assert all(outside.texts(chat) == ["hello"] for chat in chats)

    async def test_one_chat_gets_as_much_as_it_may(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.limit()
        async with outside.running(agent=False):
            for n in range(20):
                await outside.push(f"{n}")
            await outside.settle()
            assert outcomes(outside, "sendMessage") == ["ok"] * 20

    async def test_a_chat_of_which_telegram_wants_to_hear_nothing_waits_alone(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            outside.telegram.people.meet(8, "Bob")
            outside.telegram.people.write("hi", sender=8)
            outside.telegram.faults.add("flood", on="sends", chat=ADA, seconds=20)
            began = trio.current_time()
            await outside.push("to Ada")
            await trio.sleep(1)
            assert await outside.fates() == [("pending", "Telegram asks to wait 20 s")]
            await outside.push("to Bob", to=8)
            await trio.sleep(1)
            assert (outside.texts(), outside.texts(8)) == ([], ["to Bob"])
            await outside.settle()
            assert 20 <= trio.current_time() - began < 22
            assert outside.texts() == ["to Ada"]

    async def test_when_it_is_too_much_in_all_everybody_waits(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.limit(Limits(overall=Rate(1 / 20, 3)))  # nothing we could know of
        chats = range(1000, 1010)
        async with outside.running(agent=False):
            for chat in chats:
                outside.telegram.people.meet(chat, f"P{chat}")
                outside.telegram.people.write("hi", sender=chat)
                await outside.push("hello", to=chat)
            await outside.settle()
            assert all(outside.texts(chat) == ["hello"] for chat in chats)
            assert len(outside.telegram.seen.requests("sendMessage")) < 60


class TestOutages:
    async def test_why_it_cannot_be_reached_is_told_without_the_token(self, free_port: int) -> None:
        client = Client(f"http://127.0.0.1:{free_port}/1:hush", "1:hush")
        with pytest.raises(Unreachable, match="Connection refused") as caught:
            await client.call("getMe")
        await client.close()
        assert "hush" not in str(caught.value)

    async def test_what_could_not_be_sent_is_sent_once_it_can_be(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            outside.telegram.unplug()
            await outside.push("hello")
            await trio.sleep(5)
            ((state, reason),) = await outside.fates()
            assert (state, (reason or "")[:30]) == ("pending", "Telegram could not be reached:")
            assert "Telegram cannot be reached" in outside.health()
            outside.telegram.plug()
            await outside.settle()
            assert outside.texts() == ["hello"]
            assert "Telegram" not in outside.health()

    async def test_a_long_outage_is_over_within_a_minute_of_its_end(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            outside.telegram.unplug()
            await outside.push("hello")
            await trio.sleep(1000)
            outside.telegram.plug()
            began = trio.current_time()
            await outside.settle()
            assert trio.current_time() - began < 65

    @pytest.mark.parametrize("effect", [False, True])
    async def test_what_a_server_in_trouble_may_have_done_is_tried_as_long_as_it_takes_and_says_so(
        self, outside: Outside, autojump_clock: MockClock, *, effect: bool
    ) -> None:
        outside.telegram.faults.add("html", on="sends", times=3, effect=effect)
        async with outside.running(agent=False):
            await outside.push("hello")
            await outside.push("next")
            await outside.settle()
            repeats = [f"{DOUBT}\nhello"] * (3 if effect else 1)
            assert outside.texts() == ["hello"] * effect + repeats + ["next"]

    @pytest.mark.parametrize("kind", ["drop", "silence", "half", "garbage"])
    async def test_what_may_have_arrived_is_repeated_once_and_says_so(
        self, outside: Outside, autojump_clock: MockClock, kind: Any
    ) -> None:
        outside.telegram.faults.add(kind, on="sends", effect=True)
        async with outside.running(agent=False):
            await outside.push("**hello**")
            await outside.push("next")
            await outside.settle()
            assert outside.texts() == ["hello", f"{DOUBT}\nhello", "next"]
            assert own(outside)[1]["entities"] == [{"type": "bold", "offset": len(DOUBT) + 1, "length": 5}]

    async def test_and_then_no_more(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.faults.add("drop", on="sends", effect=True, times=2)
        async with outside.running(agent=False):
            await outside.push("hello")
            await outside.push("next")
            await outside.settle()
            assert outside.texts() == ["hello", f"{DOUBT}\nhello", "next"]
            assert [state for state, _ in await outside.fates()] == ["doubtful", "sent"]

    async def test_only_the_part_in_doubt_is_repeated(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("drop", on="sends", effect=True, skip=1)
        async with outside.running(agent=False):
            await outside.push(LONG)
            await outside.settle()
            one, two, again, three = outside.texts()
            assert again == f"{DOUBT}\n{two}"
            assert f"{one} {two} {three}" == LONG.strip()


class TestLives:
    async def test_killed_between_sending_and_marking_it_is_repeated_once_and_says_so(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("silence", on="sends", effect=True, skip=1)
        async with outside.running(agent=False):
            await outside.push(LONG)
            await outside.push("next")
            await trio.sleep(1)
            assert len(outside.texts()) == 2
            outside.world.kill()
        async with outside.running(agent=False):
            await outside.settle()
            one, two, again, three, last = outside.texts()
            assert again == f"{DOUBT}\n{two}"
            assert f"{one} {two} {three}" == LONG.strip()
            assert last == "next"

    async def test_stopped_in_order_it_goes_on_with_the_next_part(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            await outside.push(LONG * 2)
            while len(outside.texts()) < 4:
                await trio.sleep(0.1)
            await outside.mesh.console.restart("telegram-sender")
            await outside.settle()
            assert " ".join(outside.texts()) == (LONG * 2).strip()
