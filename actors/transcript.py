"""The conversation as the model gets it. Pure.

The store derives it from its steps, the loop adds to it while a turn runs; both by these rules, so that a turn that
goes on after a restart sends the same bytes. It is one that a provider accepts: sides alternate, no message is empty,
an answer has its calls last, and every call has its result in the message that follows, in the order of the calls.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self, final

import attrs

from actors.vocabulary import (
    Block,
    ChatMessage,
    Content,
    Document,
    Image,
    ProviderData,
    Side,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from bus import Data

SUMMARY_OPENS: Final = "[Summary of the conversation so far; the messages it replaces are not shown]"
SUMMARY_CLOSES: Final = "[End of the summary; the conversation continues below]"

PICTURE: Final = 4000
"""Characters of text that weigh as much as a picture."""
NOTE: Final = 100
"""Those of the note in the place of a document that is not shown."""


@final
@attrs.frozen
class Part(Data):
    """What one side says, and the step from which the conversation has to be read to begin with it."""

    side: Side
    content: tuple[Block, ...]
    start: int


@final
@attrs.frozen
class Transcript(Data):
    """Messages, and for each the step with which it begins.

    A message of results names the completion that made the calls, since the two cannot be parted.
    """

    messages: tuple[ChatMessage, ...] = ()
    starts: tuple[int, ...] = ()
    size: int = 0
    """Characters of all that is said, calls and results included; kept so that nobody has to count a long one."""
    documents: tuple[Document, ...] = ()
    """All that are in it, in order. `size` has no more of them than a note: what they weigh, the model says."""

    @property
    def read(self) -> tuple[ChatMessage, ...]:
        """What the model had read when it last said something, and that."""
        until = len(self.messages)
        while until and self.messages[until - 1].role != "assistant":
            until -= 1
        return self.messages[:until]

    def plus(self, parts: Iterable[Part]) -> Self:
        """Add what is said; what one side says in a row is one message, what says nothing is left out."""
        messages, starts, size = list(self.messages), list(self.starts), self.size
        found = list(self.documents)
        for part in parts:
            if not part.content:
                continue
            size += sum(map(characters, part.content))
            found += documents(part.content)
            if messages and messages[-1].role == part.side:
                content = (*messages[-1].content, *part.content)
                messages[-1] = ChatMessage(role=part.side, content=content)
            else:
                messages.append(ChatMessage(role=part.side, content=part.content))
                starts.append(part.start)
        return attrs.evolve(
            self, messages=tuple(messages), starts=tuple(starts), size=size, documents=tuple(found)
        )

    def answered(self, results: Iterable[ToolResult]) -> Self:
        """Add results of calls of the last answer, in the order of the calls, beside those that are there already."""
        last = len(self.read) - 1
        order = {call.id: n for n, call in enumerate(calls(self.messages[last].content))}
        there = [block for message in self.messages[last + 1 :] for block in message.content]
        blocks = sorted(
            (*there, *results),
            key=lambda block: order[block.tool_use_id] if isinstance(block, ToolResult) else len(order),
        )
        until = attrs.evolve(
            self,
            messages=self.messages[: last + 1],
            starts=self.starts[: last + 1],
            size=self.size - sum(map(characters, there)),
            documents=self.documents[: len(self.documents) - len(documents(there))],
        )
        return until.plus([Part("user", tuple(blocks), self.starts[last])])

    def summarised(self, replaced: int, summary: str) -> Self:
        """Put a summary in the place of the first `replaced` messages, of which at least one must be left."""
        rest = zip(self.messages[replaced:], self.starts[replaced:], strict=True)
        parts = [Part(message.role, message.content, start) for message, start in rest]
        return attrs.evolve(self, messages=(), starts=(), size=0, documents=()).plus(
            [summed_up(summary, self.starts[replaced]), *parts]
        )

    def pruned(self, messages: tuple[ChatMessage, ...]) -> Self:
        """The same messages with less in them."""
        size = sum(characters(block) for message in messages for block in message.content)
        found = tuple(documents(block for message in messages for block in message.content))
        return attrs.evolve(self, messages=messages, size=size, documents=found)

    def weight(self, known: Mapping[str, int]) -> int:
        """`size`, and the characters that documents weigh, as far as they are `known` by path."""
        return self.size + sum(known.get(each.path, 0) for each in self.documents)


def documents(blocks: Iterable[Block]) -> list[Document]:
    """Those among blocks, and in results."""
    found: list[Document] = []
    for block in blocks:
        if isinstance(block, Document):
            found.append(block)
        elif isinstance(block, ToolResult):
            found += [part for part in block.content if isinstance(part, Document)]
    return found


def characters(block: Block) -> int:
    """How much a block says, roughly, or weighs: a picture as much as a text of that length.

    A document has no more than a note here: see :meth:`Transcript.weight`.
    """
    match block:
        case Text():
            return len(block.text)
        case Thinking():
            return len(block.text) + _attached(block.provider_data)
        case ToolUse():
            written = json.dumps(dict(block.input), default=str)
            return len(block.name) + len(written) + _attached(block.provider_data)
        case ToolResult():
            return sum(map(characters, block.content))
        case Image():
            return PICTURE
        case Document():
            return NOTE


def named(block: Image | Document) -> str:
    """A picture or document in words."""
    return f"[{block.type} {block.path}]"


def plain(content: Iterable[Content]) -> str:
    """What was said as one text, pictures and documents as a short note."""
    return "\n".join(block.text if isinstance(block, Text) else named(block) for block in content)


def _attached(data: ProviderData | None) -> int:
    return 0 if data is None else sum(len(value) for value in data.data.values() if isinstance(value, str))


def summed_up(summary: str, until: int) -> Part:
    """What stands for everything before step `until`."""
    return Part("user", (Text(text=f"{SUMMARY_OPENS}\n\n{summary}\n\n{SUMMARY_CLOSES}"),), until)


def spoken(content: Iterable[Block], asked: Sequence[ToolUse]) -> tuple[Block, ...]:
    """An answer and its calls. Reasoning that led to neither words nor calls is left out: it is refused when sent."""
    said = [block for block in content if not (isinstance(block, Text) and not block.text.strip())]
    if not asked and not any(isinstance(block, Content) for block in said):
        return ()
    return (*said, *asked)


def calls(content: Iterable[Block]) -> tuple[ToolUse, ...]:
    """The tool calls of an answer, in order."""
    return tuple(block for block in content if isinstance(block, ToolUse))


def without_calls(content: Iterable[Block]) -> tuple[Block, ...]:
    """An answer as it is stored: its calls are steps of their own."""
    return tuple(block for block in content if not isinstance(block, ToolUse))


def texts(content: Iterable[Block]) -> list[str]:
    """What is said aloud, without reasoning and calls."""
    return [block.text for block in content if isinstance(block, Text) and block.text.strip()]
