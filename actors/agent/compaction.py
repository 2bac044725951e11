"""When a conversation has grown too long, and what is done about it. Pure.

Two measures: *pruning* shortens large results of tools in older messages, for this prompt only; *compaction*
replaces the older messages by a summary for good. Both leave the newest messages alone.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import attrs

from actors.agent.sanitise import plain, shorten
from actors.agent.settings import Compaction
from actors.transcript import Transcript
from actors.vocabulary import (
    Block,
    ChatMessage,
    Image,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

INSTRUCTION: Final = (
    "You summarise a part of a conversation between a person and their assistant, so that the assistant can go on "
    "without it. Keep decisions and their reasons, facts, names, dates, preferences, what was promised, file paths, "
    "code references and what the tools found or changed. Leave out small talk. Write in the language of the "
    "conversation, concisely, in short sections with headings. Answer with the summary alone."
)
"""System prompt of the model that writes the summary."""

_RESULT_CHARS: Final = 500
_THINKING_CHARS: Final = 200
_CHARS_PER_TOKEN: Final = 4


def estimate(transcript: Transcript) -> int:
    """Tokens of a conversation, roughly, where a provider tells none."""
    return transcript.size // _CHARS_PER_TOKEN


def budget(settings: Compaction, window: int | None) -> int:
    """Tokens of prompt past which to compact: the configured number, at most 80 % of the model's window."""
    return settings.context_budget if window is None else min(settings.context_budget, window * 8 // 10)


def should_prune(tokens: int, budget: int, settings: Compaction) -> bool:
    """Whether a prompt of that size is near enough to its budget for old results to be shortened."""
    return tokens > budget * settings.prune_threshold_pct // 100


def prune(messages: Sequence[ChatMessage], settings: Compaction) -> tuple[ChatMessage, ...]:
    """The same messages, large results of tools shortened in all but the newest. Twice is once."""
    older = max(0, len(messages) - settings.min_keep_messages)
    limit = settings.prune_tool_result_max_chars
    return (*(_pruned(message, limit) for message in messages[:older]), *messages[older:])


def _pruned(message: ChatMessage, limit: int) -> ChatMessage:
    content = tuple(_pruned_block(block, limit) for block in message.content)
    return message if content == message.content else attrs.evolve(message, content=content)


def _pruned_block(block: Block, limit: int) -> Block:
    if not isinstance(block, ToolResult):
        return block
    text = plain(block.content)
    short = shorten(text, limit)
    if short == text and not any(isinstance(part, Image) for part in block.content):
        return block
    return attrs.evolve(block, content=(Text(text=short),))


def split(messages: Sequence[ChatMessage], keep: int) -> int:
    """How many of the oldest messages a summary may replace so that at least `keep` stay; 0: none.

    A call and its result are never parted, however many messages the results are spread over.
    """
    at = max(0, len(messages) - keep)
    for call, result in reversed(_cycles(messages)):
        if call < at <= result:
            at = call
    return at


def _cycles(messages: Sequence[ChatMessage]) -> list[tuple[int, int]]:
    """Index of each call and of its result, in order of the calls. An id used again means its latest call."""
    called: dict[str, int] = {}
    found: list[tuple[int, int]] = []
    for index, message in enumerate(messages):
        for block in message.content:
            if isinstance(block, ToolUse):
                called[block.id] = index
            elif isinstance(block, ToolResult) and block.tool_use_id in called:
                found.append((called[block.tool_use_id], index))
    return sorted(found)


def summary_request(messages: Sequence[ChatMessage]) -> ChatMessage:
    """Ask for a summary of these messages."""
    parts = [f"[{message.role}]\n{_transcript(message)}" for message in messages]
    text = "Summarise this conversation.\n\n<conversation>\n" + "\n\n".join(parts) + "\n</conversation>"
    return ChatMessage(role="user", content=(Text(text=text),))


def _transcript(message: ChatMessage) -> str:
    return "\n".join(filter(None, map(_summarised, message.content)))


def _summarised(block: Block) -> str:
    match block:
        case ToolResult():
            label = "error" if block.is_error else "result"
            return f"({label} of {block.name}: {shorten(plain(block.content), _RESULT_CHARS)})"
        case Thinking() if len(block.text) > _THINKING_CHARS:
            return ""
        case Text() | Thinking():
            return block.text
        case ToolUse():
            return f"(calls {block.name} with {_json(block.input)})"
        case Image():
            return f"[image {block.path}]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
