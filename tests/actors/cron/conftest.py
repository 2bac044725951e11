"""The scheduler beside an agent, for every test here that asks for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import trio

from actors.context import context_of
from actors.cron import messages as cron
from actors.persona import messages as persona
from actors.session import messages as session
from bus.message.clock import VIRTUAL_START, Clock
from tests.actors.agent import world as worlds
from tests.actors.agent.world import World
from tests.actors.cron import book as books
from tests.actors.cron.book import Book
from tests.actors.cron.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    def now(_clock: Clock) -> datetime:
        begun.append(trio.current_time())
        return VIRTUAL_START + timedelta(seconds=trio.current_time() - begun[0] + offset[0])

    begun, offset = list[float](), [0.0]
    monkeypatch.setattr(Clock, "now", now)  # one clock for all lives of the program
    scheduler = session.ChannelPolicy("scheduler", gap=timedelta(days=1))
    monkeypatch.setattr(worlds, "CHANNELS", (*worlds.CHANNELS, scheduler))
    context = (*map(context_of, persona.CONTEXT), context_of(cron.RunContext))
    return Desk(World(tmp_path, context=context), tmp_path, offset)


@pytest.fixture
def book() -> Iterator[Book]:
    with books.book() as opened:
        yield opened
