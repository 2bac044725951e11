"""Folders of files that wait."""

from pathlib import Path

from actors.spool import prepare, spool


def test_a_folder_is_there_for_a_while(tmp_path: Path) -> None:
    with spool(tmp_path, "mail-") as folder:
        (folder / "a").write_text("x")
        assert folder.parent == tmp_path
        assert folder.name.startswith("mail-")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_gone_and_what_is_of_others_stays(tmp_path: Path) -> None:
    parent = tmp_path / "data" / "uploads"
    prepare(parent, "mail-")
    assert parent.stat().st_mode & 0o777 == 0o700
    for name in ("mail-1", "other-1"):
        (parent / name).mkdir()
        (parent / name / "a").write_text("x")
    prepare(parent, "mail-")
    assert [each.name for each in parent.iterdir()] == ["other-1"]
