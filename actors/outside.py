"""Words from outside, which neither the person nor the agent has written, and where they went. Pure.

Pages, mails, files and what other programs say may ask the agent for something that nobody wants. Whoever decides
about a call has to know whether such words are among what the model has read; see ``Tool.outside``.
"""

import re
from collections.abc import Collection, Container, Iterable
from typing import Final

import attrs

from actors.transcript import plain
from actors.vocabulary import Block, ChatMessage, Document, Image, Text, ToolResult, ToolUse

ATTACHMENTS: Final = "attachments"
"""Stands for files that came with a message."""
FILE_NAMES: Final = "file names"
"""Stands for names of files that nobody here has given them."""
QUOTED: Final = "forwarded or quoted"
"""Stands for words of others in a message: forwarded ones, or such that are answered."""
CHANNELS: Final = frozenset({"email"})
"""Channels on which anybody may write in somebody else's name."""
LEFT_OUT: Final = "[words from outside, left out]"
_MARK: Final = "[Words from outside went into this: {}]"
_MARKED: Final = re.compile(r"^\[Words from outside went into this: ([^\]\n]+)\]$", re.MULTILINE)
_HOLDS: Final = "[Words from outside are part of this: {}]"
_HOLDING: Final = re.compile(r"^\[Words from outside are part of this: ([^\]\n]+)\]$", re.MULTILINE)
_SENT_ALONG: Final = re.compile(r"^\[Attached (?:image|file): ", re.MULTILINE)


def marked(text: str, names: Collection[str]) -> str:
    """A text that a model has written after it had read words from outside, which says so to whoever reads it next."""
    mark = _MARK.format(", ".join(sorted(names)))
    return f"{text}\n\n{mark}" if names else text


def holding(text: str, name: str) -> str:
    """A text in which words of others stand as they were written, which says so."""
    return f"{text}\n\n{_HOLDS.format(name)}"


def is_marked(text: str) -> bool:
    """Whether a text says that a model has written it and that words from outside went into it."""
    return _MARKED.search(text) is not None


def holds(text: str) -> bool:
    """Whether words of others stand in a message of a person."""
    return _HOLDING.search(text) is not None


def brought(text: str) -> frozenset[str]:
    """Where the words from outside came from that a text says it has."""
    marks = (*_MARKED.findall(text), *_HOLDING.findall(text))
    sent = {ATTACHMENTS} if _SENT_ALONG.search(text) else ()
    return frozenset(name for names in marks for name in names.split(", ")).union(sent)


def heard(messages: Iterable[ChatMessage], inside: Container[str], outside: Container[str]) -> frozenset[str]:
    """Where words from outside came from that stand in a conversation: names of tools, or one of those above.

    Args:
      messages: the conversation, or a part of it.
      inside: the tools that bring none, if their results do not say otherwise.
      outside: those that do. One of neither kind is gone; what it has answered counts, but that it is not there.
    """
    found: set[str] = set()
    for message in messages:
        if message.role != "user":
            continue
        for block in message.content:
            match block:
                case ToolResult():
                    if block.name in outside or not (block.is_error or block.name in inside):
                        found.add(block.name)
                    found |= brought(plain(block.content))
                case Image() | Document():
                    found.add(ATTACHMENTS)
                case Text():
                    found |= brought(block.text)
                case _:
                    pass
    return frozenset(found)


def without(messages: Iterable[ChatMessage], outside: Container[str]) -> tuple[ChatMessage, ...]:
    """A conversation less the words that tools have brought from outside, for whoever acts on it unattended.

    What the model has said and called for after them may be theirs as well, and is left out with them.
    """
    found: list[ChatMessage] = []
    is_theirs = False
    for each in messages:
        theirs = is_theirs and each.role == "assistant"
        kept = tuple(_without(block, outside, theirs=theirs) for block in each.content)
        found.append(ChatMessage(role=each.role, content=kept))
        is_theirs = is_theirs or any(_brings(block, outside) for block in each.content)
    return tuple(found)


def _without(block: Block, outside: Container[str], *, theirs: bool) -> Block:
    match block:
        case ToolResult(name=name) if name in outside:
            return attrs.evolve(block, content=(Text(text=LEFT_OUT),))
        case ToolResult() if brought(plain(block.content)):
            return attrs.evolve(block, content=(Text(text=LEFT_OUT),))
        case Text() if theirs or holds(block.text):
            return Text(text=LEFT_OUT)
        case ToolUse() if theirs:
            return attrs.evolve(block, input={})
        case _:
            return block


def _brings(block: Block, outside: Container[str]) -> bool:
    match block:
        case ToolResult():
            return block.name in outside or bool(brought(plain(block.content)))
        case Text():
            return bool(brought(block.text))
        case _:
            return False
