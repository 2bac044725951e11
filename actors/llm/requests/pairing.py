"""Calls and their results, side by side: no provider takes the one without the other. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, final

import attrs

from actors.llm.requests.wire_names import Ids, wire_name
from actors.vocabulary import Block, ChatMessage, Text, ToolResult, ToolUse

UNANSWERED: Final = "There is no result: the call was not carried out, or its result was lost."


@final
@attrs.define(eq=False)
class _Pending:
    """A call, and its result once it is found."""

    id: str
    """The one it had."""
    call: ToolUse
    """Under the name and the id that are sent."""
    result: ToolResult | None = None


def paired(messages: Sequence[ChatMessage], illegal: re.Pattern[str]) -> list[ChatMessage]:
    """The messages, each with calls followed at once by a message that begins with their results, in their order.

    A call without a result gets one that says so; a result that answers no call before it becomes words. Ids are
    unique in all of the conversation, even where a provider counted from nought in every answer.

    Args:
      messages: by turns of the two roles, none empty.
      illegal: matches the letters that an id may not have.
    """
    ids = Ids(illegal)
    open_calls: dict[str, list[_Pending]] = {}
    made: list[tuple[ChatMessage, list[_Pending]]] = []
    for message in messages:
        if message.role == "assistant":
            calls, content = _sent(message, ids)
            open_calls |= _by_id(calls)
            made.append((saying(message, content), calls))
        else:
            made.append((saying(message, _answered(message.content, open_calls)), []))
    return list(_interleaved(made))


def saying(message: ChatMessage, content: tuple[Block, ...]) -> ChatMessage:
    """The message with this content: itself where it says so already, as nearly all of a long conversation do."""
    return message if content == message.content else ChatMessage(role=message.role, content=content)


def _sent(message: ChatMessage, ids: Ids) -> tuple[list[_Pending], tuple[Block, ...]]:
    """The calls of a message, and its content as it is sent."""
    calls: list[_Pending] = []
    content: list[Block] = []
    for block in message.content:
        if isinstance(block, ToolUse):
            call = _called(block, ids.unique(block.id), wire_name(block.name))
            calls.append(_Pending(block.id, call))
            content.append(call)
        else:
            content.append(block)
    return calls, tuple(content)


def _called(call: ToolUse, id: str, name: str) -> ToolUse:
    return call if (id, name) == (call.id, call.name) else attrs.evolve(call, id=id, name=name)


def _by_id(calls: Iterable[_Pending]) -> dict[str, list[_Pending]]:
    """By the ids that the calls had."""
    found: dict[str, list[_Pending]] = {}
    for each in calls:
        found.setdefault(each.id, []).append(each)
    return found


def _answered(content: Iterable[Block], open_calls: dict[str, list[_Pending]]) -> tuple[Block, ...]:
    """Give the results in `content` to the calls they answer; return the rest of it."""
    rest: list[Block] = []
    for block in content:
        if not isinstance(block, ToolResult):
            rest.append(block)
        elif (
            asked := next((each for each in open_calls.get(block.tool_use_id, ()) if not each.result), None)
        ) is not None:
            asked.result = _of_call(block, asked.call)
        else:
            rest.extend(_in_words(block))
    return tuple(rest)


def _of_call(result: ToolResult, call: ToolUse) -> ToolResult:
    if (result.tool_use_id, result.name) == (call.id, call.name):
        return result
    return attrs.evolve(result, tool_use_id=call.id, name=call.name)


def _in_words(result: ToolResult) -> Iterable[Block]:
    yield Text(text=f"[result of {result.name or 'a tool'}, whose call is not part of this conversation]")
    yield from (part for part in result.content if not isinstance(part, Text) or part.text.strip())


def _interleaved(made: Iterable[tuple[ChatMessage, list[_Pending]]]) -> Iterable[ChatMessage]:
    for message, calls in made:
        if message.content:
            yield message
        if calls:
            results = tuple(each.result or _unanswered(each.call) for each in calls)
            yield ChatMessage(role="user", content=results)


def _unanswered(call: ToolUse) -> ToolResult:
    return ToolResult(tool_use_id=call.id, name=call.name, content=(Text(text=UNANSWERED),), is_error=True)
