"""What a user has sent is not there for others, however it is asked for."""

from pathlib import Path

import pytest

from actors.tools import reading
from actors.tools.messages import FileNotFound, NotADirectory
from actors.tools.paths import Home
from tests.actors.tools.files import delete, go_on, write

OTHERS = (
    "uploads/bob/plan.md",
    "./uploads//bob/plan.md",
    "uploads/bob/none.md",
    "uploads/nobody/plan.md",
    "uploads/bob",
    "uploads/BOB/plan.md",
    "uploads/plan.md",
    "linked/plan.md",
    "linked.md",
)


@pytest.fixture
def shared(home: Home) -> Home:
    """What Ada sees of a home in which Bob has sent something as well."""
    for user in ("ada", "bob"):
        folder = home.root / "uploads" / user
        folder.mkdir(parents=True)
        (folder / "plan.md").write_text(f"the plan of {user}")
    (home.root / "linked").symlink_to("uploads/bob")
    (home.root / "linked.md").symlink_to("uploads/bob/plan.md")
    return home


def read(home: Home, path: str) -> str:
    with home.place(path) as place, place.open() as file:
        return file.read().decode()


def listed(home: Home, path: str) -> list[str]:
    with home.directory(path) as place:
        return [each.name for each in reading.listing(home, place, 50_000, go_on).entries]


@pytest.mark.parametrize("path", OTHERS)
def test_it_is_not_found(shared: Home, path: str) -> None:
    for act in (
        lambda: read(shared, path),
        lambda: write(shared, path, "mine now"),
        lambda: listed(shared, path),
    ):
        with pytest.raises((FileNotFound, NotADirectory)) as refused:
            act()
        assert "bob's" not in str(refused.value)
    if not path.startswith("linked"):
        with pytest.raises(FileNotFound):
            delete(shared, path)
    assert read(shared.of("bob"), "uploads/bob/plan.md") == "the plan of bob"
    assert not (shared.root / "uploads/nobody").exists()


def test_what_is_not_there_and_what_is_anothers_cannot_be_told_apart(shared: Home) -> None:
    told = set[str]()
    for name in ("plan.md", "none.md"):
        with pytest.raises(FileNotFound) as refused:
            read(shared, f"uploads/bob/{name}")
        told.add(str(refused.value).replace(name, ""))
    assert len(told) == 1


@pytest.mark.parametrize("folder", ["Uploads", "UPLOADS", "uploads.", "ｕploads"])
def test_nor_below_a_name_that_a_file_system_may_take_for_the_folder(shared: Home, folder: str) -> None:
    (shared.root / folder / "bob").mkdir(parents=True)
    (shared.root / folder / "bob" / "plan.md").write_text("x")
    with pytest.raises(FileNotFound):
        read(shared, f"{folder}/bob/plan.md")


def test_each_sees_their_own_and_all_the_rest(shared: Home, tmp_path: Path) -> None:
    (shared.root / "documents/notes.md").write_text("notes")
    for user in ("ada", "bob"):
        own = shared.of(user)
        assert listed(own, "uploads") == [f"{user}/"]
        assert read(own, f"uploads/{user}/plan.md") == f"the plan of {user}"
        assert read(own, "documents/notes.md") == "notes"
        assert "uploads/" in listed(own, ".")
    assert read(Home(shared.root), "uploads/bob/plan.md") == "the plan of bob", "we ourselves see all"
