"""What all of it has cost, in the shape in which people read it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from .messages import CostReport, Spent
from .messages.costs import CostOverview, Day, ModelOfDay, ModelSums, PurposeSums, ToolUse, UserSums

_DAYS: Final = {"7d": 7, "30d": 30, "90d": 90}
_UNKNOWN: Final = "unknown"
"""What a model is called whose name no provider said."""


def since(period: str, now: datetime) -> datetime | None:
    """When a period began; None for ever."""
    return None if period == "all" else now - timedelta(days=_DAYS.get(period, 30))


def overview(report: CostReport) -> CostOverview:
    """All of a report."""
    return CostOverview(
        **_sums(report.total),
        by_user=tuple(UserSums(user_id=each.name, **_sums(each)) for each in report.by_user),
        by_model=tuple(ModelSums(model=each.name or _UNKNOWN, **_sums(each)) for each in report.by_model),
        by_purpose=tuple(PurposeSums(purpose=each.name, **_sums(each)) for each in report.by_purpose),
        by_day=tuple(
            Day(
                date=day.date,
                by_model=tuple(
                    ModelOfDay(
                        model=each.name or _UNKNOWN,
                        cost_usd=each.usage.cost_usd,
                        tokens=each.usage.prompt_tokens + each.usage.output_tokens,
                        unpriced=each.unpriced,
                    )
                    for each in day.by_model
                ),
                total_cost_usd=_together(each.usage.cost_usd for each in day.by_model),
            )
            for day in report.by_day
        ),
        by_tool=tuple(
            ToolUse(tool_name=each.name, invocations=each.invocations, errors=each.errors)
            for each in report.by_tool
        ),
    )


def _sums(spent: Spent) -> dict[str, Any]:
    usage = spent.usage
    return {
        "total_cost_usd": usage.cost_usd if spent.calls else 0.0,
        "total_input_tokens": usage.prompt_tokens,
        "total_output_tokens": usage.output_tokens,
        "total_cache_read": usage.cache_read_tokens,
        "total_cache_write": usage.cache_write_tokens,
        "total_turns": spent.calls,
        "total_unpriced": spent.unpriced,
    }


def _together(costs: Iterable[float | None]) -> float | None:
    """The sum of what is known; None where nothing is."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None
