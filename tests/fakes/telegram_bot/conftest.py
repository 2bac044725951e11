"""The stand-in for the Bot API, to whose bot Ada has written."""

import pytest

from tests.fakes.telegram.server import TelegramServer


@pytest.fixture
async def telegram(telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> TelegramServer:
    """The stand-in, to whose bot Ada has written."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else the client warns of what is going to change
    telegram.people.write("/start")
    telegram.world.updates.clear()
    return telegram
