"""Which names notes can have, and that none of them leads anywhere else."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.memory import names
from actors.memory.files import Folder
from actors.memory.messages import BadName
from actors.memory.names import Name

PARTS = st.sampled_from(
    [
        *(
            "..",
            ".",
            "",
            "users",
            "bob",
            "USERS",
            "config",
            "db",
            "skills",
            "shared",
            "Shared",
            "memory",
            "MEMORY",
        ),
        *(
            "SOUL.md",
            "soul.md",
            "USER.md",
            "user.MD",
            "MEMORY.md",
            "ＭＥＭＯＲＹ.md",
            "MEMORY\u200b.md",
            "M\u00c9MO.md",
        ),
        *(
            "memory.db",
            "a.md",
            ".md",
            ".env",
            "~",
            "C:",
            "con.md",
            "a\\b.md",
            "a\0.md",
            "a\n.md",
            "\ud800.md",
            "é.md",
        ),
        *(
            "link.md",
            "out",
            "pipe.md",
            "x" * 300 + ".md",
            "\u202emd.exe",
            "а.md",
            "MEMОRY.md",
            " a.md",
            "a.md ",
            "a.",
        ),
    ]
)
HOSTILE = st.one_of(
    st.lists(PARTS, min_size=1, max_size=5).map("/".join),
    st.lists(st.one_of(PARTS, st.text(max_size=8)), min_size=1, max_size=4).map(
        lambda parts: "/".join(parts) + ".md"
    ),
    st.text(max_size=40),
    st.text(alphabet="./\\~:USERMOLDusermold\u200d\u0301", max_size=20).map(lambda text: f"{text}.md"),
)


@settings(max_examples=4 * settings().max_examples)
@given(HOSTILE)
@example("users/bob/MEMORY.md")
@example("shared/../users/bob/MEMORY.md")
@example("link.md")
@example("out/MEMORY.md")
def test_no_name_leads_out_of_the_folders_of_notes(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    data = data_with_traps(tmp_path_factory)
    try:
        name = names.checked(text)
    except BadName:
        return
    root = data if name.level == "agent" else data / "users" / "ada"
    folder = Folder(root)
    try:
        folder.put(name, None, b"hostile", 0)
    except BadName:
        return
    written = root.joinpath(*name.path)
    allowed = [root / "config", root / "shared"] if name.level == "agent" else [root]
    assert written.read_bytes() == b"hostile"
    assert any(written.resolve().is_relative_to(each) for each in allowed)
    assert (data / "users" / "bob" / "MEMORY.md").read_bytes() == b"Bob's"
    assert (data / "users" / "ada" / "memory.db").read_bytes() == b"database"
    if name.level == "agent":
        assert text in names.LIFECYCLE or text.startswith("shared/")
    assert folder.read(name) == b"hostile"
    folder.put(name, b"hostile", None, 0)
    assert folder.read(name) is None


_data: list[Path] = []


def data_with_traps(factory: pytest.TempPathFactory) -> Path:
    """The folder of an agent with links that lead out; made once."""
    if not _data:
        data = factory.mktemp("data").resolve()
        for each in ("users/ada/memory", "users/bob", "config", "shared", "db", "skills"):
            (data / each).mkdir(parents=True)
        (data / "users/bob/MEMORY.md").write_bytes(b"Bob's")
        (data / "users/ada/memory.db").write_bytes(b"database")
        (data / "users/ada/link.md").symlink_to("../bob/MEMORY.md")
        (data / "users/ada/out").symlink_to("../bob")
        (data / "shared/out").symlink_to("../users/bob")
        _data.append(data)
    return _data[0]


@pytest.mark.parametrize(
    "text",
    ["notes.md", "subdir/notes.md", ".hidden.md", "x" * 252 + ".md", "日記.md", "Über uns/été.md", "a b.md"],
)
def test_a_note_of_ones_own_may_be_called_so(text: str) -> None:
    assert names.checked(text) == Name(text, "user")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("x" * 253 + ".md", "longer"),
        ("é" * 127 + ".md", "longer"),
        ("../a.md", r"\.\."),
        ("a/../b.md", r"\.\."),
        ("a..b.md", r"\.\."),
        ("/a.md", "relative"),
        ("~/a.md", "relative"),
        ("a.txt", "end in .md"),
        ("a.MD", "end in .md"),
        ("a.md.bak", "end in .md"),
        ("a\\b.md", "backslash"),
        ("C:a.md", "colon"),
        ("a\0.md", "cannot be seen"),
        ("a\u200b.md", "cannot be seen"),
        ("\ud800.md", "cannot be seen"),
        ("e\u0301.md", "composed"),
        ("pаypal.md", "look alike"),
        ("a//b.md", "each part"),
        ("./a.md", "each part"),
        ("a /b.md", "each part"),
        ("a./b.md", "each part"),
        ("users/bob/MEMORY.md", "no place"),
        ("Users/bob/MEMORY.md", "no place"),
        ("skills/x/SKILL.md", "no place"),
        ("ｃonfig/SOUL.md", "no place"),
        ("db/a.md", "no place"),
        ("soul.md", "called SOUL.md"),
        ("User.md", "called USER.md"),
        ("ＭＥＭＯＲＹ.md", "called MEMORY.md"),
        ("Memory/2026-01-01.md", "called memory"),
        ("Shared/a.md", "called shared"),
        ("USER.md/a.md", "is a file"),
    ],
)
def test_no_note_may_be_called_so(text: str, reason: str) -> None:
    with pytest.raises(BadName, match=reason) as refused:
        names.checked(text)
    assert "\0" not in str(refused.value)


def test_a_name_says_whose_a_note_is_and_where_it_lies() -> None:
    known = {
        "SOUL.md": ("agent", ("config", "SOUL.md"), True),
        "BOOTSTRAP.md": ("agent", ("config", "BOOTSTRAP.md"), True),
        "shared/house/keys.md": ("agent", ("shared", "house", "keys.md"), False),
        "USER.md": ("user", ("USER.md",), True),
        "memory/2026-01-01.md": ("user", ("memory", "2026-01-01.md"), False),
        "projects/SOUL.md": ("user", ("projects", "SOUL.md"), False),
    }
    found = {text: names.checked(text) for text in known}
    assert {text: (each.level, each.path, each.is_identity) for text, each in found.items()} == known


def test_names_that_a_file_system_may_take_for_one_another_are_plainly_the_same() -> None:
    for one, other in (
        ("Notes.md", "notes.md"),
        ("straße.md", "STRASSE.md"),
        ("ﬁ.md", "fi.md"),
        ("a. ", "a"),
    ):
        assert names.plain(one) == names.plain(other)
        assert unicodedata.is_normalized("NFKC", names.plain(one))
