"""What the model calls used and cost."""

from collections.abc import Mapping
from datetime import datetime
from typing import final

import attrs

from actors.vocabulary import Usage
from bus import Request


@final
@attrs.frozen(kw_only=True)
class Spent:
    """What one user, one model or everybody used."""

    name: str
    usage: Usage
    calls: int
    """Of models, summaries included."""


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
    total: Spent
    by_user: tuple[Spent, ...]
    by_model: tuple[Spent, ...]
    by_day: tuple[DayCost, ...]
    by_tool: tuple[ToolCount, ...]


@final
@attrs.frozen(kw_only=True)
class Costs(Request[CostReport]):
    """What was used since a moment (or ever), by user, model, day and tool."""

    since: datetime | None = None
    session: str | None = None
