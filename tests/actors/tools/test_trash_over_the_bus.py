"""The trash as people ask for it: whose it is, what goes for good, and what goes by itself."""

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.tools import arranging
from actors.tools import messages as tools
from actors.tools.messages import (
    FilesNotAllowed,
    NotInTrash,
    NotKept,
)
from actors.tools.paths import Home
from actors.tools.settings import Checkpoints, Settings
from actors.tools.trash import Trash
from actors.users import messages as users
from actors.vocabulary import ADMIN
from bus.testing import MeshUnderTest
from tests.actors.gateway.world import some_users
from tests.actors.tools.files import go_on
from tests.actors.tools.test_actor import call, start
from tests.actors.tools.test_trash import make, note

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = timedelta(days=14)
MOST = 1000
ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}


async def test_what_was_deleted_is_put_back_by_whoever_did_it(mesh: MeshUnderTest, tmp_path: Path) -> None:
    home = tmp_path / "home"
    await mesh.start(some_users(tmp_path), name="users")
    await start(mesh, home)
    ask = mesh.bus.ask
    for name in ("a", "b", "c"):
        await ask(tools.WriteText(path=f"new/{name}", content="hello", **ASKS))
    assert (await ask(tools.Stat(path="new/a", **ASKS))).kept_days == 14
    assert (await ask(tools.Stat(path="new", **ASKS))).kept_days is None
    assert (await ask(tools.Stat(path="new", count=True, **ASKS))).kept_days == 14
    gone = await ask(tools.Remove(path="new/a", **ASKS))
    assert gone.kept is not None
    whole = await ask(tools.Remove(path="new", for_good=False, **ASKS))
    assert whole.kept is not None
    listed = await ask(tools.ListTrash(**ASKS))
    assert {(each.path, each.type, each.size) for each in listed} == {
        ("new/a", "file", 5),
        ("new", "directory", 10),
    }
    assert listed[0].until - listed[0].deleted_at == DAYS
    assert len(await ask(tools.ListTrash(limit=1, **ASKS))) == 1

    await ask(users.AddUser(id="bob", **ASKS))
    bob: dict[str, Any] = {"user": "bob", "proof": "key"}
    for refused in (
        tools.ListTrash(**bob),
        tools.Restore(id=gone.kept, **bob),
        tools.Erase(id=gone.kept, **bob),
    ):
        with pytest.raises(FilesNotAllowed):
            await ask(refused)
    await ask(users.UpdateUser(id="bob", filesystem_enabled=True, **ASKS))
    assert await ask(tools.ListTrash(**bob)) == ()
    for refused in (tools.Restore(id=gone.kept, **bob), tools.Erase(id=gone.kept, **bob)):
        with pytest.raises(NotInTrash, match="there is nothing deleted with the id"):
            await ask(refused)

    await ask(tools.Restore(id=whole.kept, to="again", **ASKS))
    await ask(tools.Restore(id=gone.kept, **ASKS))
    assert (home / "again/b").read_text() == (home / "new/a").read_text() == "hello"
    last = await ask(tools.Remove(path="new/a", **ASKS))
    assert last.kept is not None
    await ask(tools.Erase(id=last.kept, **ASKS))
    assert await ask(tools.ListTrash(**ASKS)) == ()
    assert (await ask(tools.Remove(path="again", for_good=True, **ASKS))).kept is None
    assert not (home / "again").exists()


async def test_what_does_not_fit_is_deleted_for_good_only_by_whoever_wants_that(
    mesh: MeshUnderTest, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    await mesh.start(some_users(tmp_path), name="users")
    await start(mesh, home, Settings(checkpoints=Checkpoints(max_total_mb=0)))
    await mesh.bus.ask(tools.WriteText(path="a", content="hello", **ASKS))
    assert (await mesh.bus.ask(tools.Stat(path="a", **ASKS))).kept_days == 0
    with pytest.raises(NotKept, match="a cannot be kept once it is deleted"):
        await mesh.bus.ask(tools.Remove(path="a", for_good=False, **ASKS))
    assert (home / "a").read_text() == "hello"
    assert (await mesh.bus.ask(tools.Remove(path="a", **ASKS))).kept is None
    assert not (home / "a").exists()


async def test_what_was_deleted_long_ago_goes_by_itself(
    autojump_clock: MockClock, mesh: MeshUnderTest, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", "ada")
    await start(mesh, home.root)
    make(home, "a")
    kept = note(at=mesh.bus.clock.now() - DAYS + timedelta(hours=7))
    folder = tmp_path / ".home/trash"
    arranging.throw_away(home, "a", None, Trash(folder), kept, MOST, go_on)
    await trio.sleep(6.5 * 3600)
    assert len(list(folder.iterdir())) == 1
    await trio.sleep(6 * 3600)
    assert list(folder.iterdir()) == []


async def test_a_trash_that_cannot_be_cleared_harms_nothing_else(
    autojump_clock: MockClock,
    mesh: MeshUnderTest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await start(mesh, tmp_path / "home")

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(Trash, "clear", fails)
    await trio.sleep(7 * 3600)
    assert "what was deleted long ago is still kept" in caplog.text
    assert await call(mesh, "FileWrite", path="temp/a", content="hello") == "Successfully wrote temp/a"
