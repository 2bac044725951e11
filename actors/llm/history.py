"""A conversation made fit for a provider: no empty blocks, no empty messages, no two of one role in a row. Pure."""

from collections.abc import Callable, Iterable

import attrs

from actors.vocabulary import Block, ChatMessage, Image, RedactedThinking, Text, Thinking, ToolResult, ToolUse

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


def signed(block: Block) -> bool:
    """Whether Anthropic takes the block back: reasoning counts only with its signature."""
    return not isinstance(block, Thinking) or bool(block.signature)


def unthinking(block: Block) -> bool:
    """Whether the block is no reasoning; other vendors do not want it back."""
    return not isinstance(block, Thinking | RedactedThinking)


def may_think(messages: list[ChatMessage]) -> bool:
    """Whether thinking can be on: calls whose results come last must have been made while thinking.

    Anthropic refuses the request otherwise. It happens when thinking was switched on, or another provider answered
    before, in the middle of a turn.
    """
    if len(messages) < 2 or not any(isinstance(block, ToolResult) for block in messages[-1].content):
        return True
    return isinstance(messages[-2].content[0], Thinking | RedactedThinking)


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
                case Text() | Thinking() | RedactedThinking() | ToolUse():
                    pass
    return found
