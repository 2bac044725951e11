"""Telegram and a real daemon: what a person writes, whatever becomes of the daemon, and what is typed about it."""

import json
import signal
import sqlite3
from contextlib import closing
from typing import Any

import pytest
import trio

from tests.fakes.model_server import ModelServer
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.system.daemons import Ended, Place, serving, starpod, start, until

HELP = "I understand"
"""What the offline model answers to help."""


def configured(
    place: Place, telegram: TelegramServer, *, allowed: bool = True, speech: ModelServer | None = None
) -> Place:
    users = f"allowed_users = [{ADA}]\n" if allowed else ""
    heard = (
        ""
        if speech is None
        else f'[speech]\ntranscriber = "openai/whisper-1"\nbase_url = "{speech.url}/v1"\n'
    )
    place.configure(f'provider = "offline"\n{heard}[channels.telegram]\napi_url = "{telegram.url}"\n{users}')
    place.variables["TELEGRAM_BOT_TOKEN"] = telegram.token
    return place


async def said(place: Place, *arguments: str, status: int = 0) -> str:
    done: Ended = await starpod(place.root, "telegram", *arguments)
    assert done.status == status, done.err
    return done.out + done.err


async def told(place: Place, *arguments: str) -> Any:
    return json.loads(await said(place, *arguments, "--json"))


async def test_a_stranger_is_let_in_and_answered_and_heard(
    place: Place, telegram: TelegramServer, model_server: ModelServer
) -> None:
    configured(place, telegram, allowed=False, speech=model_server)
    async with serving(place) as daemon:
        await until(telegram.seen.polling)
        assert "receiving" in await said(place, "status")
        assert "nobody asks" in await said(place, "pairings")
        telegram.people.write("hello")
        await telegram.wait_for(lambda: bool(telegram.seen.texts(ADA)))
        (asks,) = await told(place, "pairings")
        assert asks["code"] in telegram.seen.texts(ADA)[0]
        assert asks["code"] in await said(place, "pairings")
        assert "there is no user 'nobody'" in await said(
            place, "pair", asks["code"], "--user", "nobody", status=1
        )
        assert "speaks for admin" in await said(place, "pair", asks["code"].lower())
        assert "no pairing code" in await said(place, "refuse", asks["code"], status=1)
        await telegram.wait_for(lambda: "You are let in" in telegram.seen.texts(ADA)[-1])
        telegram.people.write("help")
        await telegram.wait_for(lambda: HELP in telegram.seen.texts(ADA)[-1])
        telegram.people.voice(b"OggS...")
        await until(lambda: turns(place)[-1] == "(spoken) Remind me of the boat.", str(turns(place)))
        assert model_server.requests[0].body["file"]["data"] == "OggS..."
        assert spent(place) == [("admin", "transcription", "openai/whisper-1", None)]
        assert telegram.token not in daemon.log


async def test_stopping_does_not_wait_for_the_poll(place: Place, telegram: TelegramServer) -> None:
    async with serving(configured(place, telegram)) as daemon:
        await until(telegram.seen.polling)
        begun = trio.current_time()
        assert await daemon.stop() == 0
        assert trio.current_time() - begun < 5  # a second of its own, and what a busy machine adds
    assert telegram.seen.polling() is False


@pytest.mark.slow
async def test_whatever_is_killed_when_each_message_is_taken_once(
    place: Place, telegram: TelegramServer
) -> None:
    configured(place, telegram)
    for n in range(6):
        daemon = start(place)
        try:
            await daemon.ready()
            await until(telegram.seen.polling)
            telegram.people.write(f"help {n}")
            await trio.sleep(0.02 * n)  # anywhere between receiving and answering
            daemon.process.send_signal(signal.SIGKILL)
        finally:
            daemon.process.kill()
            daemon.process.wait()
    async with serving(place):
        await until(lambda: not telegram.seen.waiting())
        await until(lambda: len(turns(place)) == 6, str(turns(place)))
    assert turns(place) == [f"help {n}" for n in range(6)]


def spent(place: Place) -> list[tuple[Any, ...]]:
    """What was spent beside answers."""
    with closing(sqlite3.connect(place.database)) as connection:
        query = "SELECT user_id, purpose, model, cost_usd FROM usage WHERE purpose != 'completion'"
        return connection.execute(query).fetchall()


def turns(place: Place) -> list[str]:
    """What was said, and dealt with by now, in order."""
    with closing(sqlite3.connect(place.database)) as connection:
        rows = connection.execute(
            "SELECT text FROM turns WHERE state IN ('done', 'merged') ORDER BY seq"
        ).fetchall()
    return [row[0] for row in rows]
