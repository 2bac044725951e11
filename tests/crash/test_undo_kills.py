"""An undo, or an edit, that dies at any point and is done again ends in the same state."""

from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.crash.script import model
from tests.crash.test_effects import ask, killed_at
from tests.fakes.model_script import Answer, Call, Received, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Json, Place, serving, start

FOLDER: Final = "documents/s0"


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer) -> Place:
    """An agent whose home holds files already."""
    model_server.rule = model(0.0)
    place = Place(tmp_path / "aster", model_server.url, "openai")
    (place.home / FOLDER).mkdir(parents=True)
    for name in "ab":
        (place.home / FOLDER / f"{name}.md").write_text(f"before {name}", encoding="utf-8")
    return place


async def undo(daemon: Daemon, turn: str) -> Json:
    answer = await daemon.request("POST", f"/api/turns/{turn}/undo")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize(
    "point",
    [
        *(
            f"{step}.{moment}"
            for step in ("begin_undo", "note_all", "end_undo")
            for moment in ("before_commit", "after_commit")
        ),
        "undo.one_put_back",
        "undo.one_put_back:2",
    ],
)
async def test_an_undo_that_was_killed_ends_as_if_it_had_not_been(place: Place, point: str) -> None:
    changed = {"b.md": "written by s0-0-1"}
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        await daemon.ready()
        turn = (await ask(daemon, "<s0-0: write a | write b | delete a>"))["turn_id"]
        assert files(place) == changed
        with pytest.raises(httpx2.TransportError):
            await undo(daemon, turn)
        await daemon.ended()
    finally:
        daemon.process.kill()
        daemon.process.wait()
    async with serving(place) as daemon:
        undone = await undo(daemon, turn)
        assert files(place) == {"a.md": "before a", "b.md": "before b"}
        assert undone["refused"] == []
        again = await undo(daemon, undone["undo"])
        assert files(place) == changed
        assert again["refused"] == []


@pytest.mark.parametrize("point", ["Edit.before_run", "note.after_commit", "change.kept", "Edit.after_run"])
async def test_an_edit_that_was_killed_is_done_once(
    place: Place, model_server: ModelServer, point: str
) -> None:
    def rule(request: Received) -> Answer:
        if "Edited" in str(request.body):
            return Reply(Say("Done."))
        edit = {"file_path": f"{FOLDER}/a.md", "old_string": "before", "new_string": "before and before"}
        return Reply(Call("Edit", edit, id="c1"))

    model_server.rule = rule
    await killed_at(place, point, "edit it")
    async with serving(place) as daemon:
        answer = await ask(daemon, "edit it")
        assert answer["outcome"] == "success"
    assert files(place)["a.md"] == "before and before a"


def files(place: Place) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((place.home / FOLDER).iterdir())}
