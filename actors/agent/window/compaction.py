"""When a conversation has grown too long, and what is done about it. Pure.

Two measures: *pruning* shortens large results of tools in older messages, for this prompt only; *compaction*
replaces the older messages by a summary for good. Both leave the newest messages alone; what is done when those
alone are too much is in :mod:`actors.agent.window.fitting`.
"""

from collections.abc import Sequence

import attrs

from actors.agent.settings import Compaction
from actors.agent.window.sanitise import shorten
from actors.transcript import SUMMARY_OPENS, plain
from actors.vocabulary import Block, ChatMessage, Text, ToolResult, ToolUse


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
    if short == text and all(isinstance(part, Text) for part in block.content):
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


def is_summary(block: Block) -> bool:
    """Whether it is what a compaction has put in the place of older messages."""
    return isinstance(block, Text) and block.text.startswith(SUMMARY_OPENS)


def is_worth_it(messages: Sequence[ChatMessage]) -> bool:
    """Whether there is anything to sum up: more than a summary."""
    return any(not is_summary(block) for message in messages for block in message.content)
