"""The notes that are part of every prompt, as they are on the disk."""

import errno
import os
from pathlib import Path

import pytest

from actors.memory import names
from actors.memory.context import GUIDANCE, Caps
from actors.memory.files import Folder
from actors.memory.messages import LARGEST
from actors.memory.names import Name
from actors.memory.prompt import Prompt

CAPS = Caps(file=1000, total=4000)


@pytest.fixture
def prompt(tmp_path: Path) -> Prompt:
    return Prompt(Folder(tmp_path))


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def told(prompt: Prompt) -> str:
    return prompt.section(CAPS).text.removesuffix(GUIDANCE).rstrip("\n")


def test_profile_and_facts_come_first_then_the_newest_logs(tmp_path: Path, prompt: Prompt) -> None:
    write(tmp_path, "USER.md", "Ada")
    write(tmp_path, "notes.md", "not this one")
    for day in (
        "2026-03-01-2",
        "2026-03-01-10",
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
        "2026-03-02",
        "2026-13-45",
        "zzz",
        "2026-03-02-b",
    ):
        write(tmp_path, f"memory/{day}.md", day)
    assert told(prompt) == (
        "--- USER.md ---\nAda\n\n--- MEMORY.md ---\n\n"
        "--- daily/2026-03-02.md ---\n2026-03-02\n\n"
        "--- daily/2026-03-01-10.md ---\n2026-03-01-10\n\n"
        "--- daily/2026-03-01-2.md ---\n2026-03-01-2"
    )


def test_where_nothing_is_there_is_still_what_to_remember(prompt: Prompt) -> None:
    assert told(prompt) == "--- USER.md ---\n\n--- MEMORY.md ---"


def test_what_cannot_be_read_is_said_and_costs_no_more(tmp_path: Path, prompt: Prompt) -> None:
    write(tmp_path, "elsewhere", "secret")
    (tmp_path / "USER.md").symlink_to(tmp_path / "elsewhere")
    write(tmp_path, "MEMORY.md", "x" * (LARGEST + 1))
    (tmp_path / "memory").symlink_to(tmp_path)
    text = told(prompt)
    assert "secret" not in text
    assert text.count("[") == 2
    (tmp_path / "memory").unlink()
    write(tmp_path, "memory", "a file")
    assert told(prompt) == text


def test_a_change_by_hand_is_seen_once_and_one_of_our_own_not_at_all(tmp_path: Path, prompt: Prompt) -> None:
    write(tmp_path, "USER.md", "Ada")
    write(tmp_path, "memory/2026-03-01.md", "tea")
    prompt.section(CAPS)
    assert prompt.is_as_known()
    write(tmp_path, "USER.md", "Ada Lovelace")
    assert not prompt.is_as_known()
    assert prompt.is_as_known()

    name = names.checked("memory/2026-03-01.md")
    assert prompt.holds(name)
    write(tmp_path, name.text, "tea and cake")
    prompt.wrote(name)
    assert prompt.is_as_known()

    write(tmp_path, "MEMORY.md", "made by hand")
    assert not prompt.is_as_known()
    os.utime(tmp_path / "MEMORY.md", (1, 1))
    assert not prompt.is_as_known()
    (tmp_path / "USER.md").unlink()
    assert not prompt.is_as_known()
    assert not prompt.holds(names.checked("notes.md"))


def test_what_the_disk_refuses_is_said(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Folder, _name: Name) -> bytes:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(Folder, "read", refuse)
    assert "[USER.md cannot be read: broken]" in told(prompt)


def test_what_the_disk_refuses_to_tell_is_not_as_known(
    tmp_path: Path, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "USER.md", "Ada")
    prompt.section(CAPS)

    def refuse(_folder: Folder, _name: Name) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "stat", refuse)
        assert not prompt.is_as_known()
    assert prompt.is_as_known()


def test_whoever_asks_why_is_told_the_notes_with_their_days(tmp_path: Path, prompt: Prompt) -> None:
    write(tmp_path, "USER.md", "Ada")
    os.utime(tmp_path / "USER.md", (0, 86_400 * 59))
    write(tmp_path, "memory/2026-03-02-2.md", "tea")
    origins = prompt.section(CAPS).origins
    assert [(each.kind, each.name, each.date) for each in origins] == [
        ("profile", "USER.md", "1970-03-01"),
        ("log", "memory/2026-03-02-2.md", "2026-03-02"),
    ]
