"""A question in a chat and a real daemon: answered by a button once, wherever the daemon is killed meanwhile."""

import signal
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.system.daemons import PATIENCE, Place, check_log, serving, start, until

SETTINGS = """
provider = "anthropic"
model = "test-model"
[providers.anthropic]
base_url = "{model}"
[channels.telegram]
api_url = "{telegram}"
allowed_users = [{ada}]
[permissions]
FileWrite = "ask"
"""


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer, telegram: TelegramServer) -> Place:
    place = Place(tmp_path / "aster", model_server.url)
    place.configure(SETTINGS.format(model=model_server.url, telegram=telegram.url, ada=ADA))
    place.variables["TELEGRAM_BOT_TOKEN"] = telegram.token
    model_server.script(
        Reply(Call("FileWrite", {"path": "a.md", "content": "one\n"})), Reply(Say("It is written."))
    )
    return place


def questions(telegram: TelegramServer) -> list[Any]:
    """Messages with buttons."""
    return [message for message in telegram.seen.messages(ADA) if "reply_markup" in message]


def press(telegram: TelegramServer, words: str) -> None:
    (message,) = questions(telegram)
    rows = message["reply_markup"]["inline_keyboard"]
    data = next(button["callback_data"] for row in rows for button in row if button["text"] == words)
    telegram.people.press(message["message_id"], data)


async def ended(place: Place, telegram: TelegramServer) -> None:
    """Wait until all that happens is to be seen in the chat, and fail unless it has happened once."""
    await telegram.wait_for(lambda: "It is written." in telegram.seen.texts(ADA))
    await telegram.wait_for(lambda: not questions(telegram))
    await until(lambda: not telegram.seen.waiting())
    texts = telegram.seen.texts(ADA)
    assert texts.count("It is written.") == 1
    assert len([text for text in texts if "Allowed once, by admin here." in text]) == 1
    assert place.file("a.md") == "one\n"


async def test_a_button_is_enough(place: Place, telegram: TelegramServer) -> None:
    async with serving(place) as daemon:
        await until(telegram.seen.polling)
        telegram.people.write("write it")
        await telegram.wait_for(lambda: bool(questions(telegram)))
        assert not (place.home / "a.md").exists()
        press(telegram, "Allow once")
        await ended(place, telegram)
        answers = [row for row in await daemon.get("/api/settings/audit") if row["kind"] == "answer"]
        assert [row["words"]["proof"] for row in answers] == ["telegram"]


@pytest.mark.parametrize("point", ["telegram.before_answer", "telegram.after_answer"])
async def test_a_daemon_that_is_killed_between_the_button_and_its_answer_does_it_once(
    place: Place, telegram: TelegramServer, point: str
) -> None:
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        await daemon.ready()
        await until(telegram.seen.polling)
        telegram.people.write("write it")
        await telegram.wait_for(lambda: bool(questions(telegram)))
        with trio.fail_after(PATIENCE):  # of what is being sent nobody knows whether it has come
            while await daemon.get("/api/outbox", which="waiting"):
                await trio.sleep(0.02)
        press(telegram, "Allow once")
        await until(lambda: not daemon.running)
        assert daemon.process.returncode == -signal.SIGKILL
        assert list(telegram.seen.callbacks().values()) == [None]
    finally:
        daemon.process.kill()
        daemon.process.wait()
    async with serving(place) as daemon:
        await ended(place, telegram)
        rows = await daemon.get("/api/settings/audit", tool="FileWrite")
        assert [row["kind"] for row in rows].count("answer") == 1
        # The answer may have let the call begin before the daemon was killed: each attempt is noted.
        assert {row["verdict"] for row in rows if row["kind"] == "call"} == {"allowed"}
        check_log(daemon)


async def test_a_question_that_the_page_has_asked_is_answered_in_the_chat(
    place: Place, telegram: TelegramServer
) -> None:
    async with serving(place) as daemon:
        await until(telegram.seen.polling)
        link = await daemon.request(
            "PUT", "/api/settings/auth/users/admin/telegram", json={"telegram_id": ADA}
        )
        assert link.status_code == 200, link.text
        telegram.people.write("/start")  # who has never written cannot be written to
        await telegram.wait_for(lambda: bool(telegram.seen.texts(ADA)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(daemon.chat, "write it")
            await telegram.wait_for(lambda: bool(questions(telegram)))
            assert questions(telegram)[0]["text"].startswith("May I use FileWrite?\na.md\n")
            press(telegram, "Allow once")
        await telegram.wait_for(lambda: not questions(telegram))
        assert place.file("a.md") == "one\n"
