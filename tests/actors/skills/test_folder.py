"""Skills on the disk."""

import os
from pathlib import Path

import pytest

from actors.skills import folder
from actors.skills.folder import DEEPEST, LARGEST_MAIN, MAIN, MOST, File, Unusable
from tests.actors.skills.conftest import lay, md


def tree(text: str = "x", **files: bytes) -> dict[str, File]:
    return {MAIN: File(text.encode())} | {name.replace("__", "/"): File(data) for name, data in files.items()}


def test_a_skill_comes_whole_and_goes_whole(tmp_path: Path) -> None:
    root = tmp_path / "skills"
    files = tree("one", scripts__a=b"a") | {"run": File(b"#!", executable=True)}
    folder.put(root, "x", files)
    assert folder.read_tree(root / "x") == files
    assert os.access(root / "x" / "run", os.X_OK)

    folder.put(root, "x", tree("two", other=b"o"))
    assert folder.read_tree(root / "x") == tree("two", other=b"o")

    folder.remove(root, "x")
    folder.remove(root, "x")
    folder.remove(tmp_path / "nowhere", "x")
    assert list(root.iterdir()) == []


def test_a_new_text_alone_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder.put(tmp_path, "x", tree("one", a=b"a"))
    before = (tmp_path / "x" / "a").stat().st_ino
    folder.put(tmp_path, "x", tree("two", a=b"a"))
    assert (tmp_path / "x" / "a").stat().st_ino == before
    assert folder.read_main(tmp_path / "x") == b"two"


def test_what_is_in_the_way_goes(tmp_path: Path) -> None:
    outside = lay(tmp_path / "outside", "theirs")
    (tmp_path / "x").symlink_to(outside)
    (tmp_path / "y").write_text("a file")
    lay(tmp_path / "z", "", deep__a="a")
    (tmp_path / "z" / MAIN).unlink()
    for name in ("x", "y", "z"):
        folder.put(tmp_path, name, tree("ours"))
        assert folder.read_main(tmp_path / name) == b"ours"
    assert (outside / MAIN).read_text() == "theirs"
    lay(tmp_path / "w", "too many", **{f"f{n}": "" for n in range(MOST)})
    folder.put(tmp_path, "w", tree("ours"))
    assert folder.resources(tmp_path / "w") == ()


def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path) -> None:
    folder.put(tmp_path, "x", tree("one"))
    with pytest.raises(OSError, match="exists"):
        folder.put(tmp_path, "x", {MAIN: File(b"two"), "a": File(b""), "a/b": File(b"")})
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
    assert folder.read_main(tmp_path / "x") == b"one"


def test_what_was_being_made_is_cleared_away(tmp_path: Path) -> None:
    lay(tmp_path / ".new-1", "x")
    lay(tmp_path / ".old-1" / "it", "x")
    lay(tmp_path / "x", "x")
    folder.clear(tmp_path)
    folder.clear(tmp_path / "nowhere")
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_links_and_other_things_are_no_files(tmp_path: Path) -> None:
    x = lay(tmp_path / "x", md(), a="a", b__c="c", _0_git__config="d")
    lay(x / "__pycache__", "x")
    (x / ".SKILL.md.new").write_text("half")
    (x / "link").symlink_to(x / "a")
    (x / "dir").symlink_to(x / "b")
    os.mkfifo(x / "pipe")
    (x / "new\nline").write_text("x")
    (x / "b" / os.fsdecode(b"\xff")).write_text("x")
    assert [each.path for each in folder.resources(x)] == ["a", "b/c"]
    assert set(folder.read_tree(x)) == {MAIN, "a", "b/c"}
    for path, why in (
        ("link", "symbolic link"),
        ("dir/c", "cannot be read"),
        ("pipe", "no regular file"),
        ("b", "cannot be read|no regular"),
        ("nope", "No such file"),
        ("../x/a", "no path"),
        ("/etc/passwd", "no path"),
        ("a//b", "no path"),
        ("", "no path"),
        ("a\0", "no path"),
        ("a/" * DEEPEST + "a", "no path"),
        ("\ud800", "no path"),
        ("n" * 300, "cannot be read"),
    ):
        with pytest.raises(Unusable, match=why):
            folder.read_file(x, path)


def test_there_are_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="bytes"):
        folder.read_main(lay(tmp_path / "long", "x" * (LARGEST_MAIN + 1)))
    with pytest.raises(Unusable, match="more than 1000 files"):
        folder.resources(lay(tmp_path / "many", "", **{f"f{n}": "" for n in range(MOST)}))
    with pytest.raises(Unusable, match="deeper"):
        folder.resources(lay(tmp_path / "deep", "", **{"a__" * (DEEPEST + 2) + "f": ""}))
    monkeypatch.setattr(folder, "LARGEST", 10)
    with pytest.raises(Unusable, match="more than 10 bytes"):
        folder.read_tree(lay(tmp_path / "big", "123456", a="123456"))
    with pytest.raises(Unusable, match="No such file"):
        folder.read_tree(tmp_path / "nowhere")


def test_a_digest_says_whether_anything_differs() -> None:
    one = folder.digest(tree("x", a=b"a"))
    assert one == folder.digest(dict(reversed(tree("x", a=b"a").items())))
    others = [
        tree("y", a=b"a"),
        tree("x", b=b"a"),
        tree("x", a=b"b"),
        tree("x"),
        {**tree("x"), "a": File(b"a", executable=True)},
    ]
    assert len({folder.digest(each) for each in others} | {one}) == 6


def test_stamps_tell_what_is_there_without_opening_it(tmp_path: Path) -> None:
    assert folder.stamps(tmp_path / "nowhere") == {}
    (tmp_path / "file").write_text("")
    assert folder.stamps(tmp_path / "file") == {}
    lay(tmp_path / "good", md())
    lay(tmp_path / "huge", "x" * (LARGEST_MAIN + 1))
    lay(tmp_path / ".hidden", md())
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder" / MAIN).mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "good")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = folder.stamps(tmp_path)
    assert list(found) == ["folder", "good", "huge", "linked"]
    assert found["good"].fault is None
    assert "no regular file" in (found["folder"].fault or "")
    assert "are allowed" in (found["huge"].fault or "")
    assert "symbolic link" in (found["linked"].fault or "")


def test_what_the_system_does_not_tell_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path / "x", md())

    def refuse(_path: str) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "lstat", refuse)
    assert folder.stamps(tmp_path)["x"].fault == "it cannot be read: Permission denied"
