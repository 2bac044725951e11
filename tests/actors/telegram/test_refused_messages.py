"""What Telegram refuses: the remedy for each reason, and what settings and the vault have to do with it."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.notification import Notification
from actors.session import messages as session
from actors.settings.messages import SettingsChanged
from actors.telegram.settings import TOKEN, Telegram
from actors.vault import messages as vault
from actors.vocabulary import ADMIN
from bus import Actor
from tests.actors.telegram.outside import Outside, own
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer


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
