"""Days are understood however people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.memory import days
from actors.memory.days import Mention

TODAY = date(2026, 3, 20)
"""A Friday."""


@pytest.mark.parametrize(
    "text",
    [
        "memory/2023-05-08.md",
        "1:56 pm on 8 May, 2023",
        "May 8, 2023",
        "the 8th of May 2023",
        "8. Mai 2023, 13:56 Uhr",
        "08.05.2023",
        "2023/5/8",
        "2023年5月8日",
        "2023-02-30 and 2023-05-08",
    ],
)
def test_a_whole_date_is_found(text: str) -> None:
    assert days.day_in(text) == date(2023, 5, 8)


@pytest.mark.parametrize(
    "text", ["", "notes.md", "May", "8 May", "2023", "2023-13-45", "12:30:45", "1.2.3", "version 2024.1.2.3"]
)
def test_what_is_no_whole_date_is_none(text: str) -> None:
    assert days.day_in(text) in {None, date(2024, 1, 2)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 12 March", [Mention(None, 3, 12)]),
        ("in March 2026?", [Mention(2026, 3, None)]),
        ("im März", [Mention(None, 3, None)]),
        ("What happened in May?", [Mention(None, 5, None)]),
        ("what may I eat, and did Jan march?", []),
        ("in 2022", [Mention(2022, None, None)]),
        ("3月12日", [Mention(None, 3, 12)]),
        ("2023年", [Mention(2023, None, None)]),
        ("12.3.", [Mention(None, 3, 12)]),
        ("45 May", []),
        ("5.0.", []),
        ("Dec 24", [Mention(None, 12, 24)]),
    ],
)
def test_a_part_of_a_date_is_as_much_as_was_said(text: str, expected: list[Mention]) -> None:
    assert [mention for _, mention in days.mentions(text)] == expected


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("yesterday", date(2026, 3, 19), 1),
        ("vorgestern", date(2026, 3, 18), 1),
        ("昨天", date(2026, 3, 19), 1),
        ("last Tuesday", date(2026, 3, 17), 1),
        ("last Friday", date(2026, 3, 13), 1),
        ("letzten Samstag", date(2026, 3, 14), 1),
        ("上周三", date(2026, 3, 18), 1),
        ("last week", date(2026, 3, 9), 7),
        ("上个月", date(2026, 2, 1), 28),
        ("3 days ago", date(2026, 3, 17), 1),
        ("vor 10 Tagen", date(2026, 3, 10), 1),
    ],
)
def test_what_is_said_relative_to_today_is_worked_out(text: str, first: date, count: int) -> None:
    ((said, meant),) = days.spoken(f"what did we do {text}?", TODAY)
    assert (said, meant[0], len(meant)) == (text, first, count)


def test_before_the_first_day_there_is_none() -> None:
    assert [meant for _, meant in days.spoken("yesterday and 999 days ago", date.min)] == [
        [date.min],
        [date.min],
    ]


@given(st.dates())
def test_each_part_of_a_day_finds_it(day: date) -> None:
    marks = days.marks(day).split()
    for mention in (
        Mention(day.year, day.month, day.day),
        Mention(day.year, day.month, None),
        Mention(day.year, None, None),
        Mention(None, day.month, day.day),
        Mention(None, day.month, None),
    ):
        assert days.mark(mention) in marks


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    for _, mention in days.mentions(text):
        days.mark(mention)
    list(days.spoken(text, TODAY))
