"""What the stand-in refuses, and how it fails, as a client sees it that none of us wrote."""

from datetime import timedelta

import pytest
import trio
from telegram import (
    Bot,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from trio.testing import MockClock

from tests.fakes.telegram.limits import Limits, Rate
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram_bot.bot import GROUP, by_bot, refused

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
