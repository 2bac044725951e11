"""What the model calls used and cost."""

from collections.abc import Mapping
from datetime import datetime
from typing import final

import attrs

from bus import Request


@final
@attrs.frozen(kw_only=True)
class UsageSum:
    """`input_tokens` is the sum of uncached, cache-read and cache-written ones; `turns` counts usage rows."""

    name: str
    cost_usd: float
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    turns: int


@final
@attrs.frozen(kw_only=True)
class DayCost:
    date: str
    """``YYYY-MM-DD``, UTC."""
    cost_usd: float
    by_model: Mapping[str, float]


@final
@attrs.frozen(kw_only=True)
class ToolCount:
    name: str
    invocations: int
    errors: int


@final
@attrs.frozen(kw_only=True)
class CostReport:
    total: UsageSum
    by_user: tuple[UsageSum, ...]
    by_model: tuple[UsageSum, ...]
    by_day: tuple[DayCost, ...]
    by_tool: tuple[ToolCount, ...]


@final
@attrs.frozen(kw_only=True)
class Costs(Request[CostReport]):
    """What was used since a moment (or ever), by user, model, day and tool."""

    since: datetime | None = None
    session: str | None = None
