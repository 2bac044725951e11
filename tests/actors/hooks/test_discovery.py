import os
from pathlib import Path

import pytest

from actors.hooks import discovery, manifest
from actors.hooks.armed import LOOK_EVERY, Armed
from actors.hooks.discovery import scan, stamp
from actors.hooks.manifest import Manifest
from actors.hooks.registry import EMPTY, Group, Registry

TEXT = '+++\nname = "{name}"\nevent = "{event}"\ncommand = "true"\n+++\n'


def write(folder: Path, name: str, event: str = "Stop", text: str = TEXT) -> Path:
    path = folder / name / manifest.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(name=name, event=event))
    return path


def test_hooks_are_found_in_the_order_of_their_folders(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name, event in ((one, "b", "Stop"), (one, "a", "PreToolUse"), (two, "0", "Stop")):
        write(folder, name, event)
    (one / "no hook").mkdir()
    (one / "file").write_text("")
    found = scan(one, tmp_path / "missing", two).found
    assert [each.manifest.name for each in found] == ["a", "b", "0"]
    assert [each.path for each in found] == [one / "a/HOOK.md", one / "b/HOOK.md", two / "0/HOOK.md"]


def test_a_folder_that_is_empty_or_missing_has_none(tmp_path: Path) -> None:
    assert scan(tmp_path, tmp_path / "missing") == discovery.Scan()
    assert stamp(tmp_path / "missing") == ()


def test_a_manifest_that_cannot_be_used_hides_no_other(tmp_path: Path) -> None:
    write(tmp_path, "a", "Nonsense")
    write(tmp_path, "b")
    write(tmp_path, "c").write_bytes(b"\xff")
    write(tmp_path, "d").write_bytes(b"x" * (manifest.LARGEST + 1))
    (tmp_path / "e" / manifest.NAME).mkdir(parents=True)
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / manifest.NAME).symlink_to(tmp_path / "gone")
    found = scan(tmp_path)
    assert [each.manifest.name for each in found.found] == ["b"]
    assert [(fault.path.parent.name, fault.reason.partition(" '")[0]) for fault in found.faults] == [
        ("a", "there is no event"),
        ("c", "it is not UTF-8 text"),
        ("d", f"it is longer than {manifest.LARGEST} bytes"),
        ("e", "Is a directory"),
        ("f", "No such file or directory"),
    ]
    assert str(found.faults[1]) == f"{tmp_path}/c/HOOK.md: it is not UTF-8 text"


def test_whatever_is_done_to_a_manifest_gives_another_stamp(tmp_path: Path) -> None:
    seen = {stamp(tmp_path)}
    path = write(tmp_path, "a")
    seen.add(stamp(tmp_path))
    path.write_text("+++\n+++ longer")
    seen.add(stamp(tmp_path))
    os.utime(path, ns=(0, 0))
    seen.add(stamp(tmp_path))
    path.unlink()
    path.symlink_to(tmp_path / "gone")
    seen.add(stamp(tmp_path))
    assert len(seen) == 5
    assert stamp(tmp_path) == stamp(tmp_path)


# --- whether there is a hook ------------------------------------------------------------------------------


def armed(folder: Path, **groups: Group) -> Armed:
    made = Armed(folder)
    made.arm(Registry({group.event: [group] for group in groups.values()}), stamp(folder), now=0.0)
    return made


def test_where_there_is_no_hook_nobody_is_asked(tmp_path: Path) -> None:
    known = armed(tmp_path, one=Group(event="PreToolUse", name="one", matcher="^Bash$"))
    assert known.wants("PreToolUse", 0.5, "Bash")
    assert not known.wants("PreToolUse", 0.5, "Edit")
    assert not known.wants("Stop", 0.5)
    assert known.wants_any(frozenset({"Stop", "PreToolUse"}))
    assert not known.wants_any(frozenset({"Stop"}))


def test_before_anything_is_known_everybody_asks(tmp_path: Path) -> None:
    assert Armed(tmp_path).wants("Stop", 0.0)


def test_that_the_program_stops_is_known(tmp_path: Path) -> None:
    known = armed(tmp_path)
    assert not known.ending
    known.leave()
    assert known.ending


def test_a_change_is_noticed_after_a_second_at_the_latest(tmp_path: Path) -> None:
    known = armed(tmp_path)
    write(tmp_path, "a")
    assert not known.wants("Stop", LOOK_EVERY / 2)
    assert known.wants("Stop", LOOK_EVERY)
    assert known.wants("Stop", LOOK_EVERY)
    known.arm(EMPTY, stamp(tmp_path), now=LOOK_EVERY)
    assert not known.wants("Stop", 3 * LOOK_EVERY)


def test_hooks_that_are_switched_off_are_for_nobody(tmp_path: Path) -> None:
    known = Armed(tmp_path, lambda: False)
    required = Manifest(name="g", event="PreToolUse", required=True)
    group = Group(event="PreToolUse", name="g", manifest=required)
    known.arm(Registry({"PreToolUse": [group]}), (), now=0.0)
    assert not known.wants("PreToolUse", 9.0, "Bash")
    assert not known.wants_any(frozenset({"PreToolUse"}))
    assert known.needs("PreToolUse", "Bash") is None


def test_one_hook_is_switched_off_by_its_name(tmp_path: Path) -> None:
    off = ["g", "of the program"]
    known = Armed(tmp_path, off=lambda: off)
    required = Manifest(name="g", event="PreToolUse", required=True)
    mine = Group(event="PreToolUse", name="g", manifest=required)
    other = Group(event="Stop", name="of the program")
    known.arm(Registry({"PreToolUse": [mine], "Stop": [other]}), (), now=0.0)
    assert not known.wants("PreToolUse", 0.5, "Bash")
    assert known.needs("PreToolUse", "Bash") is None
    assert known.matching("Stop") == (other,), "which has no manifest, and is no hook of a person"
    off.clear()
    assert known.needs("PreToolUse", "Bash") == "g"


@pytest.mark.parametrize(("tool", "needed"), [("Bash", "g"), ("Edit", None)])
def test_a_hook_without_which_nothing_may_go_on_is_known_by_name(
    tmp_path: Path, tool: str, needed: str | None
) -> None:
    required = Manifest(name="g", event="PreToolUse", matcher="Bash", required=True)
    known = armed(tmp_path, one=Group(event="PreToolUse", name="g", matcher="Bash", manifest=required))
    assert known.needs("PreToolUse", tool) == needed
