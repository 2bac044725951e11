"""``starpod undo`` and a real daemon."""

import json
from pathlib import Path

import pytest

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, starpod

PATH = "documents/notes.md"


async def said(place: Place, *arguments: str, status: int = 0) -> str:
    """What the command prints."""
    done = await starpod(place.root, "undo", *arguments)
    assert done.status == status, done.out + done.err
    return done.out + done.err


async def test_a_turn_is_undone_and_that_undone(place: Place) -> None:
    file = place.home / PATH
    async with serving(place) as daemon:
        assert "there are no conversations yet" in await said(place, "last", status=1)
        written = await daemon.chat(f"write {PATH}: hello")
        assert file.read_text() == "hello"

        assert f"{written['turn_id']} (1 file) write {PATH}" in await said(place, "--list")
        assert "name a turn" in await said(place, status=1)
        assert f"{PATH}: would be deleted" in await said(place, "last", "--dry-run")
        assert file.exists()
        assert f"{PATH}: would be deleted" in await said(
            place, "last", "-n", "--session", written["session_id"][:8]
        )
        out = await said(place, written["turn_id"][:10])
        assert f"{PATH}: deleted" in out
        assert not file.exists()
        assert "all files are as they were before" in await said(place, written["turn_id"])

        assert "(1 file, undone)" in await said(place, "--list", written["session_id"][:8])
        undo = out.partition("`starpod undo ")[2].partition("`")[0]
        assert f"{PATH}: restored" in await said(place, undo)
        assert file.read_text() == "hello"

        file.write_text("of a person")
        assert "stays, it was changed after the turn" in await said(place, "last", status=1)
        found = json.loads(await said(place, "last", "--force", "--json"))
        assert [each["path"] for each in found["files"]] == [PATH]
        assert not file.exists()

        assert "there is no conversation 12345" in await said(place, "last", "--session", "12345", status=1)
        assert "no turn" in await said(place, "12345", status=1)
        assert "no turn" in await said(place, "undo-12345", status=1)


@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_what_a_command_did_is_undone(tmp_path: Path, model_server: ModelServer, sandbox: str) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    provider = f'provider = "anthropic"\nmodel = "test-model"\n[providers.anthropic]\nbase_url = "{model_server.url}"\n'
    allowed = '[permissions]\noutside = "allow"\nBash = "allow"\n'
    place.configure(f'{provider}{allowed}[shell]\nsandbox = "{sandbox}"\ndisk_left = 0\n')
    (place.home / "documents").mkdir(parents=True)
    for name in "ab":
        (place.home / f"documents/{name}.txt").write_text(f"old {name}")
    command = "echo new > documents/a.txt; mv documents/b.txt c.txt; mkdir -p x/y; echo z > x/y/z; ln -s x l"
    model_server.script(Reply(Call("Bash", {"command": command})), Reply(Say("Done.")))
    async with serving(place) as daemon:
        await daemon.chat("do it")
        assert (place.home / "x/y/z").read_text() == "z\n"
        out = await said(place, "last")
        assert "not undone:" in out
        assert "What a command did beyond files of home" in out
        found = {path.relative_to(place.home).as_posix() for path in place.home.rglob("*") if path.is_file()}
        assert found == {"documents/a.txt", "documents/b.txt"}
        assert place.file("documents/a.txt") == "old a"
        assert not any((place.home / name).exists() for name in ("x", "l", "c.txt"))
        undo = out.partition("`starpod undo ")[2].partition("`")[0]
        await said(place, undo)
        assert (place.home / "l").is_symlink()
        assert place.file("documents/a.txt") == "new\n"
