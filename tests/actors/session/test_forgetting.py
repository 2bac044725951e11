"""What is deleted leaves the files, and what is not stays."""

import pathlib
import sqlite3
from contextlib import closing

import attrs
import pytest
import trio
import trio.testing

from actors.session import messages as session
from actors.session.actor import SWEEP
from actors.vocabulary import Usage
from bus import State
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.session.world import accept, begin, finish, pragma, start


def files_that_hold(path: pathlib.Path, words: bytes) -> set[pathlib.Path]:
    return {entry for entry in path.parent.iterdir() if words in entry.read_bytes()}


async def of_a_job(mesh: MeshUnderTest, text: str) -> session.Accepted:
    accepted = await accept(mesh, text, triggered_by="brief", source="cron", client_message_id=text)
    await begin(mesh, accepted.turn)
    await finish(mesh, accepted.turn, f"{text} in bloom")
    return accepted


async def test_what_a_job_said_leaves_the_files_with_its_conversation(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Copies from before an update are left as they were."""
    await start(mesh, path)
    copy = path.with_name(f"{path.name}.v7.snapshot")
    copy.write_text("heliotrope")
    gone, kept = await of_a_job(mesh, "heliotrope"), await of_a_job(mesh, "periwinkle")
    costs = await mesh.bus.ask(session.GetCosts(user="admin", role="admin", period="all"))
    told = len(mesh.published(session.SessionChanged))
    prune = session.Prune(session=gone.session, user="admin")
    assert [await mesh.bus.ask(prune) for _ in range(2)] == [True, True]
    changed = mesh.published(session.SessionChanged)[told:]
    assert changed == [session.SessionChanged(session=gone.session, user="admin")]
    await trio.sleep(SWEEP + 1)
    assert files_that_hold(path, b"heliotrope") == {copy}
    assert files_that_hold(path, b"periwinkle in bloom") == {path}
    assert await mesh.bus.ask(session.GetCosts(user="admin", role="admin", period="all")) == costs
    assert [each.id for each in await mesh.bus.ask(session.List(user="admin"))] == [kept.session]


async def test_while_somebody_else_reads_the_words_stay_in_the_files_and_nothing_else_suffers(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    actor = await start(mesh, path)
    await actor._storage.run(pragma, "busy_timeout = 10")
    gone = await of_a_job(mesh, "heliotrope")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM steps").fetchall()
        assert await mesh.bus.ask(session.Prune(session=gone.session, user="admin"))
        await trio.sleep(SWEEP + 1)
        assert files_that_hold(path, b"heliotrope")
    assert mesh.cell("session").actor is actor
    await trio.sleep(SWEEP + 1)
    assert files_that_hold(path, b"heliotrope") == set()


async def test_what_a_person_deletes_is_gone_after_the_grace_even_when_nobody_looks(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    await start(mesh, path)
    gone, back = [await accept(mesh, f"of heliotropes {key}", key=key) for key in "ab"]
    for accepted in (gone, back):
        await mesh.bus.ask(session.CancelTurn(turn=accepted.turn, user="admin"))
        await mesh.bus.ask(session.Delete(session=accepted.session, user="admin"))
    assert await mesh.bus.ask(session.List(user="admin")) == ()
    restored = await mesh.bus.ask(session.Restore(session=back.session, user="admin"))
    assert restored.id == back.session
    await trio.sleep(session.GRACE + 1)
    assert await mesh.bus.ask(session.List(user="admin")) == (restored,)
    with pytest.raises(session.UnknownSession):
        await mesh.bus.ask(session.Restore(session=gone.session, user="admin"))
    told = mesh.published(session.SessionChanged)
    assert told[-1] == session.SessionChanged(session=gone.session, user="admin")
    await trio.sleep(SWEEP + 60)
    assert files_that_hold(path, b"heliotropes a") == set()


async def test_what_was_deleted_before_a_restart_is_gone_after_it(
    path: pathlib.Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, path)
        accepted = await accept(mesh)
        await mesh.bus.ask(session.CancelTurn(turn=accepted.turn, user="admin"))
        await mesh.bus.ask(session.Delete(session=accepted.session, user="admin"))
    async with open_test_mesh() as mesh:
        await start(mesh, path)
        await trio.sleep(session.GRACE + 1)
        with pytest.raises(session.UnknownSession):
            await mesh.bus.ask(session.Restore(session=accepted.session, user="admin"))


async def test_a_conversation_in_which_a_person_spoke_stays(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    await start(mesh, path)
    begun = await of_a_job(mesh, "heliotrope")
    answer = await accept(mesh, "thanks", session=begun.session)
    await mesh.bus.ask(session.CancelTurn(turn=answer.turn, user="admin"))
    assert not await mesh.bus.ask(session.Prune(session=begun.session, user="admin"))
    assert len(await mesh.bus.ask(session.Messages(session=begun.session, user="admin"))) == 3


async def test_what_somebody_who_left_has_used_counts_and_what_cannot_be_counted_is_only_logged(
    mesh: MeshUnderTest, path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    await start(mesh, path)
    note = session.NoteUsage(user="admin", purpose="skill", usage=Usage(input_tokens=7, model="m"))
    await mesh.bus.tell(note)
    await mesh.bus.tell(attrs.evolve(note, session="nowhere"))
    report = await mesh.bus.ask(session.Costs())
    with trio.fail_after(20):
        while "could not be counted" not in caplog.text or not report.total.calls:  # nobody is told
            report = await mesh.bus.ask(session.Costs())
    assert (report.total.calls, report.total.usage.input_tokens) == (1, 7)
    assert mesh.cell("session").health.state is State.READY
