"""A conversation made fit for a provider: no empty blocks, no empty messages, no two of one role in a row. Pure."""

from collections.abc import Callable, Iterable, Sequence

import attrs

from actors.llm.messages import SystemText
from actors.vocabulary import Block, ChatMessage, Image, Text, Thinking, ToolResult, ToolUse

Keep = Callable[[Block], bool]


def normalise(messages: Iterable[ChatMessage], keep: Keep) -> list[ChatMessage]:
    """Drop what is empty or what `keep` refuses, then merge neighbours of one role.

    Providers refuse text without a visible character; they either refuse or merge neighbours by themselves.
    """
    merged: list[ChatMessage] = []
    for message in messages:
        content = tuple(block for block in message.content if _says_something(block) and keep(block))
        if not content:
            continue
        if merged and merged[-1].role == message.role:
            merged[-1] = attrs.evolve(merged[-1], content=merged[-1].content + content)
        else:
            merged.append(ChatMessage(role=message.role, content=content))
    return merged


def _says_something(block: Block) -> bool:
    return not isinstance(block, Text) or bool(block.text.strip())


def wanted_back(provider: str) -> Keep:
    """Keep of reasoning only what `provider` itself sent together with something that must come back."""
    return lambda block: not isinstance(block, Thinking) or _is_from(block, provider)


def _is_from(block: Thinking, provider: str) -> bool:
    return block.provider_data is not None and block.provider_data.origin == provider


def unthinking(block: Block) -> bool:
    """Whether the block is no reasoning; other vendors do not want it back."""
    return not isinstance(block, Thinking)


def may_think(messages: list[ChatMessage]) -> bool:
    """Whether thinking can be on: calls whose results come last must have been made while thinking.

    Anthropic refuses the request otherwise. It happens when thinking was switched on, or another provider answered
    before, in the middle of a turn.
    """
    if len(messages) < 2 or not any(isinstance(block, ToolResult) for block in messages[-1].content):
        return True
    return isinstance(messages[-2].content[0], Thinking)


def images(messages: Iterable[ChatMessage]) -> list[Image]:
    """Every picture, those inside results of tools included."""
    found: list[Image] = []
    for message in messages:
        for block in message.content:
            match block:
                case Image():
                    found.append(block)
                case ToolResult(content=content):
                    found.extend(part for part in content if isinstance(part, Image))
                case Text() | Thinking() | ToolUse():
                    pass
    return found


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
    return message.role == "user" and isinstance(message.content[-1], Text | Image)
