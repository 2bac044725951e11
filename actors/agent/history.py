"""The conversation as the model gets it, while a turn adds to it. Pure.

The store derives the same messages from its steps: what one side says in a row is one message, an answer has its
calls last, results come in the order of their calls. So a turn that goes on after a restart sends the same bytes,
and a number of messages means the same to both.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from actors.vocabulary import Block, ChatMessage, Image, Role, Text, ToolResult, ToolUse

History = tuple[ChatMessage, ...]

SUMMARY_OPENS: Final = "[Summary of the conversation so far; the messages it replaces are not shown]"
SUMMARY_CLOSES: Final = "[End of the summary; the conversation continues below]"


def _joined(messages: History, role: Role, content: Sequence[Block]) -> History:
    """Add what one side says; joined with its last message if that is the newest."""
    if not content:
        return messages
    if messages and messages[-1].role == role:
        return (*messages[:-1], ChatMessage(role=role, content=(*messages[-1].content, *content)))
    return (*messages, ChatMessage(role=role, content=tuple(content)))


def spoken(messages: History, content: Iterable[Block], calls: Sequence[ToolUse]) -> History:
    """Add an answer. Reasoning that led neither to words nor to calls is left out: it is refused when sent back."""
    said = [block for block in content if not (isinstance(block, Text) and not block.text.strip())]
    if not calls and not any(isinstance(block, Text | Image) for block in said):
        return messages
    return _joined(messages, "assistant", [*said, *calls])


def followed(messages: History, contents: Iterable[Sequence[Block]]) -> History:
    """Add what the person said meanwhile."""
    return _joined(messages, "user", [block for content in contents for block in content])


def answered(messages: History, results: Iterable[ToolResult]) -> History:
    """Add results of calls of the last answer, in the order of the calls, beside those that are there already."""
    last = max(index for index, message in enumerate(messages) if message.role == "assistant")
    order = {call.id: n for n, call in enumerate(calls(messages[last].content))}
    there = [block for message in messages[last + 1 :] for block in message.content]
    blocks = sorted(
        (*there, *results),
        key=lambda block: order[block.tool_use_id] if isinstance(block, ToolResult) else len(order),
    )
    return (*messages[: last + 1], ChatMessage(role="user", content=tuple(blocks)))


def summarised(messages: History, replaced: int, summary: str) -> History:
    """Put a summary in the place of the first `replaced` messages."""
    opening = Text(text=f"{SUMMARY_OPENS}\n\n{summary}\n\n{SUMMARY_CLOSES}")
    found: History = (ChatMessage(role="user", content=(opening,)),)
    rest = messages[replaced:]
    if rest and rest[0].role == "user":
        found, rest = _joined(found, "user", rest[0].content), rest[1:]
    return found + rest


def rounds(messages: History, completions: int) -> int:
    """How many of the last `completions` answers called tools."""
    answers = [message for message in messages if message.role == "assistant"]
    return sum(bool(calls(message.content)) for message in answers[len(answers) - completions :])


def calls(content: Iterable[Block]) -> tuple[ToolUse, ...]:
    """The tool calls of an answer, in order."""
    return tuple(block for block in content if isinstance(block, ToolUse))


def without_calls(content: Iterable[Block]) -> tuple[Block, ...]:
    """An answer as it is stored: its calls are steps of their own."""
    return tuple(block for block in content if not isinstance(block, ToolUse))


def texts(content: Iterable[Block]) -> list[str]:
    """What is said aloud, without reasoning and calls."""
    return [block.text for block in content if isinstance(block, Text) and block.text.strip()]
