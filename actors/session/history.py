"""The conversation as the model gets it, derived from the steps. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile, takewhile
from typing import Final, final

import attrs

from actors.transcript import Part, Transcript, spoken, summed_up
from actors.vocabulary import Text, ToolResult
from bus import Data

from .messages import ToolStep
from .steps import AssistantStep, CallStep, Group, NoticeStep, Result, Step, UserStep, groups
from .words import blocks_of

NOT_COMPLETED: Final = "This call was not completed. It may or may not have taken effect."
"""Result of a call whose turn is over without one."""

BROKEN_OFF: Final = "[That was stopped or failed, and is over. Do not go on with it unless you are asked to.]"
"""Stands behind what a turn leaves without an answer: the next message would read as if it asked for that as well."""


@final
@attrs.frozen(kw_only=True)
class History(Data):
    """A conversation up to a step."""

    transcript: Transcript = attrs.field(factory=Transcript)
    open_calls: tuple[ToolStep, ...] = ()
    """Calls of the running turn without a result, in order; they stand in the last message of the assistant."""
    last: int = 0
    """Id of the last step that is in `transcript`."""
    unanswered: str | None = None
    """The turn after whose words or results the assistant has said nothing."""


@final
@attrs.frozen
class Summary(Data):
    """What stands for every step before number `until`."""

    text: str
    until: int


def opening(summary: Summary | None) -> History:
    """How the history begins: with what the last compaction has put in the place of older steps."""
    if summary is None:
        return History()
    return History(
        transcript=Transcript().plus([summed_up(summary.text, summary.until)]), last=summary.until - 1
    )


def derive(known: History, steps: Iterable[Step], *, running: str | None = None) -> tuple[History, History]:
    """Add steps in the order of their ids, which all come after those that are `known`.

    The last ones may be calls of the turn `running` that are still open; in every other place a call without a result
    gets one. Returns the history, and as much of it as will not change.
    """
    gathered = list(groups(step for step in steps if not isinstance(step, NoticeStep)))
    open_calls = _open_calls(gathered[-1], running) if gathered else ()
    final = list(takewhile(_is_final, gathered))
    done = _plus(known, final)
    history = _plus(done, gathered[len(final) :], open_calls)
    return history, done


def _open_calls(last: Group, running: str | None) -> tuple[CallStep, ...]:
    if last.head.turn != running:
        return ()
    return tuple(call for call in last.calls if call.result is None)


def _plus(known: History, gathered: Sequence[Group], open_calls: tuple[CallStep, ...] = ()) -> History:
    if not gathered:
        return known
    last = gathered[-1]
    told = (
        gathered if known.transcript.messages else dropwhile(_is_answer, gathered)
    )  # nothing begins with an answer
    parts: list[Part] = []
    unanswered = known.unanswered
    for group in told:
        head = group.head
        if isinstance(head, UserStep) and unanswered not in {None, head.turn}:
            parts.append(Part("user", (Text(text=BROKEN_OFF),), head.id))
        said = [part for part in _parts(group, open_calls) if part.content]
        parts += said
        if said:
            unanswered = None if said[-1].side == "assistant" else head.turn
    return History(
        transcript=known.transcript.plus(parts),
        open_calls=tuple(
            ToolStep(n=call.n, call=call.call, effect=call.effect, state=call.state) for call in open_calls
        ),
        last=(last.calls[-1] if last.calls else last.head).id,
        unanswered=unanswered,
    )


def _is_final(group: Group) -> bool:
    return all(call.result is not None for call in group.calls)


def _is_answer(group: Group) -> bool:
    return isinstance(group.head, AssistantStep)


def _parts(group: Group, open_calls: Sequence[CallStep]) -> Iterator[Part]:
    head, calls = group.head, group.calls
    for message in head.said if isinstance(head, UserStep) else ():
        yield Part("user", blocks_of(message.text, message.attachments, message.expansion), head.id)
    content = head.content if isinstance(head, AssistantStep) else ()
    yield Part("assistant", spoken(content, [call.call for call in calls]), head.id)
    unanswered = {call.id for call in open_calls}
    yield Part("user", tuple(_result(call) for call in calls if call.id not in unanswered), head.id)


def _result(call: CallStep) -> ToolResult:
    result = call.result or Result(
        content=(Text(text=NOT_COMPLETED),), is_error=True, attachments=(), at=call.at
    )
    return ToolResult(
        tool_use_id=call.call.id, name=call.call.name, content=result.content, is_error=result.is_error
    )
