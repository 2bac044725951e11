"""What waits for Telegram is sent: in order, once, with a remedy for what is refused."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.notification import Notification
from actors.session import messages as session
from actors.settings.messages import SettingsChanged
from actors.telegram.client import Client
from actors.telegram.messages import Asked
from actors.telegram.parts import DOUBT, LARGEST_DOCUMENT, LARGEST_PHOTO
from actors.telegram.settings import TOKEN, Telegram
from actors.telegram.wire import Unreachable
from actors.vault import messages as vault
from actors.vocabulary import ADMIN
from bus import Actor
from tests.actors.agent.world import say
from tests.actors.telegram.outside import Outside
from tests.fakes.telegram.limits import Limits, Rate
from tests.fakes.telegram.people import ADA, PIXEL
from tests.fakes.telegram.server import TelegramServer

GROUP = -1001
LONG = "word " * 2000
"""Three messages."""


def own(outside: Outside, chat: int = ADA) -> list[dict[str, Any]]:
    """The bot's messages."""
    return [
        message
        for message in outside.telegram.seen.messages(chat)
        if "text" not in message or message["from"]["is_bot"]
    ]


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


class TestRefused:
    async def test_formatting_that_is_refused_is_left_out(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add(
            "refuse", on="sends", code=400, description="Bad Request: can't parse entities: no"
        )
        async with outside.running(agent=False):
            await outside.push("**hello**")
            await outside.settle()
            assert [("entities" in message, message["text"]) for message in own(outside)] == [
                (False, "hello")
            ]

    async def test_what_is_too_long_comes_in_pieces(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add(
            "refuse", on="sends", code=400, description="Bad Request: message is too long"
        )
        text = "word " * 400
        async with outside.running(agent=False):
            await outside.push(text)
            await outside.settle()
            assert len(outside.texts()) == 2
            assert " ".join(outside.texts()) == text.strip()

    @pytest.mark.parametrize(
        ("standing", "reason"),
        [
            ("blocked", "the bot was blocked there"),
            ("deactivated", "the Telegram account no longer exists"),
            ("unknown", "Telegram knows no such chat, or the person has not written to the bot yet"),
        ],
    )
    async def test_a_chat_that_cannot_be_written_to_is_given_up_and_the_page_says_so(
        self, outside: Outside, autojump_clock: MockClock, standing: Any, reason: str
    ) -> None:
        async with outside.running():
            outside.telegram.people.stand(ADA, standing)
            turn = await outside.turn("hello")
            await outside.settle()
            assert await outside.fates() == [("dead", reason)]
            (said,) = outside.mesh.published(Notification)
            assert (said.source, said.text) == ("outbox", reason)
            (found,) = await outside.mesh.bus.ask(session.FindTurns(turn=turn))
            assert not (await outside.mesh.bus.ask(session.Get(session=found.session, user=ADMIN))).is_read

    async def test_a_chat_that_is_not_there(self, outside: Outside, autojump_clock: MockClock) -> None:
        async with outside.running(agent=False):
            await outside.push("hello", to=99)
            await outside.settle()
            ((state, reason),) = await outside.fates()
            assert (state, reason) == (
                "dead",
                "Telegram knows no such chat, or the person has not written to the bot yet",
            )

    async def test_a_token_that_is_refused_keeps_all_waiting_until_there_is_another_one(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.token = "1:wrong"
        async with outside.running(agent=False):
            await outside.push("hello")
            await trio.sleep(400)
            assert await outside.fates() == [("pending", "Telegram does not accept the token of the bot")]
            assert len(outside.telegram.seen.requests("sendMessage")) <= 1
            assert f"Telegram refuses {TOKEN}" in outside.health()
            await outside.mesh.start(partial(Vault, outside.telegram.token), name="vault")
            await outside.mesh.bus.publish(vault.SecretsChanged(names=(TOKEN,), owner=""))
            await outside.settle(within=5)
            assert outside.texts() == ["hello"]
            assert "Telegram" not in outside.health()

    async def test_a_token_that_is_right_after_all_is_found_out(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("refuse", on="sends", code=401, description="Unauthorized")
        async with outside.running(agent=False):
            await outside.push("hello")
            await outside.settle(within=700)
            assert outside.texts() == ["hello"]


class Vault(Actor):
    """Holds the token."""

    def __init__(self, token: str) -> None:
        self._token = token

    @vault.Read.handler
    async def read(self, request: vault.Read) -> vault.Found:
        if not self._token:
            return vault.Found(secrets=(), unreadable={TOKEN: "no key"})
        return vault.Found(secrets=(vault.Secret(name=TOKEN, value=self._token),), unreadable={})


class TestSettings:
    async def test_another_address_counts_from_the_next_message_on(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False), TelegramServer.running() as other:
            await outside.push("one")
            await outside.settle()
            other.people.write("hello")
            outside.elsewhere = other.url
            await outside.push("two")
            await outside.settle()
            assert (outside.texts(), other.seen.texts(ADA)) == (["one"], ["two"])

    async def test_a_bot_that_is_turned_off_sends_nothing_until_it_is_on_again(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.bot = Telegram(enabled=False)
        async with outside.running(agent=False):
            await outside.push("hello")
            await trio.sleep(1000)
            assert [state for state, _ in await outside.fates()] == ["pending"]
            assert "Telegram" not in outside.health()
            outside.bot = Telegram()
            await outside.mesh.bus.publish(SettingsChanged(sections=("telegram",)))
            await outside.settle(within=5)
            assert outside.texts() == ["hello"]

    async def test_a_token_that_the_vault_cannot_read_is_said_to_be_so(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.token = ""
        async with outside.running(agent=False):
            await outside.mesh.start(partial(Vault, ""), name="vault")
            await outside.mesh.bus.publish(vault.SecretsChanged(names=(TOKEN,), owner=""))
            await trio.sleep(1)
            assert f"{TOKEN} is in the vault and cannot be read: no key" in outside.health()


class TestGroups:
    async def test_the_message_that_is_answered_is_replied_to(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        asked = outside.telegram.people.write("@bot hello", chat=GROUP)["message"]["message_id"]
        outside.asked["m1"] = Asked(chat=GROUP, message_id=asked, in_group=True)
        async with outside.running():
            await outside.turn("hello", say(LONG), chat=GROUP, client_message_id="m1")
            await outside.settle()
            replies = [
                message.get("reply_to_message", {}).get("message_id") for message in own(outside, GROUP)
            ]
            assert replies == [asked, None, None]

    async def test_so_is_one_that_we_answer_ourselves(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        asked = outside.telegram.people.write("/status", chat=GROUP)["message"]["message_id"]
        outside.asked["m1"] = Asked(chat=GROUP, message_id=asked, in_group=True)
        async with outside.running(agent=False):
            await outside.push("fine", to=GROUP, client_message_id="m1")
            await outside.push("news", to=GROUP)
            await outside.settle()
            replies = [
                message.get("reply_to_message", {}).get("message_id") for message in own(outside, GROUP)
            ]
            assert replies == [asked, None]

    async def test_that_it_is_gone_is_no_matter(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.people.gather(GROUP)
        outside.asked["m1"] = Asked(chat=GROUP, message_id=77, in_group=True)
        outside.telegram.faults.add(
            "refuse", on="sends", code=400, description="Bad Request: message to be replied not found"
        )
        async with outside.running():
            await outside.turn("hello", chat=GROUP, client_message_id="m1")
            await outside.settle()
            assert outside.texts(GROUP) == ["echo hello"]

    async def test_a_topic_is_answered_in_it_and_one_that_is_gone_in_the_group(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP, forum=True)
        thread = outside.telegram.people.open_topic(GROUP, "plans")["message"]["message_id"]
        async with outside.running(agent=False):
            await outside.push("in it", to=f"{GROUP}:{thread}")
            await outside.settle()
            assert outside.telegram.seen.texts(GROUP, thread) == ["in it"]
            outside.telegram.people.close_topic(GROUP, thread)
            await outside.push("beside it", to=f"{GROUP}:{thread}")
            await outside.settle()
            assert outside.texts(GROUP) == ["beside it"]

    async def test_a_group_that_has_become_another_one_is_found_there(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(-5, kind="group")
        outside.telegram.people.upgrade(-5, to=GROUP)
        async with outside.running(agent=False):
            await outside.push(LONG, to=-5)
            await outside.settle()
            assert len(outside.texts(GROUP)) == 3

    async def test_one_that_has_thrown_the_bot_out_is_given_up(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.people.gather(GROUP)
        outside.telegram.people.stand(GROUP, "kicked")
        async with outside.running(agent=False):
            await outside.push("hello", to=GROUP)
            await outside.settle()
            assert await outside.fates() == [("dead", "the bot was removed from the group")]


class TestFiles:
    async def test_pictures_come_as_such_and_everything_else_as_documents(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            files = [outside.file("documents/a.png", PIXEL), outside.file("documents/ü.txt", b"text")]
            await outside.answer("see", attachments=files, turn="t")
            await outside.settle()
            words, photo, document = own(outside)
            assert words["text"] == "see"
            assert outside.telegram.seen.content(photo["photo"][-1]["file_id"]) == PIXEL
            assert document["document"]["file_name"] == "ü.txt"
            assert outside.telegram.seen.content(document["document"]["file_id"]) == b"text"

    async def test_a_picture_that_is_refused_comes_as_a_document(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add(
            "refuse", on="sendPhoto", code=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"
        )
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("documents/a.png", PIXEL)], turn="t")
            await outside.settle()
            assert [message["document"]["file_name"] for message in own(outside)] == ["a.png"]

    @pytest.mark.parametrize(
        ("size", "what"),
        [
            (LARGEST_PHOTO + 1, "document"),
            (LARGEST_DOCUMENT + 1, "too large for Telegram"),
            (0, "did not take"),
        ],
    )
    async def test_a_file_that_is_too_large_is_named_with_its_place(
        self, outside: Outside, autojump_clock: MockClock, size: int, what: str
    ) -> None:
        async with outside.running(agent=False):
            file = outside.file("documents/a.png", PIXEL[: min(size, len(PIXEL))])
            with (outside.home / "documents/a.png").open("r+b") as opened:
                opened.truncate(size)
            await outside.answer(attachments=[file], turn="t")
            await outside.settle()
            (message,) = own(outside)
            if what == "document":
                assert message["document"]["file_name"] == "a.png"
            else:
                assert what in message["text"]
                assert "documents/a.png" in message["text"]

    async def test_one_that_is_gone_is_named_as_well(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        async with outside.running(agent=False):
            file = outside.file("documents/a.txt", b"text")
            (outside.home / "documents/a.txt").unlink()
            await outside.answer("see", attachments=[file], turn="t")
            await outside.settle()
            assert outside.texts() == ["see", "📎 a.txt is no longer where it was: documents/a.txt"]

    async def test_one_that_telegram_does_not_take_is_named_as_well(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("refuse", on="uploads", code=413, description="Request Entity Too Large")
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.settle()
            assert outside.texts() == ["📎 Telegram did not take a.txt. It is here: a.txt"]

    async def test_one_that_never_gets_through_keeps_nobody_waiting_for_ever(
        self, outside: Outside, autojump_clock: MockClock
    ) -> None:
        outside.telegram.faults.add("html", on="uploads", times=None)
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.push("next")
            await outside.settle(within=600)
            assert outside.texts() == [f"{DOUBT}\n📎 Telegram did not take a.txt. It is here: a.txt", "next"]

    async def test_one_in_doubt_says_so(self, outside: Outside, autojump_clock: MockClock) -> None:
        outside.telegram.faults.add("drop", on="uploads", effect=True)
        async with outside.running(agent=False):
            await outside.answer(attachments=[outside.file("a.txt", b"text")], turn="t")
            await outside.settle()
            assert [message.get("caption") for message in own(outside)] == [None, DOUBT]
