"""The stand-in for the Bot API, read by a client that none of us wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
import trio
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatAction, ChatType, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest
from trio.testing import MockClock

from tests.fakes.telegram.files import DOWNLOAD_LIMIT, PHOTO_LIMIT
from tests.fakes.telegram.limits import Limits, Rate
from tests.fakes.telegram.people import ADA, PIXEL
from tests.fakes.telegram.server import TelegramServer

T = TypeVar("T")
GROUP = -1001


async def by_bot(
    telegram: TelegramServer, work: Callable[[Bot], Awaitable[T]], token: str = "", patience: float = 60
) -> T:
    """What a bot gets that does `work` on an event loop of its own."""

    async def run() -> T:
        request = [
            HTTPXRequest(
                read_timeout=patience,
                connect_timeout=60,
                write_timeout=60,
                media_write_timeout=60,
                pool_timeout=60,
                httpx_kwargs={"trust_env": False, "verify": False},
            )
            for _ in range(2)
        ]
        bot = Bot(
            token or telegram.token,
            base_url=f"{telegram.url}/bot",
            base_file_url=f"{telegram.url}/file/bot",
            request=request[0],
            get_updates_request=request[1],
        )
        await asyncio.gather(*(each.initialize() for each in request))
        try:
            return await work(bot)
        finally:
            await asyncio.gather(*(each.shutdown() for each in request))

    return await trio.to_thread.run_sync(lambda: asyncio.run(run()))


async def refused(
    telegram: TelegramServer, kind: type[TelegramError], work: Callable[[Bot], Awaitable[object]]
) -> str:
    """How the client puts the refusal that `work` gets."""
    with pytest.raises(kind) as caught:
        await by_bot(telegram, work)
    assert type(caught.value) is kind
    return caught.value.message


@pytest.fixture
async def telegram(telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> TelegramServer:
    """The stand-in, to whose bot Ada has written."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else the client warns of what is going to change
    telegram.people.write("/start")
    telegram.world.updates.clear()
    return telegram


# --- who the bot is, and what it offers


async def test_a_bot_learns_who_it_is_and_offers_commands(telegram: TelegramServer) -> None:
    async def work(bot: Bot) -> None:
        me = await bot.get_me()
        assert (me.id, me.username, me.is_bot) == (telegram.world.bot.id, "starpod_test_bot", True)
        assert await bot.set_my_commands([BotCommand("new", "Begin anew")])
        assert await bot.get_my_commands() == (BotCommand("new", "Begin anew"),)
        assert await bot.get_my_commands(language_code="de") == ()
        assert await bot.delete_my_commands()
        assert await bot.get_my_commands() == ()
        assert (await bot.get_chat(ADA)).first_name == "Ada"

    await by_bot(telegram, work)
    assert [call["method"] for call in telegram.seen.requests()][:2] == ["getMe", "setMyCommands"]


async def test_a_token_that_is_not_the_bots_is_refused(telegram: TelegramServer) -> None:
    with pytest.raises(InvalidToken):
        await by_bot(telegram, lambda bot: bot.get_me(), token="4242:other")
    with pytest.raises(InvalidToken):  # 404, which the client takes for the same
        await by_bot(telegram, lambda bot: bot.get_me(), token="no-token")
    assert [call["outcome"] for call in telegram.seen.requests()] == ["Unauthorized", "Not Found"]


async def test_a_token_can_be_replaced(telegram: TelegramServer) -> None:
    before = telegram.token
    telegram.people.new_token("4242:new")
    assert (await by_bot(telegram, lambda bot: bot.get_me())).id == 4242
    with pytest.raises(InvalidToken):
        await by_bot(telegram, lambda bot: bot.get_me(), token=before)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("New", "Begin"), "Bot_command_invalid"),
        (("new", ""), "Bot_command_description_invalid"),
    ],
)
async def test_a_command_that_telegram_would_not_list(
    telegram: TelegramServer, command: tuple[str, str], why: str
) -> None:
    assert await refused(telegram, BadRequest, lambda bot: bot.set_my_commands([command])) == why


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


# --- messages


