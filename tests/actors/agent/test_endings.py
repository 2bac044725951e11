"""What becomes of an answer, by what is in it and why the model stopped."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent import endings
from actors.agent.endings import CUT_OFF, course, joined, wanted
from actors.llm.messages import Completed
from actors.vocabulary import Text, Thinking, ToolUse, Usage

CALL = ToolUse(id="a", name="Peek", input={"what": "x"})
BROKEN = ToolUse(id="b", name="Peek", input={}, unreadable="no JSON")
HM = Thinking(text="hm")


def completed(reason: str, *content: Any) -> Completed:
    return Completed(content=content, stop_reason=reason, usage=Usage())


@pytest.mark.parametrize(
    ("answer", "follows"),
    [
        (completed("end_turn", Text(text="done")), "said"),
        (completed("something new", HM, Text(text="done")), "said"),
        (completed("end_turn"), "empty"),
        (completed("tool_use", HM), "empty"),
        (completed("end_turn", HM, Text(text=" \n")), "empty"),
        (completed("tool_use", CALL), "calls"),
        (completed("end_turn", Text(text="I look"), CALL), "calls"),
        (completed("pause_turn", CALL), "calls"),
        (completed("max_tokens", CALL), "calls"),
        (completed("max_tokens", Text(text="The first")), "max_tokens"),
        (completed("max_tokens"), "max_tokens"),
        (completed("pause_turn", Text(text="The first")), "pause_turn"),
        (completed("refusal"), "refusal"),
        (completed("refusal", Text(text="I am"), CALL), "refusal"),
        (completed("content_filter", CALL), "content_filter"),
    ],
)
def test_what_becomes_of_an_answer(answer: Completed, follows: str) -> None:
    assert course(answer) == follows


def test_calls_of_an_answer_that_was_cut_are_not_carried_out() -> None:
    assert wanted(completed("tool_use", Text(text="I look"), CALL, BROKEN)) == (CALL, BROKEN)
    whole, broken = wanted(completed("max_tokens", CALL, BROKEN))
    assert (whole.input, whole.unreadable) == ({"what": "x"}, CUT_OFF)
    assert broken == BROKEN


def test_a_sentence_that_goes_on_after_a_pause_stays_one() -> None:
    first, rest = (HM, Text(text="The first ")), (Text(text="and the second"), CALL)
    assert joined(first, rest) == (HM, Text(text="The first and the second"), CALL)
    assert joined(first, (HM, Text(text="x"))) == (HM, Text(text="The first "), HM, Text(text="x"))
    assert joined(first, ()) == first
    assert joined((), rest) == rest


BLOCKS = st.lists(st.sampled_from([Text(text="a"), Text(text="b"), HM, CALL])).map(tuple)


@given(BLOCKS, BLOCKS)
def test_nothing_of_either_part_is_lost(first: tuple[Any, ...], rest: tuple[Any, ...]) -> None:
    def words(blocks: tuple[Any, ...]) -> str:
        return "".join(block.text if isinstance(block, Text) else type(block).__name__ for block in blocks)

    assert words(joined(first, rest)) == words(first) + words(rest)


def test_the_person_is_told_what_helps() -> None:
    assert "max_tokens, 64 at most" in endings.cut(64)
    for told in (endings.cut(64), endings.PAUSED, endings.SILENT):
        assert '"go on"' in told


def test_who_has_ended_a_turn_is_told() -> None:
    assert endings.halted("that is enough") == "A hook has ended the turn here: that is enough"
