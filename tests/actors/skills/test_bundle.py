"""What comes along is read beforehand, and to the same effect."""

from collections.abc import Generator
from pathlib import Path

import attrs
import pytest

from actors.skills import bundle
from actors.skills.document import Document, parse_file
from actors.skills.library import BUNDLED, Shelf, digest_of

SKILLS = sorted(bundle.HOME.iterdir())


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Path]:
    """Where something else stands in the place of what was read beforehand."""
    bundle._known.cache_clear()
    monkeypatch.setattr(bundle, "READ", tmp_path / "bundle.json")
    yield tmp_path / "bundle.json"
    bundle._known.cache_clear()


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_it_says_what_the_file_says(skill: Path) -> None:
    data = (skill / "SKILL.md").read_bytes()
    read = bundle.document_of(data, skill.name, digest_of(data))
    assert read == attrs.evolve(parse_file(data, skill.name), body="")


def test_a_file_that_was_changed_is_read_itself() -> None:
    data = b"---\nname: x\ndescription: other\n---\nbody"
    assert bundle.document_of(data, "x", digest_of(data)) == parse_file(data, "x")


@pytest.mark.parametrize("text", [None, "no JSON"])
def test_without_it_the_files_are_read(forgotten: Path, text: str | None) -> None:
    if text is not None:
        forgotten.write_text(text)
    shelf = Shelf(bundle.HOME, BUNDLED)
    shelf.look()
    shelf.read()
    assert list(shelf.cards) == [skill.name for skill in SKILLS]
    bundle._known.cache_clear()


@pytest.mark.parametrize(
    "document",
    [Document(description="x", body="y", problems=("wrong",)), Document(description="x", body="\u202e")],
)
def test_what_has_something_wrong_with_it_does_not_come_along(document: Document) -> None:
    with pytest.raises(ValueError, match="without a problem"):
        bundle.written({"digest": document})
