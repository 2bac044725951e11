"""A message to a person when the process dies while it is being sent: point by point, with a real daemon."""

import signal
from pathlib import Path

import pytest
import trio

from actors.telegram.parts import DOUBT
from actors.telegram.settings import TOKEN
from tests.fakes.model_server import ModelServer
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer
from tests.system.daemons import PATIENCE, Place, serving, start


def seen(telegram: TelegramServer) -> list[str]:
    """The answers in short; those that may be repeats with a mark."""
    texts = telegram.seen.texts(ADA)
    words = ["hello" if "You said: hello" in text else "bye" for text in texts]
    return [f"{'↻ ' * text.startswith(DOUBT)}{word}" for text, word in zip(texts, words, strict=True)]


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer, telegram: TelegramServer) -> Place:
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    channel = f'\n[channels.telegram]\napi_url = "{telegram.url}"\nallowed_users = [{ADA}]\n'
    place.settings.write_text(place.settings.read_text() + channel, encoding="utf-8")
    place.variables[TOKEN] = telegram.token
    return place


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("outbox.before_send", ["↻ hello"]),
        ("telegram.after_send", ["hello", "↻ hello"]),
        ("outbox.before_mark", ["hello", "↻ hello"]),
        ("outbox.after_end", ["hello"]),
    ],
)
async def test_it_arrives_and_a_repeat_says_so(
    place: Place, telegram: TelegramServer, point: str, expected: list[str]
) -> None:
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        await daemon.ready()
        telegram.people.write("hello")
        assert await daemon.ended() == -signal.SIGKILL, daemon.log
    finally:
        daemon.process.kill()
        daemon.process.wait()
    async with serving(place):
        telegram.people.write("bye")
        with trio.fail_after(PATIENCE):
            await telegram.wait_for(lambda: "bye" in seen(telegram))
    assert seen(telegram) == [*expected, "bye"]
