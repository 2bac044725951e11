"""The owner of a job is told how its runs end, whatever of what they are told by can be used."""

import sqlite3
from contextlib import closing

import pytest
import trio
from trio.testing import MockClock

from actors.cron import ledger
from actors.session import messages as session
from actors.session import outbox
from actors.storage import micros
from actors.users import messages as users
from actors.vocabulary import ADMIN
from bus import conceal
from tests.actors.agent.world import say
from tests.actors.cron.desk import Desk

ANSWER = "All is well. " * 200


async def link(desk: Desk) -> None:
    await desk.mesh.bus.ask(users.LinkTelegram(id=ADMIN, telegram_id=7, user=ADMIN, proof="operator"))


async def sent(desk: Desk) -> list[session.OutboxRow]:
    """All that waits for the chat of the admin, which gets it now."""
    found = list[session.OutboxRow]()
    while rows := (await desk.mesh.bus.ask(session.ClaimOutbox(channel="telegram", claimer="bot"))).rows:
        for row in rows:
            await desk.mesh.bus.ask(session.MarkOutbox(id=row.id, state="sent"))
        found += rows
    return found


async def test_a_chat_gets_the_whole_answer_and_the_ledger_keeps_its_beginning(
    desk: Desk, autojump_clock: MockClock
) -> None:
    desk.world.script = [say(ANSWER)]
    async with desk.running():
        await link(desk)
        job = await desk.add("tea", desk.once(60))
        await trio.sleep(100)
        (row,), (run,) = await sent(desk), await desk.runs(job)
        ((answer,),) = await kept(desk)
    assert (row.key, row.body["title"]) == (f"cron:{job.id}:{micros(run.instant)}", "tea")
    assert row.body["text"] == ANSWER
    assert run.summary == ANSWER[: ledger.SHOWN]
    assert answer == ""


async def test_no_part_of_a_secret_is_kept(desk: Desk, autojump_clock: MockClock) -> None:
    conceal("test", [("TOKEN", "squeamish-ossifrage")])
    desk.world.script = [say("x" * (ledger.SHOWN - 5) + "squeamish-ossifrage")]
    async with desk.running():
        job = await desk.add("tea", desk.once(60))
        await trio.sleep(100)
        (run,) = await desk.runs(job)
    assert "squ" not in run.summary


async def test_what_cannot_be_told_now_is_told_later_and_holds_up_nothing(
    desk: Desk, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: sqlite3.Connection, request: session.Push, now: int) -> None:
        if request.body["title"] == "tea":
            raise session.StorageFailed(reason="the disk is full")
        push(connection, request, now)

    push = outbox.push
    async with desk.running():
        await link(desk)
        await desk.add("tea", desk.once(60))
        await desk.add("milk", desk.once(90))
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "push", refuse)
            await trio.sleep(200)
            assert [row.body["title"] for row in await sent(desk)] == ["milk"]
            assert sorted(desk.told()) == ["milk: echo make milk", "tea: echo make tea"]
        await trio.sleep(60)
        assert [row.body["title"] for row in await sent(desk)] == ["tea"]
        assert len(desk.told()) == 2


async def kept(desk: Desk) -> list[tuple[str]]:
    """Answers in the ledger."""
    with closing(sqlite3.connect(desk.folder / "cron.db")) as connection:
        return connection.execute("SELECT answer FROM runs").fetchall()
