"""What an owner sees of costs."""

from datetime import UTC, datetime

import attrs
import pytest

from actors.session.messages import CostReport, DayCost, Spent, ToolCount
from actors.session.overview import overview, since
from actors.vocabulary import Usage

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def spent(name: str, cost: float | None, calls: int = 1, unpriced: int = 0) -> Spent:
    usage = Usage(
        input_tokens=100, output_tokens=40, cache_read_tokens=4000, cache_write_tokens=200, cost_usd=cost
    )
    return Spent(name=name, usage=usage, calls=calls, unpriced=unpriced)


@pytest.mark.parametrize(
    ("period", "days"), [("7d", 7), ("30d", 30), ("90d", 90), ("", 30), ("7D", 30), ("1d", 30)]
)
def test_a_period_that_is_not_known_is_thirty_days(period: str, days: int) -> None:
    began = since(period, NOW)
    assert began is not None
    assert (NOW - began).days == days


def test_all_has_no_beginning() -> None:
    assert since("all", NOW) is None


def test_what_caches_held_counts_as_read() -> None:
    shown = overview(
        CostReport(
            total=spent("total", 0.5, calls=3, unpriced=2),
            by_user=(spent("ada", 0.5),),
            by_model=(spent("", None),),
            by_purpose=(spent("review", 0.01),),
            by_day=(
                DayCost(date="2026-03-15", by_model=(spent("", None, unpriced=1), spent("m/x", 0.5))),
                DayCost(date="2026-03-16", by_model=(spent("", None, unpriced=1),)),
            ),
            by_tool=(ToolCount(name="FileRead", invocations=2, errors=1),),
        )
    )

    assert (shown.total_cost_usd, shown.total_input_tokens, shown.total_turns) == (0.5, 4300, 3)
    assert shown.total_unpriced == 2
    assert (shown.total_cache_read, shown.total_cache_write, shown.total_output_tokens) == (4000, 200, 40)
    assert (shown.by_user[0].user_id, shown.by_user[0].total_cost_usd) == ("ada", 0.5)
    assert shown.by_model[0].model == "unknown"
    assert shown.by_purpose[0].purpose == "review"
    models = [(each.model, each.cost_usd, each.tokens, each.unpriced) for each in shown.by_day[0].by_model]
    assert models == [("unknown", None, 4340, 1), ("m/x", 0.5, 4340, 0)]
    assert [day.total_cost_usd for day in shown.by_day] == [0.5, None]
    assert (shown.by_tool[0].tool_name, shown.by_tool[0].errors) == ("FileRead", 1)


def test_nothing_has_cost_nothing_and_what_has_no_price_is_not_known() -> None:
    none = CostReport(total=spent("", None, 0), by_user=(), by_model=(), by_purpose=(), by_day=(), by_tool=())
    assert overview(none).total_cost_usd == 0.0
    unknown = attrs.evolve(none, total=spent("", None, 1, unpriced=1))
    assert overview(unknown).total_cost_usd is None