async def test_a_message_is_sent_changed_and_taken_away(telegram: TelegramServer) -> None:
    start = next(iter(telegram.world.chats[ADA].messages))

    async def work(bot: Bot) -> None:
        assert await bot.send_chat_action(ADA, ChatAction.TYPING)
        sent = await bot.send_message(
            ADA,
            "  Hello 👉 bold",
            entities=[MessageEntity(MessageEntity.BOLD, 11, 4)],
            reply_parameters=ReplyParameters(start),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        assert sent.text == "Hello 👉 bold"
        assert sent.parse_entities() == {MessageEntity(MessageEntity.BOLD, 9, 4): "bold"}
        assert sent.reply_to_message is not None
        assert sent.link_preview_options is not None
        again = await bot.send_message(ADA, "<b>a</b> &lt; b", parse_mode=ParseMode.HTML)
        assert again.text_html == "<b>a</b> &lt; b"
        edited = await sent.edit_text("Hello again")
        assert isinstance(edited, Message)
        assert edited.edit_date is not None
        for message in (sent, edited):
            with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
                await message.edit_text("Hello again")
        assert await again.delete()
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await again.delete()
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await again.edit_text("x")
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await bot.edit_message_text("x", ADA, start)

    await by_bot(telegram, work)
    assert telegram.seen.texts(ADA) == ["Hello again"]
    assert [m.get("text") for m in telegram.seen.messages(ADA)] == ["/start", "Hello again"]
    assert telegram.seen.versions(ADA, start + 1) == ["Hello 👉 bold", "Hello again"]
    assert [event["what"] for event in telegram.seen.history(ADA)] == [
        "sent",
        "sent",
        "sent",
        "edited",
        "deleted",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Message text is empty"),
        (" \n ", "Message text is empty"),
        ("<b></b>", "Message text is empty"),
        ("👉" * 2048 + "a", "Message is too long"),
        ("a <b>c", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
    ],
)
async def test_a_text_that_telegram_does_not_take(telegram: TelegramServer, text: str, why: str) -> None:
    async def work(bot: Bot) -> None:
        await bot.send_message(ADA, text, parse_mode=ParseMode.HTML)

    assert (await refused(telegram, BadRequest, work)).lower() == why.lower()


async def test_entities_are_checked(telegram: TelegramServer) -> None:
    async def work(bot: Bot) -> None:
        await bot.send_message(ADA, "👉", entities=[MessageEntity(MessageEntity.BOLD, 0, 1)])

    why = await refused(telegram, BadRequest, work)
    assert (
        why == "Entity beginning at utf-16 offset 0 ends in a middle of a utf-16 symbol at byte offset 4"
        or (
            why.lower()
            == "entity beginning at utf-16 offset 0 ends in a middle of a utf-16 symbol at byte offset 4"
        )
    )


async def test_buttons_are_shown_and_pressed(telegram: TelegramServer) -> None:
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    sent = await by_bot(telegram, lambda bot: bot.send_message(ADA, "Really?", reply_markup=keys))
    with pytest.raises(LookupError, match="no button 'n'"):
        telegram.people.press(sent.message_id, "n")
    query = telegram.people.press(sent.message_id, "y")["callback_query"]["id"]
    assert telegram.seen.callbacks() == {query: None}

    async def work(bot: Bot) -> None:
        (update,) = await bot.get_updates()
        assert update.callback_query is not None
        assert update.callback_query.data == "y"
        assert await update.callback_query.answer("Done")
        await update.callback_query.edit_message_reply_markup()
        with pytest.raises(BadRequest, match="Query is too old and response timeout expired"):
            await update.callback_query.answer()

    await by_bot(telegram, work)
    assert telegram.seen.callbacks()[query] == {"callback_query_id": query, "text": "Done"}
    assert "reply_markup" not in telegram.seen.messages(ADA)[-1]
    too_long = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y" * 65)]])
    why = await refused(telegram, BadRequest, lambda bot: bot.send_message(ADA, "x", reply_markup=too_long))
    assert why == "Button_data_invalid"


async def test_topics_have_their_own_messages(telegram: TelegramServer) -> None:
    telegram.people.gather(GROUP, forum=True)
    topic = telegram.people.open_topic(GROUP, "Weather")["message"]["message_id"]
    asked = telegram.people.write("rain?", chat=GROUP, thread=topic)["message"]["message_id"]

    async def work(bot: Bot) -> None:
        await bot.send_message(GROUP, "general")
        await bot.send_message(GROUP, "yes", message_thread_id=topic)
        sent = await bot.send_message(GROUP, "very", reply_parameters=ReplyParameters(asked))
        assert (sent.message_thread_id, sent.is_topic_message) == (topic, True)
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(GROUP, "x", message_thread_id=topic + 99)
        with pytest.raises(BadRequest, match="Message to be replied not found"):
            await bot.send_message(GROUP, "x", reply_parameters=ReplyParameters(99))
        await bot.send_message(
            GROUP, "anyway", reply_parameters=ReplyParameters(99, allow_sending_without_reply=True)
        )
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await bot.delete_message(GROUP, asked)

    await by_bot(telegram, work)
    assert telegram.seen.texts(GROUP, topic) == ["yes", "very"]
    assert telegram.seen.texts(GROUP) == ["general", "yes", "very", "anyway"]
    telegram.people.close_topic(GROUP, topic)
    assert telegram.seen.texts(GROUP) == ["general", "anyway"]


# --- files


async def test_pictures_and_documents_arrive_whole(telegram: TelegramServer) -> None:
    async def work(bot: Bot) -> None:
        photo = await bot.send_photo(ADA, PIXEL, caption="<i>dot</i>", parse_mode=ParseMode.HTML)
        assert photo.caption_html == "<i>dot</i>"
        again = await bot.send_photo(ADA, photo.photo[-1].file_id)
        assert again.photo[-1].width == 1
        document = await bot.send_document(ADA, b"\x00\xff\r\n--", filename="raw.bin", caption="raw")
        assert document.document is not None
        assert document.document.file_name == "raw.bin"
        group = await bot.send_media_group(ADA, [InputMediaPhoto(PIXEL, caption="a"), InputMediaPhoto(PIXEL)])
        assert len({message.media_group_id for message in group}) == 1
        assert (await photo.edit_caption("point")) is not True

    await by_bot(telegram, work)
    assert telegram.seen.texts(ADA) == ["point", "", "raw", "a", ""]
    (document,) = [m["document"] for m in telegram.seen.messages(ADA) if "document" in m]
    assert telegram.seen.content(document["file_id"]) == b"\x00\xff\r\n--"
    (call,) = telegram.seen.requests("sendDocument")
    assert call["parameters"]["document"] == {
        "name": "raw.bin",
        "media_type": "application/octet-stream",
        "size": 6,
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"no picture", "Image_process_failed"),
        (PIXEL[:16] + b"\0\0\x30\0\0\0\0\x01" + PIXEL[24:], "Photo_invalid_dimensions"),
        (
            PIXEL + bytes(PHOTO_LIMIT),
            f"File of size {PHOTO_LIMIT + len(PIXEL)} bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
        (b"", "File must be non-empty"),
    ],
)
async def test_a_picture_that_telegram_does_not_take(telegram: TelegramServer, data: bytes, why: str) -> None:
    assert await refused(telegram, BadRequest, lambda bot: bot.send_photo(ADA, data)) == why


