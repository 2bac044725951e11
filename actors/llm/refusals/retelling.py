"""A conversation with its calls told in words, for a server that takes neither tools nor calls of before. Pure."""

from collections.abc import Iterable, Iterator

import attrs

from actors import jsontext
from actors.vocabulary import Block, ChatMessage, Text, Thinking, ToolResult, ToolUse


def in_words(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The same messages; what was called and what came of it is text, files in results stay files."""
    return tuple(attrs.evolve(message, content=tuple(_blocks(message))) for message in messages)


def without_thoughts(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The same messages without reasoning, and without what providers attached to calls."""
    return tuple(
        attrs.evolve(
            message,
            content=tuple(
                attrs.evolve(block, provider_data=None) if isinstance(block, ToolUse) else block
                for block in message.content
                if not isinstance(block, Thinking)
            ),
        )
        for message in messages
    )


def has_calls(messages: Iterable[ChatMessage]) -> bool:
    """Whether there is anything that :func:`in_words` would tell."""
    return any(isinstance(block, ToolUse | ToolResult) for each in messages for block in each.content)


def _blocks(message: ChatMessage) -> Iterator[Block]:
    for block in message.content:
        match block:
            case ToolUse(name=name, input=input):
                yield Text(text=f"(I called {name} with {jsontext.write(dict(input))}.)")
            case ToolResult(name=name, content=parts):
                said = "\n".join(part.text for part in parts if isinstance(part, Text))
                yield Text(text=f"({name} answered: {said})")
                yield from (part for part in parts if not isinstance(part, Text))
            case Thinking():
                pass
            case _:
                yield block
