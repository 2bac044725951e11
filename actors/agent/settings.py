"""Settings of the agent: the limits of its loop, when a conversation is compacted."""

from typing import final

import attrs
from attrs.validators import ge, le

from actors.vocabulary import Effort, FollowupMode
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Compaction(Data):
    """When older messages are replaced by a summary, and how large a tool's result may stay."""

    context_budget: int = attrs.field(default=160_000, validator=ge(1))
    """Tokens of prompt past which the conversation is compacted."""
    summary_max_tokens: int = attrs.field(default=4096, validator=ge(1))
    """Tokens of the summary."""
    min_keep_messages: int = attrs.field(default=4, validator=ge(1))
    """Newest messages that are never summarised."""
    max_tool_result_bytes: int = attrs.field(default=50_000, validator=ge(1))
    """Bytes of one tool result that the model gets to see."""
    prune_threshold_pct: int = attrs.field(default=70, validator=[ge(0), le(100)])
    """Percent of `context_budget` past which older tool results are shortened."""
    memory_flush: bool = True
    """Whether a model is asked what is worth remembering of messages that a summary is about to replace."""
    flush_model: str | None = None
    """``provider/model`` that is asked; None takes the one that writes summaries."""
    prune_tool_result_max_chars: int = attrs.field(default=2000, validator=ge(1))
    """Characters an older tool result is shortened to."""


@final
@attrs.frozen(kw_only=True)
class Limits(Data):
    """What a turn, a conversation and a day of a user may use; 0 is no limit.

    Money counts as far as the prices of models are known.
    """

    calls_per_answer: int = attrs.field(default=32, validator=ge(1))
    """Tool calls of one answer that are carried out."""
    calls_per_turn: int = attrs.field(default=200, validator=ge(0))
    """Tool calls, also those that were not carried out."""
    seconds_per_turn: float = attrs.field(default=3600.0, validator=ge(0))
    """Seconds, from when it was begun last."""
    tokens_per_turn: int = attrs.field(default=10_000_000, validator=ge(0))
    """Tokens of prompts, cached ones included, and answers; those of summaries count like the rest."""
    usd_per_turn: float = attrs.field(default=5.0, validator=ge(0))
    """US dollars."""
    tokens_per_conversation: int = attrs.field(default=500_000_000, validator=ge(0))
    usd_per_conversation: float = attrs.field(default=100.0, validator=ge(0))
    tokens_per_day: int = attrs.field(default=100_000_000, validator=ge(0))
    """Tokens of one user, in all conversations and beside them, from midnight to midnight."""
    usd_per_day: float = attrs.field(default=25.0, validator=ge(0))


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    max_turns: int = attrs.field(default=30, validator=ge(1))
    """Rounds of tool calls in one turn; then the model is asked for a last answer without any."""
    max_tokens: int = attrs.field(default=16_384, validator=ge(1))
    """Tokens of one completion."""
    reasoning_effort: Effort | None = None
    """How much the model thinks before it answers; None switches thinking off."""
    followup_mode: FollowupMode = "inject"
    """What becomes of a message sent while a turn is running: joins it, or waits for its own turn."""
    limits: Limits = Limits()
    compaction: Compaction = Compaction()
