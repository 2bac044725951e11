"""Settings of subsystems that are still to come.

They are accepted and checked, so a configuration written for a later version loads today and its mistakes show,
but nothing uses them yet. A subsystem takes its class along when it is built.
"""

from typing import Literal, final

import attrs
from attrs.validators import ge, gt, le


@final
@attrs.frozen(kw_only=True)
class Memory:
    half_life_days: float = attrs.field(default=30.0, validator=gt(0))
    """Days after which a daily log counts half in a search."""
    mmr_lambda: float = attrs.field(default=0.7, validator=[ge(0), le(1)])
    """1 ranks by relevance alone, 0 by variety alone."""
    vector_search: bool = True
    chunk_size: int = attrs.field(default=1600, validator=ge(1))
    """Characters of an indexed piece."""
    chunk_overlap: int = attrs.field(default=320, validator=ge(0))
    """Characters that neighbouring pieces share."""
    bootstrap_file_cap: int = attrs.field(default=20_000, validator=ge(1))
    """Characters of each file in the prompt."""
    export_sessions: bool = True
    auto_log: bool = True
    """Whether each conversation is appended to the daily log."""

    def __attrs_post_init__(self) -> None:
        if self.chunk_overlap >= self.chunk_size:
            raise ValueError(
                f"chunk_overlap ({self.chunk_overlap}) must be smaller than chunk_size ({self.chunk_size})"
            )


@final
@attrs.frozen(kw_only=True)
class Flush:
    """Saving memories before a conversation is compacted."""

    memory_flush: bool = True
    flush_model: str | None = None
    """None takes the model that writes summaries."""


@final
@attrs.frozen(kw_only=True)
class Cron:
    default_max_retries: int = attrs.field(default=3, validator=ge(0))
    default_timeout_secs: int = attrs.field(default=7200, validator=ge(1))
    """Seconds."""
    max_concurrent_runs: int = attrs.field(default=1, validator=ge(1))
    heartbeat_interval_minutes: int = attrs.field(default=30, validator=ge(1))


@final
@attrs.frozen(kw_only=True)
class Telegram:
    enabled: bool = True
    allowed_users: tuple[int | str, ...] = ()
    """Ids, or names with or without ``@``, compared without case; empty allows nobody who is not linked."""
    stream_mode: Literal["final_only", "all_messages"] = "final_only"


@final
@attrs.frozen(kw_only=True)
class Email:
    enabled: bool = True
    gap_minutes: int = attrs.field(default=1440, validator=ge(0))


@final
@attrs.frozen(kw_only=True)
class Channels:
    telegram: Telegram = Telegram()
    email: Email = Email()


@final
@attrs.frozen(kw_only=True)
class Internet:
    enabled: bool = True
    timeout_secs: int = attrs.field(default=15, validator=ge(1))
    """Seconds."""
    max_fetch_bytes: int = attrs.field(default=2 * 1024 * 1024, validator=ge(1))
    max_text_chars: int = attrs.field(default=50_000, validator=ge(1))


@final
@attrs.frozen(kw_only=True)
class Browser:
    enabled: bool = False
    cdp_url: str | None = None
    """A running browser to use; None starts one."""
    startup_timeout_secs: int = attrs.field(default=10, validator=ge(1))
    """Seconds."""


@final
@attrs.frozen(kw_only=True)
class Upcoming:
    skills: tuple[str, ...] = ()
    """Names of the skills the agent sees; empty shows all."""
    self_improve: bool = False
    """Whether the agent may write and mend skills unasked."""
    memory: Memory = Memory()
    compaction: Flush = Flush()
    cron: Cron = Cron()
    channels: Channels = Channels()
    internet: Internet = Internet()
    browser: Browser = Browser()
