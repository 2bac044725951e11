"""Daily logs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from actors.memory import daily
from actors.memory.messages import DailyEntry

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


def test_a_log_begins_with_its_day_and_goes_on_entry_by_entry() -> None:
    (day,) = daily.days([DailyEntry(text="tea\n"), DailyEntry(text="cake")], NOW, UTC)
    assert (day.name.text, day.name.level) == ("memory/2026-03-01.md", "user")
    assert day.text == "\n## 22:30:00\ntea\n\n## 22:30:00\ncake\n"
    log = day.added(None, b"\n## 22:30:00\ntea\n")
    assert log == "# Daily Log — 2026-03-01\n\n## 22:30:00\ntea\n".encode()
    assert day.added(log, b"more\n") == log + b"more\n"
    assert day.added(b"by hand", b"\nmore\n") == b"by hand\n\nmore\n", "an entry begins on a line of its own"


def test_each_entry_belongs_to_the_day_it_had_where_people_are() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    entries = [DailyEntry(text="dinner", at=NOW), DailyEntry(text="night", at=late), DailyEntry(text="now")]
    days = daily.days(entries, late, ZoneInfo("Europe/Vienna"))
    assert [(day.name.text, day.text) for day in days] == [
        ("memory/2026-03-01.md", "\n## 23:30:00\ndinner\n"),
        ("memory/2026-03-02.md", "\n## 00:30:00\nnight\n\n## 00:30:00\nnow\n"),
    ]


def test_nothing_makes_no_log() -> None:
    assert daily.days([], NOW, None) == []