async def test_captions_are_shorter_than_texts(telegram: TelegramServer) -> None:
    why = await refused(telegram, BadRequest, lambda bot: bot.send_photo(ADA, PIXEL, caption="a" * 1025))
    assert why == "Message caption is too long"


# --- whom the bot may not write to


async def test_a_chat_that_is_not_there(telegram: TelegramServer) -> None:
    assert await refused(telegram, BadRequest, lambda bot: bot.send_message(99, "x")) == "Chat not found"


async def test_people_who_do_not_want_the_bot(telegram: TelegramServer) -> None:
    telegram.people.meet(8, "Bob")
    telegram.people.gather(GROUP)
    telegram.people.stand(ADA, "blocked")
    telegram.people.stand(GROUP, "kicked")
    expected = {
        ADA: "Forbidden: bot was blocked by the user",
        8: "Forbidden: bot can't initiate conversation with a user",
        GROUP: "Forbidden: bot was kicked from the supergroup chat",
    }

    async def work(bot: Bot) -> dict[int, str]:
        return {chat: await send(bot, chat) for chat in expected}

    async def send(bot: Bot, chat: int) -> str:
        with pytest.raises(Forbidden) as caught:
            await bot.send_message(chat, "x")
        return caught.value.message

    assert await by_bot(telegram, work) == expected
    telegram.people.stand(ADA, "deactivated")
    why = await refused(telegram, Forbidden, lambda bot: bot.send_message(ADA, "x"))
    assert why == "Forbidden: user is deactivated"
    telegram.people.stand(GROUP, "muted")
    why = await refused(telegram, BadRequest, lambda bot: bot.send_message(GROUP, "x"))
    assert why == "Not enough rights to send text messages to the chat"
    telegram.people.write("back again")
    await by_bot(telegram, lambda bot: bot.send_message(ADA, "welcome"))


async def test_a_group_that_moved_says_where_to(telegram: TelegramServer) -> None:
    telegram.people.gather(-5, kind="group")
    telegram.people.upgrade(-5, GROUP)
    with pytest.raises(ChatMigrated) as caught:
        await by_bot(telegram, lambda bot: bot.send_message(-5, "x"))
    assert caught.value.new_chat_id == GROUP
    old, new = await by_bot(telegram, lambda bot: bot.get_updates())
    assert old.message is not None
    assert old.message.migrate_to_chat_id == GROUP
    assert new.message is not None
    assert new.message.migrate_from_chat_id == -5


