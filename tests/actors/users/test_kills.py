"""The process is killed around every change of accounts and keys: it is there as a whole, or not at all."""

import pathlib
import shutil

import pytest

from tests.actors.users.changes import CHANGES, CHOSEN, stored
from tests.actors.users.conftest import life
from tests.fakes import killed

PROCESS = "tests.actors.users.changes"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("prepared")
    killed.run(PROCESS, folder, "prepare")
    return folder


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_stored_as_a_whole_or_not_at_all(
    prepared: pathlib.Path, tmp_path: pathlib.Path, change: str
) -> None:
    before = stored(prepared / "db" / "users.db")
    chosen = CHOSEN if change == "replace_chosen" else None
    left: dict[str, object] = {}
    for moment in ("before_commit", "after_commit"):
        folder = tmp_path / moment
        shutil.copytree(prepared, folder)
        killed.die(PROCESS, folder, f"{change}.{moment}", change)
        left[moment] = stored(folder / "db" / "users.db")
        async with life(folder, chosen) as people:
            assert await people.knows(people.key_file.read_text())
            if moment == "before_commit":
                await CHANGES[change](people)
            assert await people.knows(CHOSEN) is (chosen is not None)
    assert left["before_commit"] == before
    assert left["after_commit"] == stored(tmp_path / "before_commit" / "db" / "users.db") != before


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
async def test_a_kill_at_the_first_start_leaves_an_admin_whose_key_is_written_down(
    tmp_path: pathlib.Path, moment: str
) -> None:
    killed.die(PROCESS, tmp_path, f"first_admin.{moment}", "start")
    async with life(tmp_path) as people:
        assert await people.knows(people.key_file.read_text())
        assert [each[1] for each in await people.audit()] == ["key.created", "bootstrap"]
