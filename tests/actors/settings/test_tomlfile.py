import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from actors.settings.problems import ConfigError
from actors.settings.tomlfile import TomlFile


def file(text: str) -> TomlFile:
    return TomlFile(Path("a.toml"), text, tomllib.loads(text))


def test_every_key_has_the_line_it_stands_on() -> None:
    text = '''# comment
a = 1
b.c = 2

[table]
"quoted key" = """
x = 1
[no.table]
"""
list = [
  1,
]
inline = { x = 1, y.z = 2 }

[ table . deep ]   # comment
d = "#"
[[rows]]
e = 1
[[rows]]
e = 2'''
    at = file(text).line_of

    assert at(("a",)) == 2
    assert (at(("b",)), at(("b", "c"))) == (3, 3)
    assert at(("table",)) == 5
    assert at(("table", "quoted key")) == 6
    assert at(("table", "list")) == 10
    assert at(("table", "inline", "y", "z")) == 13
    assert at(("table", "deep")) == 15
    assert at(("table", "deep", "d")) == 16
    assert at(("rows",)) == 17
    assert (at(("rows", "1")), at(("rows", "1", "e")), at(("rows", "2", "e"))) == (17, 18, 20)
    assert at(("rows", "3", "e")) == 17
    has = file(text).has
    assert has(("rows", "2", "e"))
    assert not has(("rows", "3"))
    assert not has(("rows", "1", "f"))
    assert not has(("rows", "x"))
    assert at(("no", "table")) is None
    assert at(("x",)) is None


names = st.text("abc-_.é ", min_size=1, max_size=5)
values = st.recursive(
    st.integers(-5, 5) | st.text("a\"'#[=\n", max_size=5) | st.booleans() | st.lists(st.integers(0, 3)),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(names, values, max_size=4))
def test_every_leaf_of_any_document_has_a_line(document: dict[str, object]) -> None:
    text = tomlkit.dumps(document)
    parsed = file(text)

    lines = [parsed.line_of(key) for key in parsed.leaves()]

    assert all(line is not None and 1 <= line <= len(text.splitlines()) for line in lines)


def test_says_what_it_sets() -> None:
    parsed = file("a = 1\n[t]\nb.c = 2\n")

    assert list(parsed.leaves()) == [("a",), ("t", "b", "c")]
    assert parsed.has(("t", "b"))
    assert parsed.has(("t", "b", "c"))
    assert not parsed.has(("a", "b"))
    assert not parsed.has(("c",))


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"a = \n", r"not valid TOML.*line 1"), (b"\xff", "must be UTF-8"), (None, "not found")],
)
def test_a_file_that_is_none_names_itself(tmp_path: Path, content: bytes | None, text: str) -> None:
    path = tmp_path / "agent.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=text) as raised:
        TomlFile.read(path)
    assert raised.value.problems[0].file == path


def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        TomlFile.read(tmp_path)


def test_a_copy_names_its_original_as_long_as_they_are_the_same(tmp_path: Path) -> None:
    copy, original = tmp_path / "copy.toml", tmp_path / "original.toml"
    copy.write_text("a = 1", encoding="utf-8")
    assert TomlFile.read(copy, original=original).path == copy

    original.write_text("a = 1", encoding="utf-8")
    assert TomlFile.read(copy, original=original).path == original

    original.write_text("a = 2", encoding="utf-8")
    assert TomlFile.read(copy, original=original).path == copy


def test_a_file_that_is_no_text_is_refused_with_the_place_of_the_first_such_byte(tmp_path: Path) -> None:
    path, blueprint = tmp_path / "agent.toml", tmp_path / "original.toml"
    for each in (path, blueprint):
        each.write_bytes(b'max_turns = 3\nagent_name = "J\xfcrgen"\n')
    with pytest.raises(ConfigError) as caught:
        TomlFile.read(path)
    assert str(caught.value) == f"{path}:2: must be UTF-8 text, found byte 0xfc at offset 29"
    with pytest.raises(ConfigError, match=r"original\.toml:2: must be UTF-8"):
        TomlFile.read(path, original=blueprint)


def test_line_ends_of_other_systems_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_bytes(b"a = 1\r\nb = 2\r\n")
    assert TomlFile.read(path).line_of(("b",)) == 2


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "starpod.toml"
    path.write_bytes(b"\xef\xbb\xbfmax_turns = 3\r\n")

    assert TomlFile.read(path).values == {"max_turns": 3}
