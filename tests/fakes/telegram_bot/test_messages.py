"""Messages to the stand-in, sent by a client that none of us wrote."""

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
)

from tests.fakes.telegram.files import PHOTO_LIMIT
from tests.fakes.telegram.people import ADA, PIXEL
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram_bot.bot import GROUP, by_bot, refused

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
