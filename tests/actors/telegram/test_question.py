"""A question as a message: what it says, what stands on its buttons, and what is too long for it."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.permissions.messages import Approval
from actors.telegram import question
from actors.telegram.question import Pressed
from actors.telegram.rendering.rich import units

ASKED = Approval(
    id="0123456789abcdef0123456789abcdef",
    state="open",
    tool="Bash",
    tool_use_id="c",
    input={"command": "git push", "timeout": 5},
    subject="git push",
    reason="it may do something that cannot be undone",
    outside=("WebFetch",),
    pattern="git push *",
    user="ada",
    session="s",
    turn="t",
    channel="telegram",
    asked_at=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
    expires_at=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
)


def closed(state: Any = "allowed", **fields: Any) -> Approval:
    return attrs.evolve(ASKED, state=state, answered_by="ada", **{"answered_via": "telegram", **fields})


def test_it_says_what_is_asked_first_and_all_that_matters_about_it() -> None:
    rich = question.rich(ASKED)
    assert rich.text == (
        "May I run this command (Bash)?\n"
        "git push\n"
        "timeout: 5\n"
        "\n"
        "I ask because it may do something that cannot be undone. I have read words of others, by WebFetch.\n"
        "The two buttons below allow all Bash that fits git push *. No answer by 2026-12-01 09:00 UTC is a no."
    )
    shown = [(each.type, rich.text[each.offset : each.offset + each.length]) for each in rich.entities]
    assert shown == [
        ("bold", "May I run this command (Bash)?"),
        ("pre", "git push"),
        ("code", "5"),
        ("code", "git push *"),
    ]
    assert not question.is_shortened(ASKED)


def test_without_a_subject_or_words_of_others_it_says_none() -> None:
    bare = attrs.evolve(ASKED, tool="Send", input={"to": "eve"}, subject="", outside=())
    assert question.rich(bare).text.startswith("May I use Send?\nto: eve\n\nI ask because it may do")
    assert "words of others" not in question.rich(bare).text
    fetch = attrs.evolve(
        ASKED, tool="WebFetch", input={"url": "https://a.example"}, subject="https://a.example"
    )
    assert question.rich(fetch).text.startswith("May I open this address (WebFetch)?\nhttps://a.example\n\n")


def test_each_answer_has_a_button_that_says_which() -> None:
    rows = question.keyboard(ASKED)
    assert [[words for words, _ in row] for row in rows] == [
        ["Allow once", "Deny"],
        ["In this conversation", "Always"],
    ]
    said = [question.pressed(data) for row in rows for _, data in row]
    choices: tuple[question.Choice, ...] = ("once", "deny", "conversation", "always")
    assert said == [Pressed(ASKED.id, choice) for choice in choices]
    assert all(len(data.encode()) <= 64 for row in rows for _, data in row)


@pytest.mark.parametrize(
    "data", ["", "approval", "approval:xyz:once", "approval:ab:twice", "approval:ab:once\n", "ab:once"]
)
def test_what_is_none_of_our_buttons_says_nothing(data: str) -> None:
    assert question.pressed(data) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "x" * 1501, "input": {"command": "x" * 1501}},
        {"input": {"command": "git push", "why": "y" * 201}},
        {"input": {"command": "git push"} | {f"f{n}": n for n in range(7)}},
    ],
)
def test_what_is_long_is_shortened_and_can_be_had_whole(changes: dict[str, Any]) -> None:
    long = attrs.evolve(ASKED, **changes)
    assert question.is_shortened(long)
    assert question.keyboard(long)[-1][0][0] == "Show all of it"
    assert units(question.rich(long).text) < 4000
    for value in long.input.values():
        assert str(value) in question.whole(long)


def test_what_is_longer_than_a_document_may_be_says_where_the_rest_is() -> None:
    long = attrs.evolve(ASKED, input={"command": "x" * (question.LONGEST_WHOLE + 1)})
    assert question.whole(long).endswith("(The rest is in the page.)")
    assert len(question.whole(long)) < question.LONGEST_WHOLE + 100


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (closed(scope="once"), "Allowed once, by ada here."),
        (
            closed(scope="conversation"),
            "Allowed in this conversation for all that fits git push *, by ada here.",
        ),
        (
            closed(scope="always", answered_via="page"),
            "Allowed from now on for all that fits git push *, by ada in the page.",
        ),
        (closed("denied", answered_via="operator"), "Denied, by ada in a terminal."),
        (closed("denied", answered_via=None), "Denied, by ada."),
        (closed("expired"), "Not done: nobody answered in time."),
        (closed("withdrawn"), "Withdrawn: what it was for has ended."),
        (ASKED, "It waits for an answer."),
    ],
)
def test_what_became_of_it_is_said_with_who_and_from_where(approval: Approval, words: str) -> None:
    assert question.outcome(approval) == words


def test_once_it_is_closed_the_message_says_so_and_no_more() -> None:
    assert question.rich(closed("denied", words="use the copy")).text == (
        "I asked to run this command (Bash).\ngit push\ntimeout: 5\n\nDenied, by ada here.\n“use the copy”"
    )
    assert question.rich(closed(scope="once")).text.endswith("\n\nAllowed once, by ada here.")


def test_a_line_says_what_it_is_about() -> None:
    assert question.brief(ASKED) == "Bash: git push"
    assert (
        question.brief(attrs.evolve(ASKED, subject="", input={"a": "b\nc", "d": [1]}))
        == "Bash: a: b c, d: [1]"
    )
    assert len(question.brief(attrs.evolve(ASKED, subject="x" * 500))) < 130


def test_nothing_is_in_it_that_cannot_be_seen() -> None:
    sly = attrs.evolve(ASKED, subject="ls\u202e", input={"command": "ls\u202e"})
    assert "ls\\u{202e}" in question.rich(sly).text
    assert "command:" not in question.rich(sly).text


LONG = st.builds(lambda text, n: text * n, st.text(max_size=5), st.integers(0, 2000))


@given(subject=LONG, reason=LONG, name=LONG, value=LONG)
def test_whatever_it_says_fits_into_one_message(subject: str, reason: str, name: str, value: str) -> None:
    asked = attrs.evolve(
        ASKED,
        tool=name or "Tool",
        subject=subject,
        reason=reason,
        outside=(name,) * 9,
        pattern=value,
        input={f"{n}{name}": value for n in range(9)},
    )
    for each in (
        asked,
        attrs.evolve(asked, state="denied", words=value, answered_by="ada", answered_via="page"),
    ):
        rich = question.rich(each)
        assert units(rich.text) <= 4096
        assert all(entity.offset + entity.length <= units(rich.text) for entity in rich.entities)
