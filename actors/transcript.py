"""The conversation as the model gets it. Pure.

The store derives it from its steps, the loop adds to it while a turn runs; both by these rules, so that a turn that
goes on after a restart sends the same bytes. It is one that a provider accepts: sides alternate, no message is empty,
an answer has its calls last, and every call has its result in the message that follows, in the order of the calls.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self, final

import attrs

from actors.vocabulary import Block, ChatMessage, Image, Side, Text, ToolResult, ToolUse

SUMMARY_OPENS: Final = "[Summary of the conversation so far; the messages it replaces are not shown]"
SUMMARY_CLOSES: Final = "[End of the summary; the conversation continues below]"


@final
@attrs.frozen
class Part:
    """What one side says, and the step from which the conversation has to be read to begin with it."""

    side: Side
    content: tuple[Block, ...]
    start: int


@final
@attrs.frozen
class Transcript:
    """Messages, and for each the step with which it begins.

    A message of results names the completion that made the calls, since the two cannot be parted.
    """

    messages: tuple[ChatMessage, ...] = ()
    starts: tuple[int, ...] = ()

    def plus(self, parts: Iterable[Part]) -> Self:
        """Add what is said; what one side says in a row is one message, what says nothing is left out."""
        messages, starts = list(self.messages), list(self.starts)
        for part in parts:
            if not part.content:
                continue
            if messages and messages[-1].role == part.side:
                content = (*messages[-1].content, *part.content)
                messages[-1] = ChatMessage(role=part.side, content=content)
            else:
                messages.append(ChatMessage(role=part.side, content=part.content))
                starts.append(part.start)
        return attrs.evolve(self, messages=tuple(messages), starts=tuple(starts))

    def answered(self, results: Iterable[ToolResult]) -> Self:
        """Add results of calls of the last answer, in the order of the calls, beside those that are there already."""
        last = max(index for index, message in enumerate(self.messages) if message.role == "assistant")
        order = {call.id: n for n, call in enumerate(calls(self.messages[last].content))}
        there = [block for message in self.messages[last + 1 :] for block in message.content]
        blocks = sorted(
            (*there, *results),
            key=lambda block: order[block.tool_use_id] if isinstance(block, ToolResult) else len(order),
        )
        until = attrs.evolve(self, messages=self.messages[: last + 1], starts=self.starts[: last + 1])
        return until.plus([Part("user", tuple(blocks), self.starts[last])])

    def summarised(self, replaced: int, summary: str) -> Self:
        """Put a summary in the place of the first `replaced` messages, of which at least one must be left."""
        until = self.starts[replaced]
        rest = [
            Part(message.role, message.content, start)
            for message, start in zip(self.messages[replaced:], self.starts[replaced:], strict=True)
        ]
        return attrs.evolve(self, messages=(), starts=()).plus([summed_up(summary, until), *rest])


def summed_up(summary: str, until: int) -> Part:
    """What stands for everything before step `until`."""
    return Part("user", (Text(text=f"{SUMMARY_OPENS}\n\n{summary}\n\n{SUMMARY_CLOSES}"),), until)


def spoken(content: Iterable[Block], asked: Sequence[ToolUse]) -> tuple[Block, ...]:
    """An answer and its calls. Reasoning that led to neither words nor calls is left out: it is refused when sent."""
    said = [block for block in content if not (isinstance(block, Text) and not block.text.strip())]
    if not asked and not any(isinstance(block, Text | Image) for block in said):
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


def rounds(transcript: Transcript, completions: int) -> int:
    """How many of the last `completions` answers called tools."""
    answers = [message for message in transcript.messages if message.role == "assistant"]
    return sum(bool(calls(message.content)) for message in answers[max(0, len(answers) - completions) :])
