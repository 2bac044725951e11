"""Who the bot of the stand-in is, as a client learns it that none of us wrote."""

import pytest
from telegram import (
    Bot,
    BotCommand,
)
from telegram.error import (
    BadRequest,
    InvalidToken,
)

from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram_bot.bot import by_bot, refused

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
