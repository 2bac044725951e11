"""Updates of the stand-in: what people send, polled by a client that none of us wrote."""

from datetime import UTC, datetime

import pytest
import trio
from telegram import (
    Bot,
    MessageEntity,
    Update,
)
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    Conflict,
)

from tests.fakes.telegram.files import DOWNLOAD_LIMIT
from tests.fakes.telegram.people import ADA, PIXEL
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram_bot.bot import GROUP, by_bot, refused

# --- updates


async def test_updates_stay_until_a_higher_offset_confirms_them(telegram: TelegramServer) -> None:
    ids = [telegram.people.write(text)["update_id"] for text in "abc"]

    async def work(bot: Bot) -> None:
        for _ in range(2):
            assert [u.update_id for u in await bot.get_updates()] == ids
        assert [u.update_id for u in await bot.get_updates(limit=2)] == ids[:2]
        assert [u.update_id for u in await bot.get_updates(offset=ids[1])] == ids[1:]
        assert [u.update_id for u in await bot.get_updates(offset=ids[0])] == ids[1:]
        assert [u.update_id for u in await bot.get_updates(offset=ids[2] + 100)] == ids[1:]
        assert [u.update_id for u in await bot.get_updates(offset=-1)] == ids[2:]
        assert await bot.get_updates(offset=ids[2] + 1) == ()

    await by_bot(telegram, work)
    assert telegram.seen.waiting() == []
    telegram.people.renumber_updates(5)
    assert telegram.people.write("d")["update_id"] == 5


async def test_a_poll_waits_for_the_next_update_of_a_wanted_kind(telegram: TelegramServer) -> None:
    telegram.people.gather(GROUP, forum=False)
    got: list[Update] = []

    async def poll() -> None:
        got.extend(
            await by_bot(telegram, lambda bot: bot.get_updates(timeout=20, allowed_updates=["message"]))
        )

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll)
        await telegram.wait_for(telegram.seen.polling)
        message = telegram.world.chats[ADA].messages
        telegram.people.edit(next(iter(message)), "not wanted")
        telegram.people.write("hello @starpod_test_bot", chat=GROUP)
    assert got[0].message is not None
    assert got[0].message.chat.type == ChatType.SUPERGROUP
    assert got[0].message.parse_entities([MessageEntity.MENTION])
    assert len(got) == 1


async def test_of_two_polls_the_older_is_ended(telegram: TelegramServer) -> None:
    async with trio.open_nursery() as nursery:
        ended: list[str] = []

        async def first() -> None:
            ended.append(await refused(telegram, Conflict, lambda bot: bot.get_updates(timeout=20)))

        nursery.start_soon(first)
        await telegram.wait_for(telegram.seen.polling)
        assert await by_bot(telegram, lambda bot: bot.get_updates()) == ()
    assert ended == [
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    ]


async def test_no_polls_while_there_is_a_webhook(telegram: TelegramServer) -> None:
    telegram.people.webhook("https://elsewhere.example/")
    assert await refused(telegram, Conflict, lambda bot: bot.get_updates()) == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    )
    telegram.people.write("a")

    async def work(bot: Bot) -> None:
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == ("https://elsewhere.example/", 1)
        assert await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""
        assert len(await bot.get_updates()) == 1
        assert await bot.set_webhook("https://a.example", drop_pending_updates=True)
        assert await bot.delete_webhook()
        assert await bot.get_updates() == ()

    await by_bot(telegram, work)


async def test_a_webhook_ends_the_poll_that_waits(telegram: TelegramServer) -> None:
    async with trio.open_nursery() as nursery:
        ended: list[str] = []

        async def first() -> None:
            ended.append(await refused(telegram, Conflict, lambda bot: bot.get_updates(timeout=20)))

        nursery.start_soon(first)
        await telegram.wait_for(telegram.seen.polling)
        telegram.people.webhook("https://elsewhere.example/")
    assert ended == ["Conflict: terminated by setWebhook request"]


async def test_everything_that_people_send_is_read(telegram: TelegramServer) -> None:
    people = telegram.people
    people.gather(GROUP, "Club", forum=True)
    topic = people.open_topic(GROUP, "Weather")["message"]["message_id"]
    start = next(iter(telegram.world.chats[ADA].messages))
    people.write("see https://a.example", reply_to=start, date=1_700_000_000)
    people.photo("look", sender=8)
    people.album([PIXEL, PIXEL], ["both"])
    people.document(b"a,b\n", "t.csv", "text/csv", "table")
    people.voice(b"ogg", 4)
    people.location(47.5, 8.5)
    people.send({"contact": {"phone_number": "1", "first_name": "Bob"}})
    people.edit(start, "/stop")
    people.write("in a topic", chat=GROUP, thread=topic)
    people.write("anonymous", chat=GROUP, sender=None)
    people.gather(-1002, "News", "channel")
    people.write("posted", chat=-1002)

    updates = await by_bot(telegram, lambda bot: bot.get_updates())
    messages = [update.effective_message for update in updates]
    assert None not in messages
    made, text, photo, one, two, document, voice, location, contact, edited, threaded, anonymous, post = (
        filter(None, messages)
    )
    assert made.forum_topic_created is not None
    assert text.reply_to_message is not None
    assert text.date == datetime.fromtimestamp(1_700_000_000, UTC)
    assert text.parse_entities() == {text.entities[0]: "https://a.example"}
    assert (photo.caption, photo.from_user and photo.from_user.username) == ("look", None)
    assert [size.width for size in photo.photo] == [90, 1280]
    assert one.media_group_id == two.media_group_id
    assert (one.caption, two.caption) == ("both", None)
    assert document.document is not None
    assert (document.document.file_name, document.document.file_size) == ("t.csv", 4)
    assert voice.voice is not None
    assert location.location is not None
    assert contact.contact is not None
    assert edited.edit_date is not None
    assert edited.text == "/stop"
    assert (threaded.message_thread_id, threaded.is_topic_message) == (topic, True)
    assert threaded.reply_to_message is not None
    assert threaded.reply_to_message.forum_topic_created is not None
    assert anonymous.sender_chat is not None
    assert anonymous.from_user is not None
    assert anonymous.from_user.is_bot
    assert (post.chat.type, post.from_user, post.text) == (ChatType.CHANNEL, None, "posted")


async def test_files_are_fetched_up_to_a_size(telegram: TelegramServer) -> None:
    telegram.people.document(b"four")
    telegram.people.document(b"", size=DOWNLOAD_LIMIT + 1)

    async def work(bot: Bot) -> bytearray:
        small, large = [u.message.document for u in await bot.get_updates() if u.message]
        assert small is not None
        assert large is not None
        with pytest.raises(BadRequest, match="File is too big"):
            await large.get_file()
        with pytest.raises(BadRequest, match="Wrong file_id"):
            await bot.get_file("none")
        return await (await small.get_file()).download_as_bytearray()

    assert await by_bot(telegram, work) == b"four"
