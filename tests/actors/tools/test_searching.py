"""Finding files by name and lines by what they say."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import atomic
from actors.tools import searching, texts
from actors.tools.messages import (
    BadPattern,
    FileNotFound,
    Found,
    Glob,
    Grep,
    InvalidPath,
    NotADirectory,
    NotARegularFile,
)
from actors.tools.paths import MAX_DEPTH, Home
from actors.vocabulary import Text
from tests.actors.tools.files import go_on, put

ROOM = 50_000


def glob(home: Home, pattern: str, path: str = ".", room: int = ROOM, offset: int = 0) -> Found:
    return searching.glob(
        home, Glob(pattern=pattern, path=path, offset=offset, user=home.user or ""), room, go_on
    )


def grep(home: Home, pattern: str, room: int = ROOM, **options: Any) -> Found:
    return searching.grep(home, Grep(pattern=pattern, user=home.user or "", **options), room, go_on)


def fill(home: Home, **files: str) -> None:
    for path, content in files.items():
        target = home.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode())


@pytest.fixture
def project(home: Home) -> Home:
    fill(
        home,
        **{
            "a.txt": "x",
            "a/b.py": "x",
            "a-b.py": "x",
            "a/c/d.py": "x",
            ".hidden/e.py": "x",
            "node_modules/f.py": "x",
            "target/g.py": "x",
            "documents/h.md": "x",
        },
    )
    return home


# --- names ------------------------------------------------------------------------------------------------


def test_names_are_found_in_the_order_of_their_paths(project: Home) -> None:
    assert glob(project, "**/*.py").lines == (
        ".hidden/e.py",
        "a-b.py",
        "a/b.py",
        "a/c/d.py",
        "node_modules/f.py",
        "target/g.py",
    )


def test_folders_are_found_as_well(project: Home) -> None:
    assert glob(project, "a*").lines == ("a-b.py", "a.txt", "a/")


def test_a_search_may_begin_in_a_folder(project: Home) -> None:
    assert glob(project, "*.py", "a").lines == ("a/b.py",)
    assert glob(project, "c/*", "./a/").lines == ("a/c/d.py",)
    assert glob(project, "*.py", f"{project.root}/a").lines == ("a/b.py",)
    assert glob(project, f"{project.root}/a/*.py").lines == ("a/b.py",)


def test_nothing_is_an_answer(project: Home) -> None:
    found = glob(project, "*.rs")
    assert found.lines == ("No files matched the pattern.",)
    assert found.rendered().content == (Text(text="No files matched the pattern."),)
    assert not found.rendered().is_error


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "a/../../*", "[a"])
def test_a_pattern_cannot_leave_home(project: Home, pattern: str) -> None:
    with pytest.raises((BadPattern, InvalidPath)):
        glob(project, pattern)


@pytest.mark.parametrize("path", ["..", "/etc", "link", ".starpod", "./.starpod"])
def test_nor_can_the_folder_of_a_search(project: Home, path: str) -> None:
    (project.root / "link").symlink_to("/etc")
    for find in (glob, grep):
        with pytest.raises(InvalidPath):
            find(project, "*", path=path) if find is glob else find(project, "x", path=path)


def test_a_folder_that_is_not_there_is_said(project: Home) -> None:
    with pytest.raises(NotADirectory):
        glob(project, "*", "none")
    with pytest.raises(FileNotFound):
        grep(project, "x", path="none")


def test_links_are_shown_and_not_followed(home: Home, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("secret")
    (home.root / "loop").symlink_to(".")
    (home.root / "out").symlink_to(tmp_path)
    (home.root / "out.py").symlink_to(tmp_path / "secret.py")

    assert glob(home, "**/*").lines == ("documents/", "loop", "out", "out.py")
    assert grep(home, "secret").lines == ("No matches found.",)


def test_a_folder_that_is_a_link_within_home_can_be_searched(project: Home) -> None:
    (project.root / "short").symlink_to("a/c")

    assert glob(project, "*", "short").lines == ("short/d.py",)
    assert grep(project, "x", path="short").lines == ("short/d.py",)


def test_neither_what_others_have_sent_nor_what_is_private_is_found(home: Home) -> None:
    fill(
        home, **{"uploads/ada/mine.txt": "word", "uploads/bob/theirs.txt": "word", ".starpod/key.txt": "word"}
    )

    assert glob(home, "**/*.txt").lines == ("uploads/ada/mine.txt",)
    assert grep(home, "word").lines == ("uploads/ada/mine.txt",)
    with pytest.raises(NotADirectory):
        glob(home, "*", "uploads/bob")
    with pytest.raises(FileNotFound):
        grep(home, "word", path="uploads/bob/theirs.txt")


def test_a_name_that_is_no_utf8_is_shown_so_that_it_can_be_asked_for(home: Home) -> None:
    Path(os.fsdecode(os.fsencode(home.root) + b"/caf\xe9.txt")).write_text("coffee")

    assert glob(home, "*.txt").lines == ("caf\\xe9.txt",)
    assert grep(home, "coffee", path="caf\\xe9.txt").lines == ("caf\\xe9.txt",)


def test_a_folder_that_may_not_be_read_is_passed_over(project: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real = atomic.enter

    def enter(parent: int, name: str) -> int:
        if name == "a":
            raise PermissionError
        return real(parent, name)

    monkeypatch.setattr(atomic, "enter", enter)
    assert glob(project, "a/**").lines == ("No files matched the pattern.",)
    assert glob(project, "**/h.md").lines == ("documents/h.md",)


def test_what_lies_too_deep_is_passed_over(home: Home) -> None:
    fill(
        home,
        **{
            "/".join(["d"] * (MAX_DEPTH - 1)) + "/in.txt": "",
            "/".join(["d"] * (MAX_DEPTH + 2)) + "/out.txt": "",
        },
    )

    (found,) = glob(home, "**/*.txt").lines
    assert found.endswith("in.txt")


def test_a_list_that_is_cut_says_how_to_go_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home, **{f"{n:03}.txt": "" for n in range(7)})
    monkeypatch.setattr(searching, "MOST_PATHS", 3)

    assert glob(home, "*.txt").lines == ("000.txt", "001.txt", "002.txt")
    assert glob(home, "*.txt").notes == ("[cut: there is more; go on with offset 3]",)
    assert glob(home, "*.txt", offset=3).notes == ("[cut: there is more; go on with offset 6]",)
    last = glob(home, "*.txt", offset=6)
    assert (last.lines, last.notes) == (("006.txt",), ())
    assert glob(home, "*.txt", offset=9).lines == ("There are only 7 lines of output.",)


def test_a_list_ends_where_its_room_does(home: Home) -> None:
    fill(home, **{f"{n:03}.txt": "" for n in range(7)})

    found = glob(home, "*.txt", room=searching.NOTES_ROOM + 24)
    assert found.lines == ("000.txt", "001.txt", "002.txt")
    assert found.notes == ("[cut: there is more; go on with offset 3]",)
    assert glob(home, "*.txt", room=1).lines == ("000.txt",), (
        "one is always shown, so that going on comes further"
    )


def test_a_search_is_given_up_when_nobody_waits(project: Home) -> None:
    class GivenUp(BaseException):
        pass

    def given_up() -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        searching.glob(project, Glob(pattern="*", user="ada"), ROOM, given_up)
    with pytest.raises(GivenUp):
        searching.grep(project, Grep(pattern="x", path="a.txt", user="ada"), ROOM, given_up)


# --- lines ------------------------------------------------------------------------------------------------


@pytest.fixture
def poem(home: Home) -> Home:
    fill(
        home,
        **{
            "poem.txt": "one fish\ntwo fish\nred\nblue\ngreen\nblue fish fish\nend",
            "src/a.py": "def fish():\n    return 1\n",
            "src/b.ts": "let fish = 2;\r\n",
            "empty.txt": "",
        },
    )
    return home


def test_files_with_matches(poem: Home) -> None:
    assert grep(poem, "fish").lines == ("poem.txt", "src/a.py", "src/b.ts")


def test_matches_are_counted_not_lines(poem: Home) -> None:
    assert grep(poem, "fish", output_mode="count").lines == ("poem.txt:4", "src/a.py:1", "src/b.ts:1")


def test_lines_are_shown_with_their_numbers(poem: Home) -> None:
    assert grep(poem, "fish$", output_mode="content").lines == (
        "poem.txt:1:one fish",
        "poem.txt:2:two fish",
        "poem.txt:6:blue fish fish",
    )
    assert grep(poem, "fish", path="src", output_mode="content", numbers=False).lines == (
        "src/a.py:def fish():",
        "src/b.ts:let fish = 2;",
    )


def test_context_is_merged_and_gaps_are_marked(poem: Home) -> None:
    assert grep(poem, "two|blue fish", path="poem.txt", output_mode="content", around=1).lines == (
        "poem.txt-1-one fish",
        "poem.txt:2:two fish",
        "poem.txt-3-red",
        "--",
        "poem.txt-5-green",
        "poem.txt:6:blue fish fish",
        "poem.txt-7-end",
    )
    assert "--" not in grep(poem, "two|blue fish", output_mode="content", around=2).lines


def test_each_side_of_the_context_has_its_own_word(poem: Home) -> None:
    def numbers(**options: int) -> list[int]:
        found = grep(poem, "^red", path="poem.txt", output_mode="content", numbers=True, **options)
        return [int("".join(filter(str.isdigit, line))) for line in found.lines]

    assert numbers(after=2) == [3, 4, 5]
    assert numbers(before=1) == [2, 3]
    assert numbers(context=1) == [2, 3, 4]
    assert numbers(context=1, around=2) == [2, 3, 4]
    assert numbers(context=1, after=0) == [2, 3]
    assert numbers(around=1, before=2) == [1, 2, 3, 4]


def test_no_gap_is_marked_between_files_nor_without_context(poem: Home) -> None:
    assert "--" not in grep(poem, "fish", output_mode="content").lines
    found = grep(poem, "def|let", output_mode="content", after=1).lines
    assert found == ("src/a.py:1:def fish():", "src/a.py-2-    return 1", "src/b.ts:1:let fish = 2;")


def test_output_is_passed_over_and_limited_in_lines(poem: Home) -> None:
    options: dict[str, Any] = {"path": "poem.txt", "output_mode": "content", "around": 1}
    found = grep(poem, "two|blue fish", head_limit=3, offset=2, **options)

    assert found.lines == ("poem.txt-3-red", "--", "poem.txt-5-green")
    assert found.notes == ("[cut: there is more; go on with offset 5]",)
    assert grep(poem, "two|blue fish", head_limit=7, **options).notes == ()
    assert grep(poem, "fish", offset=2).lines == ("src/b.ts",)
    assert grep(poem, "fish", head_limit=1).notes == ("[cut: there is more; go on with offset 1]",)


def test_case_may_be_ignored(poem: Home) -> None:
    assert grep(poem, "FISH").lines == ("No matches found.",)
    assert grep(poem, "ONE", ignore_case=True).lines == ("poem.txt",)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"glob": "*.py"}, ("src/a.py",)),
        ({"glob": "src/*"}, ("src/a.py", "src/b.ts")),
        ({"glob": "*.{py,txt}"}, ("poem.txt", "src/a.py")),
        ({"glob": "[broken"}, ("poem.txt", "src/a.py", "src/b.ts")),
        ({"type": "py"}, ("src/a.py",)),
        ({"type": "python"}, ("src/a.py",)),
        ({"type": "klingon"}, ("poem.txt", "src/a.py", "src/b.ts")),
        ({"type": "ts", "glob": "a.*"}, ("No matches found.",)),
        ({"path": "src", "glob": "b.*"}, ("src/b.ts",)),
    ],
)
def test_only_some_files_are_searched(poem: Home, options: dict[str, Any], found: tuple[str, ...]) -> None:
    assert grep(poem, "fish", **options).lines == found


def test_noise_is_passed_over_unless_it_is_named(project: Home) -> None:
    assert grep(project, "x").lines == ("a-b.py", "a.txt", "a/b.py", "a/c/d.py", "documents/h.md")
    assert grep(project, "x", path="node_modules").lines == ("node_modules/f.py",)
    assert grep(project, "x", path=".hidden/e.py", glob="*.md").lines == (".hidden/e.py",)


@pytest.mark.parametrize(
    "pattern", ["(", "a{2}{3}{", r"(?<=a)b", r"(a)\1", "x" * 1001, "\ud800", "(a{1000}){1000}"]
)
def test_an_expression_that_cannot_be_read_is_refused(home: Home, pattern: str) -> None:
    with pytest.raises(BadPattern):
        grep(home, pattern)


def test_an_expression_takes_time_in_proportion_to_the_text(home: Home) -> None:
    put(home, "a.txt", b"a" * 200_000 + b"!")

    assert grep(home, "(a+)+$", output_mode="count").lines == ("No matches found.",)


def test_what_is_no_text_is_passed_over_and_said_if_it_was_named(home: Home) -> None:
    put(home, "latin.txt", "größe word".encode("latin-1"))
    put(home, "zero.bin", b"word\0")
    put(home, "late.bin", b"word\n" * 100_000 + b"\xff")

    assert grep(home, "word", output_mode="count") == Found(lines=("No matches found.",))
    found = grep(home, "word", path="latin.txt")
    assert found.notes == ("[not searched: latin.txt (no text in UTF-8)]",)
    assert grep(home, "x", path="zero.bin").notes == ("[not searched: zero.bin (no text)]",)


def test_lines_too_long_to_search_are_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LONGEST_LINE", 1000)
    monkeypatch.setattr(texts, "PIECE", 300)
    for n in range(7):
        put(home, f"{n}.txt", b"x" * 2000)
    put(home, "short.txt", b"word\n" * 250)

    (note,) = grep(home, "word").notes
    assert note.startswith("[not searched: 0.txt (a line of more than 1000 bytes), 1.txt")
    assert note.endswith("4.txt (a line of more than 1000 bytes), …]")
    (note,) = grep(home, "word", path="short.txt", multiline=True).notes
    assert note == "[not searched: short.txt (more than 1000 bytes, too many to search across lines)]"


def test_a_long_line_is_cut_with_the_place_to_read_on(home: Home) -> None:
    put(home, "long.txt", b"short\n" + b"y" * 1500)

    (found,) = grep(home, "y", output_mode="content").lines
    assert found.startswith("long.txt:2:yyy")
    assert found.endswith("y [cut: 1500 characters; read on with FileRead, offset 2 and skip 1000]")


def test_a_match_may_cross_lines_where_that_is_wanted(poem: Home) -> None:
    options: dict[str, Any] = {"path": "poem.txt", "multiline": True}
    assert grep(poem, "two.fish\nred", output_mode="content", **options).lines == (
        "poem.txt:2:two fish",
        "poem.txt:3:red",
    )
    assert grep(poem, "red.*green\n", output_mode="content", **options).lines == (
        "poem.txt:3:red",
        "poem.txt:4:blue",
        "poem.txt:5:green",
    )
    assert grep(poem, "fish.two", output_mode="count", **options).lines == ("poem.txt:1",)
    assert grep(poem, "fish.two", path="poem.txt").lines == ("No matches found.",)
    assert grep(poem, "x*", path="empty.txt", multiline=True).lines == ("No matches found.",)


def test_only_a_regular_file_is_searched(home: Home) -> None:
    os.mkfifo(home.root / "pipe")
    put(home, "a.txt", b"word")

    assert grep(home, "word").lines == ("a.txt",)
    with pytest.raises(NotARegularFile):
        grep(home, "word", path="pipe")


def test_a_file_that_vanishes_meanwhile_is_passed_over(home: Home) -> None:
    put(home, "a.txt", b"word")
    put(home, "b.txt", b"word")

    def vanish() -> None:
        (home.root / "b.txt").unlink(missing_ok=True)

    assert searching.grep(home, Grep(pattern="word", user="ada"), ROOM, vanish).lines == ("a.txt",)


LINES = st.lists(st.text("ab ", max_size=5), max_size=30)


@given(
    lines=LINES,
    ends=st.booleans(),
    piece=st.integers(1, 40),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
)
def test_lines_are_those_that_match_whatever_the_pieces(
    lines: list[str], *, ends: bool, piece: int, before: int, after: int
) -> None:
    text = "\n".join(lines) + "\n" * ends
    wanted = text.removesuffix("\n").split("\n") if text else []
    search = texts.Search(
        Grep(pattern="ab|^b", output_mode="content", before=before, after=after, user="ada")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "PIECE", piece)
        found = list(search.of(io.BytesIO(text.encode()), "f", go_on))

    hits = {n for n, line in enumerate(wanted, 1) if "ab" in line or line.startswith("b")}
    near = {m for n in hits for m in range(max(1, n - before), min(len(wanted), n + after) + 1)}
    expected: list[str] = []
    last = 0
    for n in sorted(near):
        if expected and n > last + 1 and (before or after):
            expected.append("--")
        mark = ":" if n in hits else "-"
        expected.append(f"f{mark}{n}{mark}{wanted[n - 1]}")
        last = n
    assert found == expected
