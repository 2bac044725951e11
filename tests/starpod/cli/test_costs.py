"""What was spent, as tables."""

from typing import Any

import pytest

from starpod.cli.costs import dollars, parts, total

SUMS: dict[str, Any] = {
    "total_cost_usd": 1234.5,
    "total_input_tokens": 1_000_000,
    "total_output_tokens": 2000,
    "total_cache_read": 900_000,
    "total_cache_write": 5,
    "total_turns": 12,
    "total_unpriced": 0,
}
UNKNOWN: dict[str, Any] = {**SUMS, "total_cost_usd": None, "total_unpriced": 12}
FOUND: dict[str, Any] = {
    **SUMS,
    "by_user": [{"user_id": "ada", **SUMS}],
    "by_model": [{"model": "a/b", **SUMS}, {"model": "o/x", **UNKNOWN}],
    "by_purpose": [{"purpose": "completion", **SUMS}],
    "by_day": [
        {
            "date": "2026-11-29",
            "total_cost_usd": 0.3,
            "by_model": [
                {"model": "a/b", "cost_usd": 0.1, "tokens": 3, "unpriced": 0},
                {"model": "a/c", "cost_usd": 0.2, "tokens": 3, "unpriced": 1},
                {"model": "o/x", "cost_usd": None, "tokens": 3, "unpriced": 2},
            ],
        },
        {
            "date": "2026-11-30",
            "total_cost_usd": None,
            "by_model": [{"model": "o/x", "cost_usd": None, "tokens": 3, "unpriced": 2}],
        },
    ],
    "by_tool": [],
}


@pytest.mark.parametrize(
    ("amount", "shown"), [(0.0, "$0.00"), (0.00042, "$0.0004"), (0.5, "$0.5000"), (1234.5, "$1,234.50")]
)
def test_what_is_less_than_a_cent_can_be_seen(amount: float, shown: str) -> None:
    assert dollars(amount) == shown


def test_days_users_models_and_purposes_are_tables() -> None:
    found = [([column.title for column in columns], rows) for columns, rows in parts(FOUND)]
    unknown = ["unknown", "12", "1,000,000", "900,000", "2,000"]
    sums = ["$1,234.50", "12", "1,000,000", "900,000", "2,000"]
    names = ["COST", "CALLS", "IN", "CACHED", "OUT"]
    assert found == [
        (
            ["DAY", "COST", "MODELS"],
            [
                ["2026-11-29", "$0.3000+", "a/c $0.2000+, a/b $0.1000, o/x unknown"],
                ["2026-11-30", "unknown", "o/x unknown"],
            ],
        ),
        (["USER", *names], [["ada", *sums]]),
        (["MODEL", *names], [["a/b", *sums], ["o/x", *unknown]]),
        (["PURPOSE", *names], [["completion", *sums]]),
    ]


def test_the_total_says_how_far_back() -> None:
    assert total(FOUND, "7d") == "$1,234.50 in 12 calls (7d): 1,000,000 tokens in, 2,000 out"


def test_the_total_says_what_it_does_not_hold() -> None:
    words = "1,000,000 tokens in, 2,000 out; the price of 12 calls is not known"
    assert total(UNKNOWN, "7d") == f"unknown in 12 calls (7d): {words}"
