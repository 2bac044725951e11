"""Files are found under the name one sees, however it is written."""

import os

import pytest

from actors.tools import reading
from actors.tools.messages import AmbiguousName, FileNotFound, InvalidPath
from actors.tools.paths import Home
from tests.actors.tools.paths.outside import Action, delete, list_folder, read, write

ACCENTS = "Re\u0301sume\u0301.pdf"
"""With its accents apart, as macOS writes them."""


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (ACCENTS, "Résumé.pdf"),
        ("Screenshot 9.41\u202fPM.png", "Screenshot 9.41 PM.png"),
        ("a\u00a0b", "a b"),
        ("\u200eIMG.jpg", "IMG.jpg"),
        ("Ada\u2019s \u201cplan\u201d", 'Ada\'s "plan"'),
    ],
)
def test_a_name_is_found_under_what_it_looks_like(home: Home, there: str, asked: str) -> None:
    (home.root / there).mkdir()
    (home.root / there / there).write_text("hello")
    path = f"{asked}/{asked}"
    assert list_folder(home, asked) == [there]
    assert read(home, path) == "hello"
    write(home, path, "changed")
    assert read(home, f"{there}/{there}") == "changed"
    delete(home, path)
    assert list_folder(home, asked) == []


def test_the_very_name_comes_first(home: Home) -> None:
    (home.root / ACCENTS).write_text("apart")
    (home.root / "Résumé.pdf").write_text("together")
    assert (read(home, ACCENTS), read(home, "Résumé.pdf")) == ("apart", "together")


@pytest.mark.parametrize("action", [read, write, delete])
def test_of_several_names_that_look_alike_none_is_taken(home: Home, action: Action) -> None:
    for space in ("\u202f", "\u00a0"):
        (home.root / f"a{space}b").write_text("x")
    with pytest.raises(AmbiguousName) as raised:
        action(home, "a b")
    assert str(raised.value) == (
        r"Several names look like a b; use one of them exactly: 'a\xa0b', 'a\u202fb'"
    )
    assert len(list_folder(home, ".")) == 3


def test_only_who_asks_for_it_pays_for_the_search(home: Home) -> None:
    (home.root / ACCENTS).write_text("x")
    with pytest.raises(FileNotFound), home.place("Résumé.pdf", alike=False) as place:
        place.stat()


def test_a_name_that_looks_like_the_private_one_is_refused_under_any_other(home: Home) -> None:
    (home.root / ".star\u200cpod").mkdir()
    for path in (".star\u2060pod", r".star\xe2\x80\x8cpod"):
        with pytest.raises(InvalidPath, match="Cannot access"):
            list_folder(home, path)


def test_a_name_that_is_no_text_is_listed_read_replaced_and_deleted_under_one_form(home: Home) -> None:
    name = b"caf\xe9.txt"
    (home.root / os.fsdecode(name)).write_text("hello")
    (shown,) = [each for each in list_folder(home, ".") if each.startswith("caf")]
    assert shown == r"caf\xe9.txt"
    assert read(home, shown) == "hello"
    write(home, shown, "changed")
    assert read(home, shown) == "changed"
    with home.place(shown) as place, place.open() as file:
        assert reading.locate(home, place, file).path == shown
    delete(home, shown)
    assert list_folder(home, ".") == ["documents/"]
