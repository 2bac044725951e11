"""What of a conversation a provider would not have, and the conversation without it."""

from datetime import UTC, datetime
from typing import Literal

import pytest

from actors.agent import failures
from actors.agent.window.unwanted import Unwanted, calls, is_refusal, spoken, tells_of_refusal, without
from actors.llm.messages import ModelError, Reason
from actors.session.messages import Message
from actors.transcript import Part, Transcript
from actors.vocabulary import Block, Side, Text, ToolResult, ToolUse

BAD, NOW, HI, FINE = Text(text="bad"), Text(text="and now?"), Text(text="hi"), Text(text="fine")
CALL = ToolUse(id="c1", name="T", input={})
RESULT = ToolResult(tool_use_id="c1", name="T", content=(BAD,))


def made(*said: tuple[Side, Block]) -> Transcript:
    return Transcript().plus(Part(side, (block,), n) for n, (side, block) in enumerate(said))


def row(role: Literal["notice", "assistant", "tool_use"], content: str) -> Message:
    return Message(
        id=1, session="s", turn="t", role=role, content=content, attachments=(), timestamp=datetime.now(UTC)
    )


def test_where_nothing_is_unwanted_all_stays() -> None:
    whole = made(("user", BAD), ("user", NOW))
    assert without(whole, Unwanted(), (NOW,)) is whole


def test_words_calls_and_results_go_and_sides_still_alternate() -> None:
    whole = made(
        ("user", HI), ("assistant", FINE), ("user", BAD), ("assistant", CALL), ("user", RESULT), ("user", NOW)
    )
    fewer = without(whole, Unwanted().plus((BAD,), frozenset({"c1"})), (NOW,))
    assert [(each.role, each.content) for each in fewer.messages] == [
        ("user", (HI,)),
        ("assistant", (FINE,)),
        ("user", (NOW,)),
    ]
    assert fewer.starts == (0, 1, 4)
    assert fewer.size == len("hifineand now?")


def test_what_is_said_again_stays_where_it_is_said_last() -> None:
    whole = made(("user", BAD), ("assistant", FINE), ("user", BAD))
    fewer = without(whole, Unwanted(said=(BAD,)), (BAD,))
    assert [each.content for each in fewer.messages] == [(FINE,), (BAD,)]


def test_nothing_is_unwanted_twice() -> None:
    twice = Unwanted(said=(BAD,)).plus((BAD, HI), frozenset({"a"})).plus((), frozenset({"b"}))
    assert twice == Unwanted(said=(BAD, HI), calls=frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("reason", "status", "refused"),
    [
        ("invalid_request", 400, True),
        ("invalid_request", None, True),
        ("invalid_request", 404, False),
        ("authentication", 401, False),
    ],
)
def test_a_refusal_is_told_from_other_failures(reason: Reason, status: int | None, *, refused: bool) -> None:
    error = ModelError(reason=reason, provider="p", detail="d", status=status)
    assert is_refusal(error) is refused
    assert tells_of_refusal(row("notice", failures.reason(error))) is (reason == "invalid_request")
    assert not is_refusal(ValueError())


def test_rows_tell_what_was_said_and_called() -> None:
    rows = (row("assistant", "fine"), row("tool_use", '{"id": "c1", "name": "T", "input": {}}'))
    assert spoken(rows) == (FINE,)
    assert calls(rows) == {"c1"}
