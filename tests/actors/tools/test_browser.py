"""Who may look at the files of the agent, asked over the bus."""

from pathlib import Path
from typing import Any

import pytest

from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import ADMIN
from bus.testing import MeshUnderTest
from tests.actors.gateway.world import some_users
from tests.actors.tools.test_actor import start

ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}


async def test_an_admin_and_whoever_they_allow_work_with_files(mesh: MeshUnderTest, tmp_path: Path) -> None:
    home = tmp_path / "home"
    await mesh.start(some_users(tmp_path), name="users")
    await start(mesh, home)
    ask = mesh.bus.ask
    await ask(tools.MakeFolder(path="new", **ASKS))
    written = await ask(tools.WriteText(path="new/a.txt", content="hello", **ASKS))
    moved = await ask(tools.Move(path="new/a.txt", to="b.txt", **ASKS))
    assert (await ask(tools.ReadText(path="b.txt", **ASKS))).content == "hello"
    assert written.etag != ""
    (tmp_path / "uploads" / "u").mkdir(parents=True)
    (tmp_path / "uploads" / "u" / "0").write_bytes(b"sent")
    files = (tools.SentFile(id="0", name="c.txt"),)
    await ask(tools.PlaceFiles(upload="u", files=files, path="new", **ASKS))
    assert [each.name for each in await ask(tools.Browse(path="new", **ASKS))] == ["c.txt"]
    await ask(tools.Remove(path="b.txt", etag=moved.etag, **ASKS))
    assert [each.name for each in await ask(tools.Browse(**ASKS))] == ["new/"]

    await ask(users.AddUser(id="bob", **ASKS))
    bob: dict[str, Any] = {"user": "bob", "proof": "key"}
    with pytest.raises(tools.FilesNotAllowed):
        await ask(tools.Browse(**bob))
    await ask(users.UpdateUser(id="bob", filesystem_enabled=True, **ASKS))
    assert [each.name for each in await ask(tools.Browse(**bob))] == ["new/"]
