"""Which skills there are, read once and looked at each time."""

from pathlib import Path

import pytest

from actors.skills import library
from actors.skills.library import BUNDLED, SHARED, Library, Shelf, visible
from tests.actors.skills.conftest import lay, md


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, SHARED)


def names(shelf: Shelf) -> list[str]:
    if shelf.look():
        shelf.read()
    return list(shelf.cards)


def test_nothing_changed_reads_nothing(shelf: Shelf) -> None:
    assert not shelf.look()
    lay(shelf.root / "x", md())
    assert names(shelf) == ["x"]
    card = shelf.cards["x"]
    assert not shelf.look()
    lay(shelf.root / "y", md("y"))
    assert names(shelf) == ["x", "y"]
    assert shelf.cards["x"] is not None
    assert shelf.cards["x"] == card


def test_a_changed_one_is_read_again_and_one_that_is_gone_forgotten(shelf: Shelf) -> None:
    lay(shelf.root / "x", md(description="old"))
    names(shelf)
    old = shelf.cards["x"]
    lay(shelf.root / "x", md(description="newer"))
    assert names(shelf) == ["x"]
    assert (shelf.cards["x"].description, old.description) == ("newer", "old")
    assert shelf.cards["x"].main != old.main
    (shelf.root / "x" / "SKILL.md").unlink()
    assert names(shelf) == []


def test_those_of_the_blueprint_are_marked(shelf: Shelf) -> None:
    lay(shelf.root / "x", md())
    lay(shelf.root / "y", md("y"))
    names(shelf)
    (shelf.root / ".source").write_text("x\n")
    names(shelf)
    assert [card.is_source for card in shelf.cards.values()] == [True, False]
    (shelf.root / ".source").write_bytes(b"\xff")
    assert library.sources_in(shelf.root) == frozenset()
    own = Shelf(shelf.root, "ada")
    assert names(own) == ["x", "y"]
    assert not own.cards["x"].is_source


def test_one_that_cannot_be_used_is_there_and_not_visible(shelf: Shelf) -> None:
    lay(shelf.root / "Bad", md("Bad"))
    lay(shelf.root / "good", md("good"))
    (shelf.root / "linked").symlink_to(shelf.root / "good")
    names(shelf)
    assert not shelf.cards["Bad"].usable
    assert "symbolic link" in shelf.cards["linked"].document.problems[0]
    assert list(visible([shelf.cards], frozenset())) == ["good"]


def test_layers_go_before_each_other_and_a_setting_before_all(tmp_path: Path) -> None:
    lay(tmp_path / "own" / "x", md("x", "own"))
    lay(tmp_path / "shared" / "x", md("x", "shared"))
    lay(tmp_path / "shared" / "y", md("y"))
    shelves = [Shelf(tmp_path / each, each) for each in ("own", "shared")]
    for each in shelves:
        names(each)
    layers = [each.cards for each in shelves]
    assert {name: card.owner for name, card in visible(layers, frozenset()).items()} == {
        "x": "own",
        "y": "shared",
    }
    assert list(visible(layers, frozenset({"y", "z"}))) == ["y"]


def test_a_library_has_a_shelf_for_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "USERS_KEPT", 2)
    found = Library(tmp_path / "bundled", tmp_path / "skills", tmp_path / "users")
    assert found.shelf(SHARED).root == tmp_path / "skills"
    assert found.shelf(BUNDLED).root == tmp_path / "bundled"
    ada = found.shelf("ada")
    assert found.shelf("ada") is ada
    found.shelf("bob")
    found.shelf("ada")
    found.shelf("eve")
    assert found.shelf("ada") is ada, "the one that was looked at last stays"
    assert found.owners() == []
    lay(tmp_path / "users" / "ada" / "skills" / ".new-x", "")
    (tmp_path / "users" / "bob").mkdir()
    assert found.owners() == ["ada"]
    found.clear()
    assert list(ada.root.iterdir()) == []


def test_what_is_no_user_may_have_a_shelf_that_is_empty(tmp_path: Path) -> None:
    found = Library(tmp_path / "bundled", tmp_path / "skills", tmp_path / "users")
    assert names(found.shelf("system")) == []
