"""The file beside the database that says how far the audit log went."""

import pathlib
import sqlite3
from contextlib import closing

import pytest
import trio
from trio.testing import MockClock

from actors.session import auditing
from actors.session import messages as session
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.session.world import start


async def note(mesh: MeshUnderTest, key: str) -> None:
    request = session.Note(
        key=key,
        kind="grant",
        verdict="granted",
        by="person ada",
        of_user="ada",
        tool="Bash",
        words={"pattern": "ls"},
    )
    await mesh.bus.ask(request)


def head(path: pathlib.Path) -> str:
    return path.with_suffix(auditing.HEAD).read_text()


async def test_how_far_the_log_goes_is_noted_soon_after_something_was_added(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: MockClock
) -> None:
    await start(mesh, path)
    await note(mesh, "a")
    assert not path.with_suffix(auditing.HEAD).exists()
    await note(mesh, "b")
    await trio.sleep(2 * auditing.SOON)
    assert head(path).startswith("2 ")
    await note(mesh, "c")
    await trio.sleep(2 * auditing.SOON)
    found = await mesh.bus.ask(session.VerifyAudit())
    assert found.last is not None
    assert head(path) == f"3 {found.last.hash}\n"


async def test_what_was_added_last_is_noted_when_the_program_stops(path: pathlib.Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, path)
        await note(mesh, "a")
    assert head(path).startswith("1 ")


async def test_a_log_that_was_cut_off_is_not_noted_as_what_it_was(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    await start(mesh, path)
    for key in ("a", "b"):
        await note(mesh, key)
    await trio.sleep(2 * auditing.SOON)
    kept = head(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM audit WHERE seq = 2")
        connection.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'")
        connection.commit()
    await note(mesh, "c")
    await trio.sleep(2 * auditing.SOON)
    assert head(path) == kept
    assert "the audit log is not what it was" in caplog.text
    found = await mesh.bus.ask(session.VerifyAudit())
    assert [fault.what for fault in found.faults] == [
        "row 2 is not the one that was noted: the log was written anew"
    ]


async def test_a_row_that_was_noted_elsewhere_is_looked_for_too(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    await start(mesh, path)
    await note(mesh, "a")
    noted = session.VerifyAudit(seq=7, hash="0" * 64)
    assert [fault.seq for fault in (await mesh.bus.ask(noted)).faults] == [7]


async def test_a_file_that_is_damaged_or_cannot_be_written_stops_nobody(
    mesh: MeshUnderTest, path: pathlib.Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    file = path.with_suffix(auditing.HEAD)
    file.write_bytes(b"\xff")
    await start(mesh, path)
    await note(mesh, "a")
    await trio.sleep(2 * auditing.SOON)
    assert head(path).startswith("1 ")
    file.unlink()
    file.mkdir()
    await note(mesh, "b")
    await trio.sleep(2 * auditing.SOON)
    assert "could not be noted" in caplog.text
    assert (await mesh.bus.ask(session.VerifyAudit())).faults == ()
