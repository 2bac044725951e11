"""A conversation made fit for a provider: nothing empty, roles by turns, every call with its result. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import attrs

from actors.llm.messages import SystemText
from actors.llm.requests.files import Reference, kind
from actors.llm.requests.pairing import paired, saying
from actors.llm.requests.wire_names import STRICT
from actors.vocabulary import (
    Block,
    ChatMessage,
    Content,
    Document,
    Image,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

Keep = Callable[[Block], bool]

BEFORE: Final = "(What was said before this is not shown.)"
"""In the place of the person, where the model speaks first."""
GO_ON: Final = "(Go on.)"
"""In the place of the person, where the model spoke last: models do not all go on with an answer of theirs."""


def normalise(
    messages: Iterable[ChatMessage], keep: Keep, *, illegal: re.Pattern[str] = STRICT
) -> list[ChatMessage]:
    """The conversation in a shape that no provider refuses, whatever it is like.

    Blocks that say nothing or that `keep` refuses are gone, roles take turns and begin and end with the user, each
    call has its result behind it, names and ids have the letters that are taken everywhere. What was sent of a
    conversation stays the same when it goes on, so that a provider finds again what it has cached.

    Args:
      messages: any, in any order.
      keep: whether the provider wants a block.
      illegal: matches the letters that an id may not have.
    """
    taking_turns = _merged(_said(message, keep) for message in messages)
    spoken = _merged(message for message in taking_turns if not _is_mere_thought(message))
    sent = _merged(paired(spoken, illegal))
    if not sent or sent[0].role == "assistant":
        sent.insert(0, ChatMessage(role="user", content=(Text(text=BEFORE),)))
    if sent[-1].role == "assistant":
        sent.append(ChatMessage(role="user", content=(Text(text=GO_ON),)))
    return sent


def _merged(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """Without empty ones, neighbours of one role made one."""
    merged: list[ChatMessage] = []
    for message in messages:
        if not message.content:
            continue
        if merged and merged[-1].role == message.role:
            merged[-1] = attrs.evolve(merged[-1], content=merged[-1].content + message.content)
        else:
            merged.append(message)
    return merged


def _said(message: ChatMessage, keep: Keep) -> ChatMessage:
    """What of a message its role may say."""
    fit = _of_model if message.role == "assistant" else _of_person
    return saying(message, tuple(block for each in message.content if keep(each) for block in fit(each)))


def _of_model(block: Block) -> Iterable[Block]:
    """A model has words, thoughts and calls; a file of its own is named."""
    match block:
        case Text(text=text):
            return (block,) if text.strip() else ()
        case Image() | Document():
            return (Text(text=f"[{kind(block)} {block.path}]"),)
        case ToolResult():
            return ()
        case _:
            return (block,)


def _of_person(block: Block) -> Iterable[Block]:
    """A person has words and files; results of tools travel with them."""
    match block:
        case Text(text=text):
            return (block,) if text.strip() else ()
        case Image() | Document() | ToolResult():
            return (block,)
        case _:
            return ()


def _is_mere_thought(message: ChatMessage) -> bool:
    """Whether a model thought and said nothing, which cannot be sent back by itself."""
    return all(isinstance(block, Thinking) for block in message.content)


def wanted_back(provider: str) -> Keep:
    """Keep of reasoning only what `provider` itself sent together with something that must come back."""
    return lambda block: not isinstance(block, Thinking) or _is_from(block, provider)


def _is_from(block: Thinking, provider: str) -> bool:
    return block.provider_data is not None and block.provider_data.origin == provider


def unthinking(block: Block) -> bool:
    """Whether the block is no reasoning; other vendors do not want it back."""
    return not isinstance(block, Thinking)


def reasoned_with_calls(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """The messages without the reasoning of turns that called no tool.

    DeepSeek wants the reasoning of a turn with calls back for as long as the conversation lasts, and overlooks that
    of others. A turn lasts from one message of the person to the next.
    """
    kept: list[ChatMessage] = []
    turn: list[ChatMessage] = []
    for message in messages:
        if message.role == "user" and any(isinstance(block, Content) for block in message.content):
            kept += _reasoned(turn)
            turn = []
        turn.append(message)
    return kept + _reasoned(turn)


def _reasoned(turn: list[ChatMessage]) -> list[ChatMessage]:
    if any(isinstance(block, ToolUse) for message in turn for block in message.content):
        return turn
    return [saying(message, tuple(filter(unthinking, message.content))) for message in turn]


def may_think(messages: list[ChatMessage]) -> bool:
    """Whether thinking can be on: calls whose results come last must have been made while thinking.

    Anthropic refuses the request otherwise. It happens when thinking was switched on, or another provider answered
    before, in the middle of a turn.
    """
    if len(messages) < 2 or not any(isinstance(block, ToolResult) for block in messages[-1].content):
        return True
    return isinstance(messages[-2].content[0], Thinking)


def references(messages: Iterable[ChatMessage]) -> list[Reference]:
    """Every picture and document, those inside results of tools included."""
    return [each for message in messages for each in references_of(message)]


def references_of(message: ChatMessage) -> Iterator[Reference]:
    """Those of one message."""
    for block in message.content:
        parts = block.content if isinstance(block, ToolResult) else (block,)
        yield from (part for part in parts if isinstance(part, Reference))


def place_notes(messages: list[ChatMessage], system: Sequence[SystemText]) -> int | None:
    """Put the parts of `system` that change behind the last words of the person; return the index of that message.

    In the system prompt they would stand before the whole conversation, and each change would keep a provider from
    reusing what it has cached of it. None, and no change, when there is nothing to place or the person said nothing.
    """
    notes = [part.text for part in system if not part.cached and part.text.strip()]
    spoken = (i for i in reversed(range(len(messages))) if _is_spoken(messages[i]))
    index = next(spoken, None) if notes else None
    if index is not None:
        note = Text(text="<system-note>\n" + "\n".join(notes) + "\n</system-note>")
        messages[index] = attrs.evolve(messages[index], content=(*messages[index].content, note))
    return index


def _is_spoken(message: ChatMessage) -> bool:
    return message.role == "user" and isinstance(message.content[-1], Content)
