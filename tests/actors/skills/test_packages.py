"""Folders and archives from elsewhere, the hostile ones among them."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.skills import packages
from actors.skills.folder import LARGEST_MAIN, MAIN
from actors.skills.packages import Refused
from tests.actors.skills.conftest import lay, md

Entry = tuple[str | zipfile.ZipInfo, bytes | str]


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    def make(*entries: Entry, name: str = "pack.zip", compression: int = zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", compression) as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        return path

    return make


def link(name: str, mode: int = stat.S_IFLNK | 0o777) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def names(path: Path) -> dict[str, list[str]]:
    return {each.name: list(each.tree) for each in packages.read(path)}


# --- folders ----------------------------------------------------------------------------------------------------


def test_a_skill_by_itself(tmp_path: Path) -> None:
    assert names(lay(tmp_path / "x", md(), scripts__a="a")) == {"x": [MAIN, "scripts/a"]}


def test_all_skills_of_a_repository(tmp_path: Path) -> None:
    lay(tmp_path / "repo" / "skills" / "b", md("b"), inner__SKILL_0_md="part of b")
    lay(tmp_path / "repo" / "skills" / "a", md("a"))
    lay(tmp_path / "repo" / ".git" / "c", md("c"))
    lay(tmp_path / "repo" / "1" / "2" / "3" / "4" / "deep", md("deep"))
    assert names(tmp_path / "repo") == {"a": [MAIN], "b": [MAIN, "inner/SKILL.md"]}


def test_a_folder_that_cannot_be_a_skill_is_told(tmp_path: Path) -> None:
    lay(tmp_path / "p" / "Bad Name", md())
    linked = lay(tmp_path / "p" / "linked", md(), d__a="a")
    (linked / "d" / "link").symlink_to("/etc/passwd")
    found = {each.name: each.refused or "" for each in packages.read(tmp_path / "p")}
    assert "cannot be the name" in found["Bad Name"]
    assert found["linked"] == "d/link is a symbolic link"
    assert all(not each.tree for each in packages.read(tmp_path / "p"))


def test_a_linked_folder_is_not_entered(tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere", md())
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="holds no skill"):
        packages.read(tmp_path / "p")


def test_what_is_neither_folder_nor_archive(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, why in (("file", "neither"), ("nope", "neither"), ("empty", "holds no skill")):
        with pytest.raises(Refused, match=why):
            packages.read(tmp_path / name)


def test_two_of_a_name(tmp_path: Path) -> None:
    lay(tmp_path / "p" / "1" / "x", md())
    lay(tmp_path / "p" / "2" / "x", md())
    with pytest.raises(Refused, match="two skills"):
        packages.read(tmp_path / "p")


def test_too_much_of_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        lay(tmp_path / "p" / f"x{n}", md())
    monkeypatch.setattr(packages, "MOST_SKILLS", 2)
    with pytest.raises(Refused, match="more than 2 skills"):
        packages.read(tmp_path / "p")
    monkeypatch.setattr(packages, "MOST_ENTRIES", 2)
    with pytest.raises(Refused, match="more than 2 folders"):
        packages.read(tmp_path / "p")


def test_a_disk_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(_path))

    monkeypatch.setattr(packages, "_refuse_links", refuse)
    with pytest.raises(Refused, match="x cannot be read: Permission denied"):
        packages.read(lay(tmp_path / "x", md()))


# --- archives ---------------------------------------------------------------------------------------------------


def test_an_archive_with_one_skill_and_its_modes(zipped: Callable[..., Path]) -> None:
    path = zipped(
        ("x/SKILL.md", md()), (link("x/run", stat.S_IFREG | 0o755), "#!"), ("x/__MACOSX/a", "b"), ("readme", "c"),
        ("x/", ""),
    )  # fmt: skip
    (found,) = packages.read(path)
    assert (found.name, list(found.tree)) == ("x", [MAIN, "run"])
    assert found.tree["run"].executable
    assert not found.tree[MAIN].executable


def test_an_archive_without_a_folder_is_named_for_its_file(zipped: Callable[..., Path]) -> None:
    assert names(zipped(("SKILL.md", md()), ("a", "b"), name="deploy.zip")) == {"deploy": [MAIN, "a"]}


def test_several_in_one_archive(zipped: Callable[..., Path]) -> None:
    path = zipped(
        ("r/skills/b/SKILL.md", md()), ("r/skills/a/SKILL.md", md()), ("r/skills/a/sub/SKILL.md", "part")
    )
    assert names(path) == {"a": [MAIN, "sub/SKILL.md"], "b": [MAIN]}


@pytest.mark.parametrize(
    "name", ["../x/SKILL.md", "/etc/SKILL.md", "x/../../SKILL.md", "x\\SKILL.md", "C:/SKILL.md", "x/a\nb"]
)
def test_names_that_lead_out_are_refused(zipped: Callable[..., Path], name: str) -> None:
    with pytest.raises(Refused, match="no name of a file"):
        packages.read(zipped((name, md())))


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644])
def test_links_and_devices_are_refused(zipped: Callable[..., Path], mode: int) -> None:
    with pytest.raises(Refused, match="a link, or something else"):
        packages.read(zipped(("x/SKILL.md", md()), (link("x/passwd", mode), "/etc/passwd")))


def test_twins_are_refused(zipped: Callable[..., Path]) -> None:
    with pytest.raises(Refused, match="two files are called"):
        packages.read(zipped(("x/SKILL.md", md()), ("x/skill.MD", "other")))


def test_a_bomb_is_not_unpacked(zipped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "LARGEST", 100_000)
    path = zipped(("x/SKILL.md", md()), ("x/a", b"\0" * 50_000_000), ("y/SKILL.md", md()))
    assert path.stat().st_size < 100_000
    found = {each.name: each.refused for each in packages.read(path)}
    assert found == {"x": "its files have more than 100000 bytes", "y": None}


def test_a_size_that_is_a_lie_helps_nobody(zipped: Callable[..., Path]) -> None:
    path = zipped(("x/SKILL.md", md(body="y" * 5000)))
    data = path.read_bytes()
    size = len(md(body="y" * 5000)).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(Refused, match="can be read"):
        packages.read(path)


def test_too_much_in_an_archive(zipped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    many = [
        ("x/SKILL.md", md()),
        *((f"x/{n}", "") for n in range(5)),
        ("y/SKILL.md", md()),
        ("z/SKILL.md", "a" * (LARGEST_MAIN + 1)),
    ]
    path = zipped(*many)
    monkeypatch.setattr(packages, "MOST", 4)
    found = {each.name: each.refused or "" for each in packages.read(path)}
    assert found["x"] == "it has more than 4 files"
    assert "SKILL.md has more than" in found["z"]
    monkeypatch.setattr(packages, "MOST_SKILLS", 2)
    with pytest.raises(Refused, match="more than 2 skills"):
        packages.read(path)
    monkeypatch.setattr(packages, "MOST_ENTRIES", 2)
    with pytest.raises(Refused, match="more than 2 files"):
        packages.read(path)


def test_an_archive_has_a_size_before_and_after(
    zipped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(("x/SKILL.md", md(body="y" * 5000)), ("y/SKILL.md", md(body="y" * 5000)))
    monkeypatch.setattr(packages, "LARGEST_PACKAGE", 6000)
    with pytest.raises(Refused, match="unpacks to more"):
        packages.read(path)
    monkeypatch.setattr(packages, "LARGEST_PACKAGE", 10)
    with pytest.raises(Refused, match="more than 10 bytes"):
        packages.read(path)


def test_what_is_encrypted_or_broken_is_refused(zipped: Callable[..., Path], tmp_path: Path) -> None:
    path = zipped(("x/SKILL.md", md()), compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(signature) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(Refused, match="encrypted"):
        packages.read(tmp_path / "locked.zip")
    broken = path.read_bytes().replace(b"Do it.", b"Do it!")
    (tmp_path / "broken.zip").write_bytes(broken)
    with pytest.raises(Refused, match="no zip archive that can be read"):
        packages.read(tmp_path / "broken.zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass
    (tmp_path / "empty.zip").write_bytes(buffer.getvalue())
    with pytest.raises(Refused, match="holds no skill"):
        packages.read(tmp_path / "empty.zip")
