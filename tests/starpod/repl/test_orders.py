"""What the orders of the terminal do, apart from asking; the asking is in ``tests/system``."""

from pathlib import Path
from typing import Any

import pytest

from starpod.errors import StarpodError
from starpod.repl import orders

SESSIONS: list[dict[str, Any]] = [
    {"id": "0aaa", "title": "Boats and sails"},
    {"id": "1bbb", "title": None},
    {"id": "0acc", "title": "2 boats"},
]


@pytest.mark.parametrize(
    ("words", "listed", "ids"),
    [
        ("0aa", [], ["0aaa"]),
        ("0A", [], ["0aaa", "0acc"]),
        ("BOATS", [], ["0aaa", "0acc"]),
        ("2", SESSIONS, ["1bbb"]),
        ("2", [], ["0acc"]),
        ("9", SESSIONS, []),
        ("nothing", [], []),
    ],
)
def test_a_conversation_is_meant_by_number_id_or_title(
    words: str, listed: list[dict[str, Any]], ids: list[str]
) -> None:
    assert [each["id"] for each in orders.meant(words, listed, SESSIONS)] == ids


def test_a_conversation_in_which_something_was_said_is_listed_once_with_the_passage() -> None:
    at = "2026-01-01T00:00:00Z"
    one, other = ({"id": id * 8, "title": id, "running": False, "last_message_at": at} for id in "ab")
    hits = [
        {"session": one, "excerpt": ["the ", "boat", " is blue"]},
        {"session": other, "excerpt": ["a ", "boat"]},
        {"session": one, "excerpt": ["", "boats"]},
    ]
    found = orders.said_in(hits)
    assert [(each["id"][0], each["passage"][-1]) for each in found] == [("a", " is blue"), ("b", "boat")]
    lines = list(orders.list_lines([found[0], other], 80))
    assert (len(lines), lines[1].strip()) == (4, "the boat is blue")


@pytest.mark.parametrize(("given", "effort"), [("low", "low"), ("default", None)])
def test_an_effort_is_one_of_a_few(given: str, effort: str | None) -> None:
    assert orders.chosen_effort(given) == effort
    with pytest.raises(StarpodError, match="low, medium, high, default"):
        orders.chosen_effort("much")


def test_a_file_is_copied_and_nothing_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "stored.md").write_text("sail")
    monkeypatch.chdir(tmp_path / "there")
    files = [{"file_name": "../plan.md", "path": "x"}, {"file_name": "b.md", "path": "gone"}]

    def place(path: str) -> str | None:
        return None if path == "gone" else str(tmp_path / "stored.md")

    assert orders.save(files, "../plan.md", place) == Path("plan.md")
    assert (tmp_path / "there" / "plan.md").read_text() == "sail"
    with pytest.raises(StarpodError, match="is there already"):
        orders.save(files, "../plan.md", place)
    assert orders.save(files[:1], str(tmp_path), place) == tmp_path / "plan.md"
    with pytest.raises(StarpodError, match="not in the agent's home any more"):
        orders.save(files, "", place)
    with pytest.raises(StarpodError, match=r"no file 'c\.md' was handed over"):
        orders.save(files, "c.md", place)
    with pytest.raises(StarpodError, match="no file was handed over"):
        orders.save([], "", place)
    with pytest.raises(StarpodError, match="cannot be written"):
        orders.save(files, "../plan.md nowhere/deep", place)


def test_what_is_no_file_cannot_be_sent(tmp_path: Path) -> None:
    assert orders.is_file(__file__)
    for path in (str(tmp_path), "x" * 5000, "~nobody-of-this-name/x"):
        assert not orders.is_file(path)
