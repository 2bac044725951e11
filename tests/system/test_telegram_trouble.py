"""Telegram over real sockets: whatever was wrong, what was written meanwhile is answered soon after it is over.

What takes minutes, such as answers that never come, is tried in virtual time: tests/actors/telegram.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest
import trio

from tests.fakes.model_server import ModelServer
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.system.daemons import PATIENCE, Daemon, Place, serving, starpod

VARIABLE: Final = "TELEGRAM_BOT_TOKEN"
REPEAT: Final = "↻"
"""How a message begins that may be a repeat."""
WRONG: Final = "4242:nobody-has-this"


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer, telegram: TelegramServer) -> Place:
    """An agent that hears of Telegram, and lets Ada speak."""
    made = Place(tmp_path / "aster", model_server.url, "openai")
    channel = f'[channels.telegram]\napi_url = "{telegram.url}"\nallowed_users = [{ADA}]\n'
    made.settings.write_text(f"{made.settings.read_text()}\n{channel}")
    return made


@asynccontextmanager
async def receiving(place: Place, telegram: TelegramServer) -> AsyncGenerator[Daemon]:
    """A daemon that waits for what is written."""
    place.variables[VARIABLE] = telegram.token
    async with serving(place) as daemon:
        await state(daemon, "polling")
        yield daemon
        assert telegram.token not in daemon.log


async def state(daemon: Daemon, wanted: str) -> str:
    """Wait until the daemon says so of Telegram. Why it is so."""
    with trio.fail_after(PATIENCE):
        while (found := await daemon.get("/api/telegram"))["state"] != wanted:
            await trio.sleep(0.1)
    return str(found["why"])


async def answered(telegram: TelegramServer, *words: str) -> None:
    """Wait until each of these has been answered, in this order, and more often than once only with a mark."""
    with trio.fail_after(PATIENCE):
        await telegram.wait_for(lambda: all(marks(telegram, word) for word in words))
    texts = telegram.seen.texts(ADA)
    assert list(dict.fromkeys(word for text in texts for word in words if word in text)) == list(words)
    assert all(all(marks(telegram, word)[1:]) for word in words), texts


def marks(telegram: TelegramServer, word: str) -> list[bool]:
    """Of each answer to a message whether it says that it may be a repeat."""
    return [text.startswith(REPEAT) for text in telegram.seen.texts(ADA) if word in text]


async def test_gateways_in_trouble_and_a_network_that_is_gone_lose_nothing(
    place: Place, telegram: TelegramServer
) -> None:
    async with receiving(place, telegram):
        telegram.people.write("first")
        await answered(telegram, "first")
        telegram.faults.add("html", times=None)
        telegram.people.write("second")
        await trio.sleep(2)
        telegram.faults.clear()
        await answered(telegram, "first", "second")
        telegram.unplug()
        telegram.people.write("third")
        await trio.sleep(2)
        telegram.plug()
        await answered(telegram, "first", "second", "third")


async def test_connections_that_break_off_lose_nothing_and_a_repeat_says_so(
    place: Place, telegram: TelegramServer
) -> None:
    async with receiving(place, telegram):
        telegram.faults.add("reset", on="polls", effect=True, times=2)
        telegram.faults.add("drop", on="sends", effect=True)
        telegram.people.write("first")
        with trio.fail_after(PATIENCE):
            await telegram.wait_for(lambda: len(marks(telegram, "first")) == 2)
        assert marks(telegram, "first") == [False, True]


async def test_another_program_with_the_same_token_is_named_until_it_ends(
    place: Place, telegram: TelegramServer
) -> None:
    async with receiving(place, telegram) as daemon:
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE) as rival:
            with trio.move_on_after(PATIENCE) as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(poll_on, rival, telegram)
                    assert "another program polls with this token" in await state(daemon, "conflict")
                    scope.cancel()
        telegram.people.write("first")
        await answered(telegram, "first")
        await state(daemon, "polling")


async def poll_on(client: httpx2.AsyncClient, telegram: TelegramServer) -> None:
    """Ask for updates, as a program does that minds no refusal."""
    while True:
        await client.get(f"{telegram.url}/bot{telegram.token}/getUpdates", params={"timeout": 1})
        await trio.sleep(0.05)


async def test_a_wrong_token_is_named_and_a_right_one_needs_no_restart(
    place: Place, telegram: TelegramServer
) -> None:
    async with serving(place) as daemon:
        assert "@BotFather" in await state(daemon, "no_token")
        telegram.people.write("first")
        for token, wanted in ((WRONG, "unauthorized"), (telegram.token, "polling")):
            done = await starpod(place.root, "vault", "set", VARIABLE, stdin=f"{token}\n")
            assert done.status == 0, done.err
            await state(daemon, wanted)
        await answered(telegram, "first")
        assert not any(token in daemon.log for token in (WRONG, telegram.token))