async def test_too_much_is_refused_with_a_time_to_wait(telegram: TelegramServer) -> None:
    telegram.limit(Limits(chat=Rate(0.5, 2), edits=Rate(0.1, 1)))
    telegram.world.clock = lambda: 0.0

    async def work(bot: Bot) -> None:
        first = await bot.send_message(ADA, "1")
        await bot.send_message(ADA, "2")
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(ADA, "3")
        assert caught.value.retry_after == timedelta(seconds=2)
        await first.edit_text("1a")
        with pytest.raises(RetryAfter) as caught:
            await first.edit_text("1b")
        assert caught.value.retry_after == timedelta(seconds=10)
        telegram.world.clock = lambda: 10.0
        await first.edit_text("1c")

    await by_bot(telegram, work)
    assert telegram.seen.texts(ADA) == ["1c", "2"]
    assert [call["outcome"] for call in telegram.seen.requests("sendMessage")] == [
        "ok",
        "ok",
        "Too Many Requests: retry after 2",
    ]


# --- what goes wrong


@pytest.mark.parametrize("effect", [False, True])
async def test_a_dropped_call_may_have_taken_effect(telegram: TelegramServer, *, effect: bool) -> None:
    telegram.faults.add("drop", on="sends", effect=effect)
    await refused(telegram, NetworkError, lambda bot: bot.send_message(ADA, "x"))
    assert telegram.seen.texts(ADA) == (["x"] if effect else [])
    await by_bot(telegram, lambda bot: bot.send_message(ADA, "y"))


async def test_proxies_answer_in_html_and_servers_in_pieces(telegram: TelegramServer) -> None:
    for kind, error in (("html", NetworkError), ("garbage", TelegramError), ("reset", NetworkError)):
        telegram.faults.add(kind)  # type: ignore[arg-type]
        await refused(telegram, error, lambda bot: bot.send_message(ADA, "x"))
    telegram.faults.add("refuse", code=500)
    await refused(telegram, NetworkError, lambda bot: bot.send_message(ADA, "x"))
    telegram.faults.add("flood", seconds=7)
    await refused(telegram, RetryAfter, lambda bot: bot.send_message(ADA, "x"))
    assert telegram.seen.texts(ADA) == []
    telegram.faults.add("slow", seconds=0.05)
    await by_bot(telegram, lambda bot: bot.send_message(ADA, "y"))
    assert telegram.seen.texts(ADA) == ["y"]
    assert [call["outcome"] for call in telegram.seen.requests("sendMessage")] == [
        "html",
        "garbage",
        "reset",
        "refuse",
        "flood",
        "slow after: ok",
    ]


async def test_what_never_comes_is_not_waited_for_forever(
    telegram: TelegramServer, autojump_clock: MockClock
) -> None:
    with pytest.raises(trio.TooSlowError):
        await telegram.wait_for(telegram.seen.polling)


@pytest.mark.parametrize("kind", ["silence", "half"])
async def test_an_answer_that_does_not_come_is_waited_for_in_vain(
    telegram: TelegramServer, kind: str
) -> None:
    telegram.faults.add(kind, on="polls", times=None)  # type: ignore[arg-type]
    with pytest.raises(TimedOut):
        await by_bot(telegram, lambda bot: bot.get_updates(), patience=0.2)
    await by_bot(telegram, lambda bot: bot.send_message(ADA, "x"))
    telegram.faults.clear()
    await by_bot(telegram, lambda bot: bot.get_updates())


async def test_a_file_that_is_cut_off_is_not_taken_for_whole(telegram: TelegramServer) -> None:
    telegram.people.document(b"12345678")
    telegram.faults.add("half", on="file")

    async def work(bot: Bot) -> None:
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        with pytest.raises(TimedOut):
            await file.download_as_bytearray(read_timeout=0.2)
        assert await file.download_as_bytearray() == b"12345678"

    await by_bot(telegram, work)


async def test_faults_are_counted_and_meant_for_some(telegram: TelegramServer) -> None:
    telegram.people.write("hi", sender=8)
    telegram.faults.add(
        "refuse", on="sendMessage", chat=ADA, skip=1, times=2, code=400, description="Bad Request: x"
    )

    async def send(bot: Bot, chat: int) -> str:
        try:
            await bot.send_message(chat, "text")
        except BadRequest as error:
            return error.message
        return ""

    async def work(bot: Bot) -> list[str]:
        return [await send(bot, chat) for chat in (ADA, 8, ADA, ADA, 8, ADA)]

    assert await by_bot(telegram, work) == ["", "", "X", "X", "", ""]
