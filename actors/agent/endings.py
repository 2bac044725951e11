"""What becomes of an answer, by what is in it and why the model stopped; and the sentences about those that are none.

Pure. The reasons are those of :class:`actors.llm.messages.Completed`.
"""

from collections.abc import Iterable
from typing import Final, Literal

import attrs

from actors import transcript
from actors.llm.messages import Completed
from actors.vocabulary import Block, Text, ToolUse

Course = Literal["refusal", "content_filter", "calls", "max_tokens", "pause_turn", "empty", "said"]
"""``refusal`` and ``content_filter``: there will be no answer. ``calls``: they are to be carried out. ``max_tokens``:
it was cut at its limit. ``pause_turn``: the rest comes when it is sent back. ``empty``: it holds nothing for anybody.
``said``: the last word."""

PAUSES: Final = 8
"""How often in a row a model may pause."""

CUT_OFF: Final = (
    "This call was not carried out, since the answer that it is part of was cut at its limit of tokens. If it is still "
    "wanted, make it again, with less in one answer."
)
AGAIN: Final = "Your last answer was empty. Answer in words, or call a tool."
"""What a model is told whose answer held nothing."""

REFUSED: Final = "The model refused to answer. Other words may help, or another model."
FILTERED: Final = (
    "The content filter of the model provider withheld the answer, or the rest of it. Other words may help, or another "
    "model."
)
PAUSED: Final = f'The model paused {PAUSES} times without an end. Say "go on" to have it go on.'
SILENT: Final = (
    'The model answered with nothing, also when it was asked once more. Say "go on", or ask another model.'
)


def cut(tokens: int) -> str:
    """The sentence about an answer that was cut at its limit."""
    return f'The answer was cut at its limit (max_tokens, {tokens} at most). Say "go on" for the rest.'


def halted(why: str) -> str:
    """The sentence about a turn that a hook has ended."""
    return f"A hook has ended the turn here: {why}"


def course(answer: Completed) -> Course:
    """What becomes of an answer."""
    match answer.stop_reason:
        case "refusal" | "content_filter" as reason:
            return reason
        case reason if transcript.calls(answer.content):
            return "calls"
        case "max_tokens" | "pause_turn" as reason:
            return reason
        case _:
            return "said" if transcript.spoken(answer.content, ()) else "empty"


def wanted(answer: Completed) -> tuple[ToolUse, ...]:
    """The calls of an answer. Those of one that was cut are not carried out: nobody knows what was to follow."""
    calls = transcript.calls(answer.content)
    if answer.stop_reason != "max_tokens":
        return calls
    return tuple(attrs.evolve(call, unreadable=call.unreadable or CUT_OFF) for call in calls)


def joined(first: tuple[Block, ...], rest: Iterable[Block]) -> tuple[Block, ...]:
    """An answer that came in two parts. A sentence that goes on in the second stays one."""
    match first, tuple(rest):
        case (*before, Text() as begun), (Text() as ended, *after):
            return (*before, attrs.evolve(begun, text=begun.text + ended.text), *after)
        case _, others:
            return (*first, *others)
