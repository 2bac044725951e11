"""``starpod memory`` and a real daemon: what a person types, and what is answered."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import trio

from tests.system.daemons import Ended, Place, environment, serving, starpod


async def memory(place: Place, *arguments: str, stdin: str = "", status: int = 0) -> str:
    """What an action prints."""
    done: Ended = await starpod(place.root, "memory", *arguments, stdin=stdin)
    assert done.status == status, done.err
    return done.err if status else done.out


async def test_notes_are_written_searched_corrected_and_forgotten(place: Place) -> None:
    async with serving(place):
        assert "MEMORY.md is written, as revision" in await memory(
            place, "edit", "MEMORY.md", stdin="# Facts\n\nThe boat is red.\n"
        )
        assert "stays as it is" in await memory(
            place, "edit", "MEMORY.md", stdin="# Facts\n\nThe boat is red.\n"
        )
        found = await memory(place, "search", "which", "boat?")
        assert "MEMORY.md#L1-L3" in found
        assert "The boat is red." in found
        assert await memory(place, "show", "MEMORY.md") == "# Facts\n\nThe boat is red.\n"
        assert "MEMORY.md" in await memory(place, "show")

        await memory(place, "edit", "MEMORY.md", stdin="# Facts\n\nThe boat is blue.\n")
        newest, earlier, *_ = json.loads(await memory(place, "history", "MEMORY.md", "--json"))
        assert (newest["action"], newest["by"], newest["door"]) == ("whole", "admin", "http")
        line = json.loads(await memory(place, "history", "MEMORY.md", "--line", "3", "--json"))
        assert line == [newest]
        before = str(earlier["seq"])
        assert "red" in await memory(place, "show", "MEMORY.md", "--revision", before)
        reverted = await memory(place, "history", "MEMORY.md", "--revert", before)
        assert "-The boat is blue." in reverted
        assert "+The boat is red." in reverted

        assert "the passage is gone" in await memory(place, "forget", "MEMORY.md", "The boat is red.")
        assert "nothing fits" in await memory(place, "search", "boat")
        assert "there 0" not in await memory(place, "forget", "MEMORY.md", "boat", status=1)
        forgotten = await memory(place, "forget", "MEMORY.md", "--for-good")
        assert "MEMORY.md is forgotten" in forgotten
        assert "revisions" in forgotten
        assert "there is no note 'MEMORY.md'" in await memory(place, "show", "MEMORY.md", status=1)
        assert "is forgotten" not in await memory(place, "forget", "MEMORY.md", "--for-good")
        assert "notes are indexed" in await memory(place, "reindex")
        assert json.loads(await memory(place, "reindex", "--json"))["status"] == "ok"
        assert "say which note" in await memory(place, "history", "--line", "1", status=1)


async def test_what_cannot_be_searched_is_told(place: Place) -> None:
    async with serving(place):
        await memory(place, "show")
        folder = place.root / ".starpod" / "users" / "admin"
        (folder / "big.md").write_bytes(b"x" * (1024 * 1024 + 1))
        done = await starpod(place.root, "memory", "reindex")
        assert (done.status, "big.md is not found: it is larger" in done.err) == (0, True)


def edit(place: Place, editor: str, name: str) -> tuple[int, str]:
    """The status, and what a terminal shows, of an edit with a script as editor."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "starpod", "memory", "edit", name],
        cwd=place.root,
        env=environment(EDITOR=editor),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


async def test_a_note_is_edited_with_the_editor_that_is_set(place: Place, tmp_path: Path) -> None:
    def script(text: str) -> str:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    async with serving(place):
        await memory(place, "edit", "a.md", stdin="one\n")
        status, said = await trio.to_thread.run_sync(edit, place, script('echo two >> "$1"'), "a.md")
        assert (status, "a.md is written" in said) == (0, True)
        assert await memory(place, "show", "a.md") == "one\ntwo\n"

        status, said = await trio.to_thread.run_sync(edit, place, script("exit 3"), "a.md")
        assert (status, "ended with status 3" in said) == (1, True)
        status, said = await trio.to_thread.run_sync(edit, place, str(tmp_path / "none"), "a.md")
        assert (status, "cannot be started" in said) == (1, True)

        note = place.root / ".starpod/users/admin/a.md"
        meanwhile = script(f'echo three >> "{note}"; echo mine >> "$1"')
        status, said = await trio.to_thread.run_sync(edit, place, meanwhile, "a.md")
        assert status == 1
        assert "was changed meanwhile" in said
        kept = trio.Path(said.rpartition("your text is in ")[2].strip())
        assert await kept.read_text() == "one\ntwo\nmine\n"
        await kept.unlink()
        assert await memory(place, "show", "a.md") == "one\ntwo\nthree\n"
