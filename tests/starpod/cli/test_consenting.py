"""What is asked in a terminal, and what is understood of what is typed there."""

from typing import Any

import pytest

from starpod.cli.approvals import described
from starpod.cli.consenting import answer_of

ASKED: dict[str, Any] = {
    "tool": "FileWrite",
    "reason": "it may",
    "subject": "notes/a.md",
    "outside": [],
    "input": {"content": "one\ntwo\nthree", "path": "notes/a.md", "times": 3},
}


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("y\n", {"decision": "once"}),
        (" Yes \n", {"decision": "once"}),
        ("c", {"decision": "conversation"}),
        ("a", {"decision": "always"}),
        ("a  git status *\n", {"decision": "always", "pattern": "git status *"}),
        ("c notes/*", {"decision": "conversation", "pattern": "notes/*"}),
        ("n", {"decision": "deny", "words": ""}),
        ("n not today\n", {"decision": "deny", "words": "not today"}),
        ("No, not today\n", {"decision": "deny", "words": "not today"}),
        ("ALWAYS", {"decision": "always"}),
        ("y but\n", None),
        ("and hurry", None),
        ("all right", None),
        ("yesterday", None),
        ("", None),
        ("what?", None),
    ],
)
def test_what_is_typed_is_an_answer_or_none(typed: str, answer: dict[str, str] | None) -> None:
    assert answer_of(typed) == answer


def test_what_a_call_acts_on_stands_first() -> None:
    assert list(described(ASKED)) == [
        "FileWrite: it may",
        "  path: notes/a.md",
        "  content: one",
        "    two",
        "    three",
        "  times: 3",
    ]


def test_of_a_long_field_the_beginning_is_shown_and_where_the_rest_is() -> None:
    assert list(described(ASKED, 2))[2:5] == [
        "  content: one",
        "    two",
        "    (1 more lines: `starpod approvals show` has all)",
    ]


def test_whose_words_were_read_is_said_and_nothing_is_hidden() -> None:
    sly = {
        **ASKED,
        "outside": ["WebFetch", "Mail"],
        "subject": "a\u202e",
        "input": {"path": "a\u202e\x1b[0m"},
    }
    assert list(described(sly)) == [
        "FileWrite: it may",
        "  words of others were read, by WebFetch, Mail",
        "  path: a\\u{202e}\\u{1b}[0m",
    ]
