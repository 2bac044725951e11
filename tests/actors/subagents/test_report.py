"""What a caller gets of a subagent: its last words, or why there are none and what it had said."""

from typing import Any

import attrs
import pytest

from actors.agent.messages import Answer
from actors.subagents.report import last_words, report
from actors.vocabulary import Attachment
from tests.actors.agent.test_ending import message, turn

FILE = Attachment(name="a.txt", media_type="text/plain", path="a.txt", size=1)


def answer(outcome: str, notice: str | None = None, text: str = "") -> Answer:
    ended: dict[str, Any] = {"state": "done", "outcome": outcome}
    return Answer(
        turn="t",
        answered_by=attrs.evolve(turn(), **ended),
        text=text,
        attachments=(FILE,),
        notice=notice,
    )


ROWS = (
    message("user", "look"),
    message("assistant", "I look."),
    message("tool_use", "{}"),
    message("tool_result", "{}"),
    message("thinking", "hm"),
    message("assistant", "It is"),
    message("assistant", "there."),
)


def test_the_result_is_what_was_said_last() -> None:
    found = report(answer("success", text="I look.\n\nIt is\n\nthere."), ROWS)
    assert (found.text, found.is_error, found.attachments) == ("It is\n\nthere.", False, (FILE,))
    assert found.rendered().attachments == (FILE,)
    assert report(answer("success"), ROWS[:4]).text == "(It has said nothing.)"
    assert last_words(()) == ""


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (answer("error", "The provider is down."), "The provider is down. It had said nothing."),
        (
            answer("budget", 'Stopped at the limit. Say "go on" to have it go on.', "Half."),
            "Stopped at the limit. What it had said so far:\n\nHalf.",
        ),
        (answer("success", 'It was cut. Say "go on" for the rest.', "Half."), "It was cut. What it had said"),
        (answer("cancelled"), "It was stopped before it had finished. It had said nothing."),
        (answer("parked"), "It failed. It had said nothing."),
    ],
)
def test_what_is_less_than_an_answer_is_an_error_with_all_there_is(ended: Answer, said: str) -> None:
    found = report(ended, ROWS)
    assert found.is_error
    assert found.text.startswith(f"The subagent has not finished. {said}")
