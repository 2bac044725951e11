"""A conversation as it is told at a terminal."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from starpod.repl.telling import Teller, ago, stored, told_line

Json = dict[str, Any]

USAGE: Json = {
    "model": "offline/help",
    "input_tokens": 10,
    "output_tokens": 5,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_usd": None,
}


class Paper:
    def __init__(self, columns: int = 60) -> None:
        self.columns = columns
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)

    def draw(self, markdown: str) -> list[str]:
        return [line for line in markdown.split("\n") if line]

    @property
    def said(self) -> list[str]:
        """What stands on it, without blank lines."""
        return [line for line in self.lines if line]


class Told:
    """A teller and what it has told."""

    def __init__(self, columns: int = 60) -> None:
        self.paper = Paper(columns)
        self.teller = Teller(self.paper, lambda path: f"/home/{path}" if path == "a.md" else None)

    def show(self, kind: str, **fields: Any) -> None:
        self.teller.show({"type": kind, "turn_id": "t", **fields})

    def start(self, text: str = "Hello", **fields: Any) -> None:
        begun = {"attempt": 1, "client_message_id": "m", "source": "web", "at": "now", "text": text}
        self.show("stream_start", **{**begun, **fields})

    def end(self, **fields: Any) -> None:
        self.show(
            "stream_end",
            **{
                "outcome": "success",
                "is_error": False,
                "notice": None,
                "usage": USAGE,
                "elapsed": 1.25,
                **fields,
            },
        )

    def say(self, *texts: str) -> None:
        for text in texts:
            self.show("text_delta", text=text)

    @property
    def said(self) -> list[str]:
        return self.paper.said


CLOSED = "  offline/help · 1.2 s · 10 in, 5 out"


def test_a_turn_is_told_block_by_block() -> None:
    told = Told()
    told.teller.said.add("m")
    told.start()
    told.show("completion_start", iteration=1)
    told.say("One\r\n", "\nTwo ", "more")
    assert told.said == ["One"]
    assert (told.teller.live, told.teller.doing, told.teller.turn) == ("Two more", "writes", "t")
    told.end()
    assert told.said == ["One", "Two more", CLOSED]
    assert (told.teller.live, told.teller.doing, told.teller.turn) == ("", "", None)


@pytest.mark.parametrize(("source", "by"), [("web", ["  by way of web"]), ("cli", [])])
def test_what_was_said_elsewhere_is_told_and_how_it_came(source: str, by: list[str]) -> None:
    told = Told()
    told.start("Hi\nthere\x1b[2J", source=source)
    assert told.said == ["❯ Hi", "  there\ufffd[2J", *by]


def test_a_call_its_output_its_result_and_its_change_are_told() -> None:
    told = Told(40)
    told.say("I look.")
    told.show("tool_use", id="1", name="Bash", input={"command": "ls \x1b[2J"})
    assert told.teller.doing == "runs Bash"
    told.show("tool_output", text="a\nb\n")
    told.show("tool_output", text="c\nd\ne\n\x07")
    assert told.teller.output == ["c", "d", "e", "\ufffd"]
    diff = "\n".join(["-old", *(f"+new{n}\t" for n in range(12))])
    told.show("tool_result", is_error=False, content="\none\ntwo\nthree\nfour\n", diff=diff)
    told.show("tool_result", is_error=True, content="", diff="+one")
    told.show("tool_result", is_error=True, content="", diff=None)
    told.show("thinking_delta", text="Hm")
    assert told.teller.doing == "thinks"
    assert told.said == [
        "I look.",
        "  ⚙ Bash ls \\u{1b}[2J",
        "  ✓ one",
        "  two",
        "  three",
        "  (1 more lines)",
        "    -old",
        *(f"    +new{n}   "[: 4 + 8] for n in range(10)),
        "    +new10  ",
        "    (1 more lines)",
        "  ✗",
        "    +one",
        "  ✗",
    ]
    assert told.teller.output == []


def test_an_answer_that_begins_again_is_told_as_that() -> None:
    told = Told()
    told.show("completion_start", iteration=1)
    told.say("Half")
    told.start(attempt=2)
    told.show("completion_start", iteration=1)
    told.show("completion_start", iteration=2)
    assert told.said == [
        "Half",
        "  the agent was restarted and goes on",
        "  the answer was interrupted and begins again",
    ]


@pytest.mark.parametrize(
    ("end", "lines"),
    [
        ({"is_error": True, "error": "wrong key", "outcome": "error"}, ["  ✗ wrong key", CLOSED]),
        ({"notice": "it was cut"}, ["  ⚠ it was cut", CLOSED]),
        ({"outcome": "cancelled"}, ["  stopped · offline/help · 1.2 s · 10 in, 5 out"]),
        ({"elapsed": None, "turn_id": "other"}, ["  offline/help · 10 in, 5 out"]),
    ],
)
def test_the_end_says_how_it_went(end: Json, lines: list[str]) -> None:
    told = Told()
    told.teller.turn = "t"
    told.end(**end)
    assert told.said == lines
    assert told.teller.turn == ("t" if "turn_id" in end else None)


def test_what_becomes_of_a_message_is_told() -> None:
    told = Told()
    for fate in ("started", "followup", "queued"):
        told.teller.accepted({"fate": fate, "duplicate": False})
    told.teller.accepted({"fate": "queued", "duplicate": True})
    told.teller.said.add("mine")
    for id, fate in (("mine", "merged"), ("theirs", "merged"), ("mine", "queued")):
        told.show("followup", fate=fate, client_message_id=id, text="Quick")
    assert told.said == [
        "  ↳ joins the running turn at its next step",
        "  ↳ waits for its turn",
        "  ↳ part of the running turn now",
        "❯ Quick",
        "  ↳ part of the running turn now",
    ]


def test_all_else_that_happens_has_its_line() -> None:
    told = Told()
    told.show("approval_given", allowed=True, by="admin")
    told.show("approval_given", allowed=False, by="nobody")
    told.show("attachment", file_name="a.md", path="a.md", size=5)
    told.show("attachment", file_name="b.md", path="b.md", size=5000)
    told.show("notice", text="it waits")
    told.show("path", end_turn_id="t")
    told.show("notification", job_name="report", result_preview="done", success=True)
    told.show("notification", job_name="report", result_preview="broken", success=False)
    told.show("never heard of")
    told.teller.model("\n")
    assert told.said == [
        "  allowed by admin",
        "  not allowed by nobody",
        "  ⇩ a.md (5 bytes)  /home/a.md",
        "  ⇩ b.md (5.0 kB)  b.md",
        "  it waits",
        "  another version of a message was chosen elsewhere: /resu…",
        "  ◆ report: done",
        "  ◆ report: broken",
    ]
    assert [file["path"] for file in told.teller.files] == ["a.md", "b.md"]
    told.teller.forget()
    assert told.teller.files == []


@pytest.mark.parametrize(
    ("shown", "lines"),
    [
        ("", ["One, two", "  it waited", CLOSED]),
        ("One, ", ["One, two", "  it waited", CLOSED]),
        (
            "Else",
            [
                "Else",
                "  the answer was interrupted; this is the whole of it",
                "One, two",
                "  it waited",
                CLOSED,
            ],
        ),
    ],
)
def test_a_turn_that_ended_meanwhile_is_told_from_what_is_stored(shown: str, lines: list[str]) -> None:
    told = Told()
    if shown:
        told.say(shown)
    rows = [
        {"role": "user", "content": "count"},
        {"role": "assistant", "content": "One, two"},
        {"role": "notice", "content": "it waited"},
    ]
    told.teller.answered(rows, {"outcome": "success", "usage": USAGE, "elapsed": 1.25})
    assert told.said == lines


def test_a_turn_without_words_is_told_too() -> None:
    told = Told()
    told.teller.answered([], {"outcome": None, "usage": USAGE, "elapsed": None})
    assert told.said == ["  offline/help · 10 in, 5 out"]


def test_what_was_said_before_is_told_without_its_tools() -> None:
    told = Told()
    rows = [("user", "Hi"), ("thinking", "hm"), ("assistant", "Ho"), ("tool_use", "{}"), ("notice", "n")]
    stored(told.teller, [{"role": role, "content": content} for role, content in rows])
    assert told.said == ["❯ Hi", "Ho", "  n"]


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-03-02T11:59:30+00:00", "now"),
        ("2026-03-02T11:30:00+00:00", "30 min ago"),
        ("2026-03-02T09:00:00+00:00", "3 h ago"),
        ("2026-02-20T12:00:00+00:00", "10 d ago"),
        ("2026-03-02T12:05:00+00:00", "now"),
    ],
)
def test_how_long_ago_is_told_roughly(moment: str, words: str) -> None:
    assert ago(moment, NOW) == words


def test_a_conversation_is_one_line() -> None:
    session: Json = {
        "id": "0123456789",
        "title": None,
        "summary": None,
        "running": True,
        "last_message_at": "2026-03-02T11:30:00+00:00",
    }
    assert re.sub(r"\x1b\[\d+m", "", told_line(session, 60, NOW)) == "● (untitled)  01234567  30 min ago"
    session |= {"title": "A very long title indeed", "running": False}
    assert told_line(session, 30, NOW) == "A very long…  01234567  30 min ago"
