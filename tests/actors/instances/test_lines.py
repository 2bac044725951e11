"""Logs in pieces of any size."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.instances import lines
from actors.instances.lines import Lines, Resume
from actors.instances.messages import LogLine

TWO = '{"timestamp":1,"level":"info","message":"Grüße 🌍"}\n{"timestamp":2,"level":"error","message":"b"}\n'.encode()


def _line(message: str, at: float = 0.0, level: lines.Level = "info") -> LogLine:
    return LogLine(timestamp=at, level=level, message=message)


@given(st.lists(st.integers(0, len(TWO)), max_size=8))
def test_cut_anywhere_they_are_the_same(cuts: list[int]) -> None:
    gathered, at = Lines(), [0, *sorted(cuts), len(TWO)]
    found = [line for a, b in itertools.pairwise(at) for line in gathered.feed(TWO[a:b])]
    assert found == [_line("Grüße 🌍", 1.0), _line("b", 2.0, "error")]
    assert list(gathered.end()) == []


def test_the_last_line_needs_no_end_and_empty_ones_are_signs_of_life() -> None:
    gathered = Lines()
    assert list(gathered.feed(b"a\n\n  \r\nb")) == [_line("a")]
    assert gathered.signs_of_life == 2
    assert list(gathered.end()) == [_line("b")]
    assert list(gathered.end()) == []


def test_a_line_without_end_is_cut() -> None:
    gathered = Lines()
    assert list(gathered.feed(b"x" * (2 * lines.LONGEST))) == []
    (found,) = gathered.end()
    assert len(found.message) == lines.LONGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"broken', _line('{"broken')),
        ('{"timestamp":"1970-01-01T00:00:05Z","level":"warning","event":"ours"}', _line("ours", 5.0, "warn")),
        ('{"level":"fatal","message":{"a":1}}', _line('{"a":1}', 0.0, "error")),
        ("{}", _line("")),
        ("1970-01-01T00:00:05Z ERROR msg", _line("msg", 5.0, "error")),
        ("1970-01-01 00:00:05,250 trace: deep", _line("deep", 5.25, "debug")),
        ("1700000000.5 warning msg", _line("msg", 1700000000.5, "warn")),
        ("9999-99-99T00:00:00 odd", _line("9999-99-99T00:00:00 odd")),
        ("[WARN] msg", _line("msg", 0.0, "warn")),
        ("[other] msg", _line("[other] msg")),
        ("err msg", _line("msg", 0.0, "error")),
        ("ERROR", _line("", 0.0, "error")),
        ("error-prone", _line("error-prone")),
        ("words \x1b[2Jand more", _line("words and more")),
    ],
)
def test_each_form_of_a_line(text: str, expected: LogLine) -> None:
    assert lines.read(text) == expected


def test_a_log_goes_on_where_it_broke() -> None:
    resume, first, second, third = Resume(), _line("a", 1.0), _line("b", 2.0), _line("c", 2.0)
    assert resume.since is None
    resume.begin()
    assert [resume.is_new(each) for each in (first, second, third)] == [True] * 3
    assert resume.since == 2.0

    resume.begin()
    again = (first, second, third, third, _line("older", 1.5), _line("d", 3.0), _line("late", 2.5))
    assert [resume.is_new(each) for each in again] == [False, False, False, True, True, True, True]


def test_without_times_every_line_is_new() -> None:
    resume = Resume()
    assert resume.is_new(_line("a"))
    resume.begin()
    assert resume.since is None
    assert not resume.is_new(_line("a"))
    assert resume.is_new(_line("a"))


def test_what_would_sign_somebody_in_is_taken_out() -> None:
    said = "Web page http://127.0.0.1:20001/?code=13irnDQP_-x and ?a=1&token=x#page=ab but encode=1"
    assert (
        lines.without_codes(said) == "Web page http://127.0.0.1:20001/?code=… and ?a=1&token=… but encode=1"
    )
