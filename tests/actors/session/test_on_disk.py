"""What was acknowledged is on the disk, and a disk that cannot be used is said to be so: real files and threads."""

import pathlib
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
import trio

from actors.session import messages as session
from actors.session import turns
from actors.storage import Storage
from actors.vocabulary import Text, ToolUse, Usage
from bus import BootError, BusError, State
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.session.world import accept, begin, pragma, start


def files_beside(path: pathlib.Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


@pytest.mark.parametrize("repeatable", [True, False])
async def test_the_disk_is_waited_for_with_a_result_that_cannot_be_had_again(
    mesh: MeshUnderTest,
    path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    repeatable: bool,  # noqa: FBT001
) -> None:
    seen: list[int] = []
    save_result = turns.save_result

    def save(connection: sqlite3.Connection, request: session.SaveResult, now: int) -> None:
        seen.append(pragma(connection, "synchronous"))
        save_result(connection, request, now)

    monkeypatch.setattr(turns, "save_result", save)
    await start(mesh, path)
    accepted = await accept(mesh, "read it")
    begun = await begin(mesh, accepted.turn)
    common: dict[str, Any] = {
        "turn": accepted.turn,
        "boot": mesh.bus.boot_id,
        "attempt": begun.turn.attempt,
        "last_event": 5,
    }
    call = ToolUse(id="a", name="FileRead", input={})
    saved = await mesh.bus.ask(
        session.SaveCompletion(
            **common, iteration=1, content=(), calls=((call, "pure"),), usage=Usage(model="m")
        )
    )
    result: dict[str, Any] = {"content": (Text(text="x"),), "is_error": False, "repeatable": repeatable}
    await mesh.bus.ask(session.SaveResult(**common, n=saved.calls[0].n, **result))
    normal, full = 1, 2
    assert seen == [normal if repeatable else full]


async def test_another_boot_recovers_what_this_one_began(path: pathlib.Path) -> None:
    async with open_test_mesh(seed=1) as mesh:
        await start(mesh, path)
        accepted = await accept(mesh, "remember me")
        await begin(mesh, accepted.turn)
    assert files_beside(path) == {"session.db", "session.db.made"}
    async with open_test_mesh(seed=2) as mesh:
        await start(mesh, path)
        (found,) = await mesh.bus.ask(session.Recover(boot=mesh.bus.boot_id))
        assert (found.id, found.state, found.attempt) == (accepted.turn, "accepted", 1)
        begun = await begin(mesh, found.id)
        assert (begun.turn.attempt, begun.turn.text) == (2, "remember me")


ACCEPTOR = """
import functools, pathlib, sys, trio
from actors.session import messages as session
from actors.session.actor import SessionActor
from bus.testing import open_test_mesh

channels = lambda: (session.ChannelPolicy("main"),)

def said(number, n):
    return session.Incoming(text=f"{number}:{n}", user="admin", key=str(number))

async def person(mesh, number):
    for n in range(10_000):
        accepted = await mesh.bus.ask(session.Accept(incoming=said(number, n)))
        print(accepted.turn, flush=True)

async def main():
    async with open_test_mesh() as mesh, trio.open_nursery() as nursery:
        await mesh.start(functools.partial(SessionActor, pathlib.Path(sys.argv[1]), channels), name="session")
        for number in range(8):
            nursery.start_soon(person, mesh, number)

trio.run(main)
"""


def acknowledged_before_a_kill(path: pathlib.Path, count: int) -> set[str]:
    """Turns that another process accepted until it was killed while it accepted more."""
    command = [sys.executable, "-c", ACCEPTOR, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = {process.stdout.readline().strip() for _ in range(count)}
        process.kill()
        return seen | {line.strip() for line in process.stdout if line.endswith("\n")}


@pytest.mark.parametrize("count", [1, 40, 150])
async def test_no_acknowledged_message_is_lost_by_sigkill(
    mesh: MeshUnderTest, path: pathlib.Path, count: int
) -> None:
    acknowledged = await trio.to_thread.run_sync(acknowledged_before_a_kill, path, count)
    await start(mesh, path)
    found = await mesh.bus.ask(session.Recover(boot=mesh.bus.boot_id))
    assert len(acknowledged) >= count
    assert acknowledged <= {turn.id for turn in found}
    by_session: dict[str, list[int]] = {}
    for turn in found:
        by_session.setdefault(turn.session, []).append(int(turn.text.partition(":")[2]))
    assert all(numbers == list(range(len(numbers))) for numbers in by_session.values())


async def test_a_full_disk_is_a_typed_error_and_health_says_so_until_it_works_again(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    actor = await start(mesh, path)
    before = await accept(mesh, client_message_id="before")
    pages = await actor._storage.run(pragma, "page_count")
    await actor._storage.run(pragma, f"max_page_count = {pages}")
    with pytest.raises(session.StorageFailed, match="Free some space"):
        await accept(mesh, "x" * 100_000, client_message_id="large")
    health = mesh.cell("session").health
    assert health.state is State.DEGRADED
    assert "disk is full" in (health.why or "")
    assert (await mesh.bus.ask(session.Get(session=before.session, user="admin"))).message_count == 1
    await actor._storage.run(pragma, "max_page_count = 100000")
    assert not (await accept(mesh, "x" * 100_000, client_message_id="large")).duplicate
    assert mesh.cell("session").health.state is State.READY


async def test_a_database_of_a_newer_program_stops_the_start_with_the_reason(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    newer = Storage(path, tuple(f"CREATE TABLE t{n}(x);" for n in range(50)))
    await newer.open()
    await newer.close()
    with pytest.raises((BootError, BusError), match="newer version of this program"):
        await start(mesh, path)


async def test_a_closed_database_is_a_typed_error_for_reads_too(
    mesh: MeshUnderTest, path: pathlib.Path
) -> None:
    actor = await start(mesh, path)
    await actor._storage.close()
    with pytest.raises(session.StorageFailed, match="not open"):
        await mesh.bus.ask(session.List(user="admin"))


async def test_the_console_sees_what_the_database_did(mesh: MeshUnderTest, path: pathlib.Path) -> None:
    actor = await start(mesh, path)
    await accept(mesh)
    assert actor.describe()["storage"]["commits"] == 1
