"""What a turn came to, in a few words."""

from typing import Any

import pytest

from starpod.cli import figures

USAGE: dict[str, Any] = {
    "input_tokens": 900,
    "cache_read_tokens": 200,
    "cache_write_tokens": 100,
    "output_tokens": 12,
    "cost_usd": None,
}


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (75_512, "75.5k"), (100_000_000, "100.0M")],
)
def test_small_numbers_are_told_exactly(count: int, shown: str) -> None:
    assert figures.thousands(count) == shown


def test_what_went_in_counts_what_was_cached() -> None:
    assert figures.tokens_of(USAGE) == "1.2k in, 12 out"
    assert figures.cost_of(USAGE) == ""
    assert figures.cost_of({**USAGE, "cost_usd": 0.01234}) == "$0.0123"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2_500_000, "2.5 MB")]
)
def test_sizes_are_told_as_people_say_them(size: int, shown: str) -> None:
    assert figures.size_of(size) == shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [({"content": "x", "path": "a.md"}, "a.md"), ({"command": "ls"}, "ls"), ({"a": 1}, '{"a": 1}')],
)
def test_the_telling_part_of_a_call_is_shown(fields: dict[str, Any], shown: str) -> None:
    assert figures.preview(fields) == shown


@pytest.mark.parametrize(
    ("whole", "shown", "rest"),
    [("One, two", "One", ", two"), ("One, two", "two", ""), ("One", "", None), ("One", "Two", None)],
)
def test_what_was_shown_is_not_shown_again(whole: str, shown: str, rest: str | None) -> None:
    assert figures.rest_of(whole, shown) == rest


@pytest.mark.parametrize(
    ("outcome", "failed", "status"),
    [
        ("success", False, 0),
        ("error", True, 1),
        ("parked", True, 1),
        ("cancelled", False, 4),
        ("refusal", False, 5),
        ("max_turns", False, 5),
        ("budget", False, 5),
    ],
)
def test_an_exit_status_is_honest(outcome: str, failed: bool, status: int) -> None:  # noqa: FBT001
    assert figures.status_of(outcome, failed=failed) == status
