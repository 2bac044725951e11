"""Files here and there, and paths that lead elsewhere."""

from pathlib import Path

import pytest

from actors.instances import manifest
from actors.instances.manifest import BadPath, Difference
from actors.instances.reading import Unreadable


def _tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_contents_are_told_apart() -> None:
    assert manifest.digest(b"") == "1B2M2Y8AsgTpgAmY7PhCfg=="
    assert manifest.digest(b"a") != manifest.digest(b"b")


def test_what_travels(tmp_path: Path) -> None:
    agent = _tree(
        tmp_path / "agent",
        "agent.toml",
        ".env",
        "files/a/b.txt",
        "node_modules/x",
        "target/y",
        "skills/s/SKILL.md",
    )
    shared = _tree(tmp_path / "skills", "s/SKILL.md", "t/SKILL.md", "t/.git/config")
    (agent / "link").symlink_to("/etc/passwd")
    (agent / "more").symlink_to(shared)
    (tmp_path / "agent/pipe").touch()
    (tmp_path / "agent/pipe").unlink()
    __import__("os").mkfifo(tmp_path / "agent/pipe")

    files = manifest.collect(agent, shared)

    assert list(files) == ["agent.toml", "files/a/b.txt", "skills/s/SKILL.md", "skills/t/SKILL.md"]
    assert files["skills/s/SKILL.md"] == agent / "skills/s/SKILL.md"
    assert manifest.digests(files)["agent.toml"] == manifest.digest(b"agent.toml")
    assert manifest.collect(tmp_path / "nowhere") == {}


def test_what_differs() -> None:
    assert manifest.compared({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == Difference(
        to_upload=("b", "c"), to_download=("b", "d"), to_delete_remote=("d",), to_delete_local=("c",)
    )
    assert manifest.compared({}, {}) == Difference()


def test_a_difference_as_it_comes() -> None:
    found = manifest.difference({"to_upload": ["a/b"], "to_download": [{"path": "c", "size": 1}]})
    assert found == Difference(to_upload=("a/b",), to_download=("c",))
    with pytest.raises(Unreadable):
        manifest.difference({"to_upload": [{"size": 1}]})
    with pytest.raises(Unreadable):
        manifest.difference([])


@pytest.mark.parametrize(
    "path",
    [
        "/etc/x",
        "../x",
        "a/../../x",
        "",
        ".",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\nb",
        "x" * 256,
        "a/" * 600 + "a",
    ],
)
def test_a_path_that_leads_elsewhere(path: str, tmp_path: Path) -> None:
    with pytest.raises(BadPath):
        manifest.difference({"to_download": [path]})
    for act in (lambda: manifest.put(tmp_path, path, b""), lambda: manifest.drop(tmp_path, path)):
        with pytest.raises(BadPath):
            act()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_and_removed_with_its_folders(tmp_path: Path) -> None:
    manifest.put(tmp_path / "in", "a/b/c.txt", b"1")
    manifest.put(tmp_path / "in", "a/d.txt", b"2")
    assert (tmp_path / "in/a/b/c.txt").read_bytes() == b"1"

    assert manifest.drop(tmp_path / "in", "a/b/c.txt")
    assert not (tmp_path / "in/a/b").exists()
    assert (tmp_path / "in/a/d.txt").exists()
    assert not manifest.drop(tmp_path / "in", "a/b/c.txt")
    assert manifest.drop(tmp_path / "in", "a/d.txt")
    assert list((tmp_path / "in").iterdir()) == []


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "way").symlink_to(outside)
    (inside / "file").symlink_to(outside / "kept")

    with pytest.raises(OSError, match=r"directory|symbolic"):
        manifest.put(inside, "way/new", b"x")
    with pytest.raises(OSError, match=r"directory|symbolic"):
        manifest.drop(inside, "way/kept")
    manifest.put(inside, "file", b"mine")

    assert sorted(each.name for each in outside.iterdir()) == ["kept"]
    assert (outside / "kept").read_text() == "kept"
    assert (inside / "file").read_bytes() == b"mine"
