"""The conversation as the model gets it, derived from the steps. Pure.

Whatever the ledger holds, the history is one a provider accepts: the first message is of the user, the sides
alternate, every call has exactly one result, in the message that follows, and no message is empty.
"""

from collections.abc import Iterable, Sequence
from itertools import dropwhile
from typing import Final, final

import attrs

from actors.vocabulary import Block, ChatMessage, Image, Role, Text, ToolResult

from .messages import ToolStep
from .steps import AssistantStep, CallStep, Group, NoticeStep, Result, Step, UserStep, groups
from .words import blocks_of

SUMMARY_OPENS: Final = "[Summary of the conversation so far; the messages it replaces are not shown]"
SUMMARY_CLOSES: Final = "[End of the summary; the conversation continues below]"

NOT_COMPLETED: Final = "This call was not completed. It may or may not have taken effect."
"""Result of a call whose turn is over without one."""


@final
@attrs.frozen(kw_only=True)
class History:
    messages: tuple[ChatMessage, ...]
    starts: tuple[int, ...]
    """For each message the id of the step from which the history has to be read to begin with it. A message of
    results names the completion that made the calls, since the two cannot be parted."""
    open_calls: tuple[ToolStep, ...]
    """Calls of the running turn without a result, in order; they stand in the last message of the assistant."""
    end: int
    """Id of the step from which to read so that nothing of this comes again, but for calls that are open."""


@final
@attrs.frozen
class Summary:
    """What stands for every step before number `until`."""

    text: str
    until: int


def derive(steps: Iterable[Step], *, summary: Summary | None = None, running: str | None = None) -> History:
    """Build the history from the steps since the last compaction.

    Args:
      steps: in order of their ids.
      summary: what stands for the steps before them.
      running: turn whose calls may still be open. In every other place a call without a result gets one.
    """
    gathered = list(groups(step for step in steps if not isinstance(step, NoticeStep)))
    if summary is None:  # nothing begins with an answer
        gathered = list(dropwhile(lambda group: isinstance(group.head, AssistantStep), gathered))
    open_calls = _open_calls(gathered[-1], running) if gathered else ()
    found = _Messages()
    end = 0
    if summary is not None:
        found.add(
            "user", (Text(text=f"{SUMMARY_OPENS}\n\n{summary.text}\n\n{SUMMARY_CLOSES}"),), summary.until
        )
        end = summary.until
    for group in gathered:
        _add(found, group, open_calls)
        end = (group.calls[-1] if group.calls else group.head).id + 1
    return History(
        messages=found.frozen(),
        starts=tuple(found.starts),
        open_calls=tuple(
            ToolStep(n=call.n, call=call.call, effect=call.effect, state="intent") for call in open_calls
        ),
        end=gathered[-1].head.id if open_calls else end,
    )


def _open_calls(last: Group, running: str | None) -> tuple[CallStep, ...]:
    if last.head.turn != running:
        return ()
    return tuple(call for call in last.calls if call.result is None)


def boundary(history: History, replaced: int) -> int:
    """Id of the first step to read after a summary has replaced the first `replaced` messages, one or more."""
    return history.starts[replaced] if replaced < len(history.starts) else history.end


def _add(found: "_Messages", group: Group, open_calls: Sequence[CallStep]) -> None:
    start = group.head.id
    if isinstance(group.head, UserStep):
        for message in group.head.said:
            found.add("user", blocks_of(message.text, message.attachments), start)
    elif isinstance(group.head, AssistantStep):
        found.add("assistant", _answer(group.head.content, group.calls), start)
        unanswered = {call.id for call in open_calls}
        found.add("user", [_result(call) for call in group.calls if call.id not in unanswered], start)


def _answer(content: tuple[Block, ...], calls: Sequence[CallStep]) -> tuple[Block, ...]:
    """What the model said and asked for. Reasoning that led to neither was cut off, and is refused when sent back."""
    spoken = tuple(block for block in content if not (isinstance(block, Text) and not block.text.strip()))
    if not calls and not any(isinstance(block, Text | Image) for block in spoken):
        return ()
    return (*spoken, *(call.call for call in calls))


def _result(call: CallStep) -> ToolResult:
    result = call.result or Result(
        content=(Text(text=NOT_COMPLETED),), is_error=True, attachments=(), at=call.at
    )
    return ToolResult(
        tool_use_id=call.call.id, name=call.call.name, content=result.content, is_error=result.is_error
    )


@final
class _Messages:
    """Messages in the making: what the same side says in a row becomes one message."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self._roles: list[Role] = []
        self._contents: list[list[Block]] = []

    def add(self, role: Role, content: Iterable[Block], start: int) -> None:
        blocks = list(content)
        if not blocks:
            return
        if self._roles and self._roles[-1] == role:
            self._contents[-1].extend(blocks)
            return
        self._roles.append(role)
        self._contents.append(blocks)
        self.starts.append(start)

    def frozen(self) -> tuple[ChatMessage, ...]:
        return tuple(
            [
                ChatMessage(role=role, content=tuple(content))
                for role, content in zip(self._roles, self._contents, strict=True)
            ]
        )
