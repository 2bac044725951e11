"""Settings of the agent: its name, the limits of its loop, when a conversation is compacted."""

from typing import Any, Final, Literal, final
from unicodedata import category
from zoneinfo import ZoneInfo

import attrs
from attrs.validators import ge, le, optional

from actors.vocabulary import FollowupMode

Effort = Literal["low", "medium", "high"]

LONGEST_NAME: Final = 100
"""Characters of a name."""
_JOINERS: Final = "\u200c\u200d"
"""Invisible characters that letters of some scripts and many emoji are made with."""


def check_name(name: str) -> None:
    """Raise ValueError, saying what a name must be, for one that cannot be shown on a line of its own."""
    if not name.strip():
        raise ValueError("must not be empty")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"must have {LONGEST_NAME} characters at most, not {len(name)}")
    hidden = [
        char for char in name if category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in _JOINERS
    ]
    if hidden:
        raise ValueError(f"must not hold control characters such as U+{ord(hidden[0]):04X}")


def is_name(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    """:func:`check_name` as a validator."""
    check_name(value)


def _is_zone(_instance: object, _field: "attrs.Attribute[Any]", value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be an IANA time zone such as Europe/Vienna") from error


@final
@attrs.frozen(kw_only=True)
class Compaction:
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
    prune_tool_result_max_chars: int = attrs.field(default=2000, validator=ge(1))
    """Characters an older tool result is shortened to."""


@final
@attrs.frozen(kw_only=True)
class Settings:
    agent_name: str = attrs.field(default="Aster", validator=is_name)
    """Name shown to people and told to the model."""
    max_turns: int = attrs.field(default=30, validator=ge(1))
    """Rounds of tool calls in one turn; then the model is asked for a last answer without any."""
    max_tokens: int = attrs.field(default=16_384, validator=ge(1))
    """Tokens of one completion."""
    reasoning_effort: Effort | None = None
    """How much the model thinks before it answers; None switches thinking off."""
    followup_mode: FollowupMode = "inject"
    """What becomes of a message sent while a turn is running: joins it, or waits for its own turn."""
    timezone: str | None = attrs.field(default=None, validator=optional(_is_zone))
    """IANA zone of the dates told to the model; None takes the system's, else UTC."""
    compaction: Compaction = Compaction()
