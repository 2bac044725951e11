"""What was refused, gathered for the audit log."""

import logging
from functools import partial

import pytest
import trio
from trio.testing import MockClock

from actors.gateway import refusals
from actors.gateway.refusals import GATHER, Refusals
from actors.users import messages as users
from bus import Actor
from bus.testing import MeshUnderTest


class Log(Actor):
    """Takes down what it is told."""

    def __init__(self, told: list[tuple[str, str, int]]) -> None:
        self.told = told

    @users.NoteRefused.handler
    async def note(self, command: users.NoteRefused) -> None:
        self.told.append((command.address, command.what, command.count))


async def test_a_flood_is_a_few_rows(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST", 2)
    told: list[tuple[str, str, int]] = []
    await mesh.start(partial(Log, told), name="users")
    gathered = Refusals(mesh.bus)
    nursery.start_soon(gathered.run)
    for _ in range(1000):
        for address in ("a", "b", "c", "d"):
            gathered.note(address, "wrong")
    await trio.sleep(GATHER + 1)
    assert told == [("a", "wrong", 1000), ("b", "wrong", 1000), ("", "wrong", 2000)]
    gathered.note("a", "wrong")
    await trio.sleep(GATHER + 1)
    assert told[3:] == [("a", "wrong", 1)]


async def test_without_an_audit_log_the_gateway_goes_on(
    autojump_clock: MockClock, mesh: MeshUnderTest, nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    gathered = Refusals(mesh.bus)
    nursery.start_soon(gathered.run)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            gathered.note("a", "wrong")
            await trio.sleep(GATHER + 1)
    assert len(caplog.records) == 2
