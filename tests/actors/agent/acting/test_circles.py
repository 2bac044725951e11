"""Whether a model goes round in circles."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.acting.circles import (
    LONGEST,
    STOPPED,
    WARNED,
    Circle,
    Round,
    circle,
    ended,
    rounds,
    warning,
    why,
)
from actors.vocabulary import Block, ChatMessage, Text, ToolResult, ToolUse


def made(name: str, *, failed: bool = False) -> Round:
    return Round(frozenset({name.encode()}), failed)


def circle_of(names: Sequence[str]) -> Circle | None:
    return circle([made(name) for name in names])


def said(role: Any, *content: Block) -> ChatMessage:
    return ChatMessage(role=role, content=content)


def call(id: str, **input: Any) -> ToolUse:
    return ToolUse(id=id, name="Peek", input=input)


def result(id: str, text: str, *, bad: bool = False) -> ToolResult:
    return ToolResult(tool_use_id=id, name="Peek", content=(Text(text=text),), is_error=bad)


# --- circles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", range(1, LONGEST + 1))
def test_what_is_done_again_and_again_is_warned_of_and_then_ended(length: int) -> None:
    cycle = "abc"[:length]
    assert circle_of(cycle * (WARNED - 1)) is None
    for times in range(WARNED, STOPPED + 3):
        found = circle_of("xy" + cycle * times)
        assert found is not None
        assert found == Circle(length, times, failed=False)
        assert found.step == ("stop" if times >= STOPPED else "warn")


def test_what_came_of_a_circle_before_is_no_matter_once_something_else_is_done() -> None:
    assert circle_of("aaaaaab") is None
    assert circle_of("abababc") is None


@given(st.lists(st.sampled_from("abcdefgh"), unique=True))
def test_whoever_does_something_new_each_time_is_not_stopped(names: list[str]) -> None:
    assert circle_of(names) is None


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.text("abc", min_size=1, max_size=LONGEST))
def test_every_short_circle_is_ended_whatever_came_before(before: list[str], cycle: str) -> None:
    found = circle_of("".join(before) + cycle * STOPPED)
    assert found is not None
    assert found.step == "stop"


@given(st.lists(st.sampled_from("ab"), max_size=20))
def test_a_circle_is_one(names: list[str]) -> None:
    found = circle_of(names)
    if found is not None:
        tail = names[-found.length * found.times :]
        assert tail == names[-found.length :] * found.times


# --- rounds -----------------------------------------------------------------------------------------------


def test_the_order_of_calls_and_of_keys_is_none_of_their_differences() -> None:
    one, two, three = rounds(
        [
            said("assistant", Text(text="I look"), call("a", x=1, y=2), call("b")),
            said("user", result("a", "found"), result("b", "nothing")),
            said("assistant", call("c"), call("d", y=2, x=1)),
            said("user", result("c", "nothing"), result("d", "found")),
            said("assistant", call("e"), call("f", y=2, x=2)),
            said("user", result("e", "nothing"), result("f", "found")),
        ]
    )
    assert one == two != three
    assert not one.failed


def test_a_result_that_changes_is_no_repetition_but_an_error_that_does_is() -> None:
    def of(text: str, *, bad: bool) -> list[Round]:
        return rounds([said("assistant", call("a")), said("user", result("a", text, bad=bad))])

    assert of("10 %", bad=False) != of("20 %", bad=False)
    assert of("10 %", bad=False) != of("10 %", bad=True)
    assert of("failed at 12:01", bad=True) == of("failed at 12:02", bad=True)
    assert of("failed", bad=True)[0].failed


def test_a_round_of_which_results_are_missing_is_none() -> None:
    assert rounds([said("assistant", call("a"), call("b")), said("user", result("a", "x"))]) == []
    assert rounds([said("assistant", call("a"))]) == []
    assert rounds([said("assistant", Text(text="hi")), said("user", Text(text="hello"))]) == []


def test_rounds_count_from_the_last_words_of_a_person() -> None:
    before = [said("user", Text(text="go")), said("assistant", call("a")), said("user", result("a", "x"))]
    assert len(rounds(before)) == 1
    joined = [*before[:2], said("user", result("a", "x"), Text(text="and faster"))]
    assert rounds(joined) == []
    assert len(rounds([*joined, *before[1:]])) == 1


def test_the_model_and_the_person_are_told_what_was_repeated() -> None:
    assert "the same calls 3 times in a row, with the same results" in warning(Circle(1, 3, failed=False))
    assert "the same 2 rounds of calls 5 times in a row, and they fail" in ended(Circle(2, 5, failed=True))
    assert "this turn ends" in why(Circle(1, 5, failed=True))
