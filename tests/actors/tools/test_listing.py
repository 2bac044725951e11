"""Folders are listed: sorted, capped, and shown safely."""

import json
import os

import pytest

from actors.tools import reading
from actors.tools.messages import (
    Entry,
    Listing,
    NotADirectory,
)
from actors.tools.paths import Home
from actors.vocabulary import Text
from tests.actors.tools.files import ROOM, go_on, put


def list_folder(home: Home, path: str = ".", room: int = ROOM) -> Listing:
    with home.directory(path) as place:
        return reading.listing(home, place, room, go_on)


# --- listing ----------------------------------------------------------------------------------------------


def test_a_listing_is_sorted_and_says_what_is_what(home: Home) -> None:
    put(home, "documents/b.txt", b"12345")
    put(home, "documents/B.txt", b"")
    (home.root / "documents/a").mkdir()
    (home.root / "documents/link").symlink_to("/etc/passwd")
    os.mkfifo(home.root / "documents/pipe")
    listing = list_folder(home, "documents")
    assert listing == Listing(
        entries=(
            Entry(name="B.txt", type="file", size=0),
            Entry(name="a/", type="directory", size=None),
            Entry(name="b.txt", type="file", size=5),
            Entry(name="link", type="link", size=None),
            Entry(name="pipe", type="other", size=None),
        ),
        total=5,
    )
    (text,) = listing.rendered().content
    assert isinstance(text, Text)
    assert json.loads(text.text) == [
        {"name": "B.txt", "size": 0, "type": "file"},
        {"name": "a/", "type": "directory"},
        {"name": "b.txt", "size": 5, "type": "file"},
        {"name": "link", "type": "link"},
        {"name": "pipe", "type": "other"},
    ]


def test_an_empty_folder_is_an_empty_list(home: Home) -> None:
    assert list_folder(home, "documents").rendered().content == (Text(text="[]"),)


def test_the_private_folder_is_hidden_at_any_depth(home: Home) -> None:
    for path in (".starpod", "documents/.starpod", "documents/.STARPOD"):
        (home.root / path).mkdir()
    put(home, "documents/.hidden", b"")
    assert [entry.name for entry in list_folder(home).entries] == ["documents/"]
    assert [entry.name for entry in list_folder(home, "documents").entries] == [".hidden"]


def test_a_name_that_is_no_text_is_shown_safely(home: Home) -> None:
    (home.root / os.fsdecode(b"caf\xe9\n.txt")).write_text("")
    listing = list_folder(home)
    assert [entry.name for entry in listing.entries] == ["caf\\xe9\n.txt", "documents/"]
    for block in listing.rendered().content:
        assert isinstance(block, Text)
        assert block.text.encode()
    assert '"caf\\\\xe9\\n.txt"' in str(listing.entries[0].json())


def test_files_loose_in_home_are_pointed_out_apart_from_the_json(home: Home) -> None:
    for n in range(7):
        put(home, f"{n}.txt", b"")
    put(home, ".profile", b"")
    put(home, "documents/x.txt", b"")
    entries, note = list_folder(home).rendered().content
    assert isinstance(entries, Text)
    assert isinstance(note, Text)
    assert len(json.loads(entries.text)) == 9
    assert note.text == "Note: 7 loose in the home folder itself: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt, …."
    assert len(list_folder(home, "documents").rendered().content) == 1


def test_a_listing_is_capped_by_number(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ENTRIES", 3)
    for n in range(5):
        put(home, f"documents/{n}", b"")
    listing = list_folder(home, "documents")
    assert ([entry.name for entry in listing.entries], listing.total) == (["0", "1", "2"], 5)
    assert listing.rendered().content[1] == Text(text="Note: the first 3 of 5 entries are shown.")


def test_a_listing_is_capped_by_size(home: Home) -> None:
    for n in range(300):
        put(home, f"{n:03d}{'x' * 200}", b"")
    listing = list_folder(home, room=20_000)
    assert 60 < len(listing.entries) < 300 == listing.total - 1
    size = sum(len(block.text.encode()) for block in listing.rendered().content if isinstance(block, Text))
    assert size <= 20_000


def test_only_a_folder_can_be_listed(home: Home) -> None:
    put(home, "a.txt", b"")
    with pytest.raises(NotADirectory) as caught:
        list_folder(home, "a.txt")
    assert str(caught.value) == "Not a directory: a.txt"
    with pytest.raises(NotADirectory) as caught:
        list_folder(home, "no/thing")
    assert str(caught.value) == "Not a directory: no/thing (it does not exist)"
