"""``starpod undo`` and a real daemon."""

import json

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

        assert f"{PATH}: would be deleted" in await said(place, "last", "--dry-run")
        assert file.exists()
        assert f"{PATH}: would be deleted" in await said(
            place, "last", "-n", "--session", written["session_id"][:8]
        )
        out = await said(place, written["turn_id"][:10])
        assert f"{PATH}: deleted" in out
        assert not file.exists()
        assert "all files are as they were before" in await said(place, written["turn_id"])

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
