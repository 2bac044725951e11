"""Daily logs."""

from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from actors.memory import daily
from actors.memory.messages import DailyEntry

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


def test_a_log_begins_with_its_day_and_goes_on_entry_by_entry() -> None:
    (day,) = daily.days([DailyEntry(text="tea\n")], NOW, UTC)
    assert day.date == date(2026, 3, 1)
    log = day.added(None)
    assert log == "# Daily Log — 2026-03-01\n\n## 22:30:00\ntea\n".encode()
    (more,) = daily.days([DailyEntry(text="cake"), DailyEntry(text="more cake")], NOW, UTC)
    assert more.text == "\n## 22:30:00\ncake\n\n## 22:30:00\nmore cake\n"
    assert more.added(log) == log + more.text.encode()
    assert more.added(b"by hand") == b"by hand\n" + more.text.encode(), "an entry begins on a line of its own"


def test_what_is_in_the_log_already_is_not_added() -> None:
    (day,) = daily.days([DailyEntry(text="tea"), DailyEntry(text="cake")], NOW, UTC)
    log = day.added(None)
    assert day.added(log) == log
    (half,) = daily.days([DailyEntry(text="tea"), DailyEntry(text="pie")], NOW, UTC)
    assert half.added(log) == log + b"\n## 22:30:00\npie\n"


def test_each_entry_belongs_to_the_day_it_had_where_people_are() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    entries = [DailyEntry(text="dinner", at=NOW), DailyEntry(text="night", at=late), DailyEntry(text="now")]
    days = daily.days(entries, late, ZoneInfo("Europe/Vienna"))
    assert [(f"memory/{day.date}.md", day.text) for day in days] == [
        ("memory/2026-03-01.md", "\n## 23:30:00\ndinner\n"),
        ("memory/2026-03-02.md", "\n## 00:30:00\nnight\n\n## 00:30:00\nnow\n"),
    ]


def test_nothing_makes_no_log() -> None:
    assert daily.days([], NOW, None) == []


def test_where_a_log_is_full_another_one_of_its_day_goes_on() -> None:
    (day,) = daily.days([DailyEntry(text="tea"), DailyEntry(text="cake")], NOW, UTC)
    names = list(islice(day.names(), 3))
    assert [name.text for name in names] == [
        "memory/2026-03-01.md",
        "memory/2026-03-01-2.md",
        "memory/2026-03-01-3.md",
    ]
    assert {name.level for name in names} == {"user"}
    assert [daily.place(name.path[-1]) for name in names] == [(day.date, part) for part in (1, 2, 3)]
    assert day.without(b"\n## 22:30:00\ntea\n").text == "\n## 22:30:00\ncake\n"


@pytest.mark.parametrize(
    "file",
    ["2026-13-45.md", "2026-03-01-b.md", "2026-03-01-1.md", "2026-03-01-02.md", "2026-3-1.md", "notes.md"],
)
def test_what_is_called_otherwise_is_no_log(file: str) -> None:
    assert daily.place(file) is None
