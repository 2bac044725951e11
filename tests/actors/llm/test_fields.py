"""Fields of what a provider sent, whatever is in them."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.llm.fields import (
    WrongField,
    as_object,
    count_in,
    counts_in,
    index_in,
    list_in,
    object_in,
    objects_in,
    text_in,
)


def index(parent: dict[str, Any], key: str) -> int:
    return index_in(parent, key, 7)


@pytest.mark.parametrize(
    ("read", "good", "empty", "wrong"),
    [
        (object_in, {"a": 1}, {}, "[1]"),
        (list_in, [1], [], {"a": 1}),
        (text_in, "a", "", [5]),
        (index, 2, 7, "two"),
    ],
)
def test_a_field_is_read_is_empty_or_is_told(
    read: Callable[[dict[str, Any], str], Any], good: Any, empty: Any, wrong: Any
) -> None:
    assert read({"x": good}, "x") == good
    assert read({"x": None}, "x") == read({}, "x") == empty
    with pytest.raises(WrongField, match=r"^'x' is not a"):
        read({"x": wrong}, "x")


@pytest.mark.parametrize("value", [None, 3, [], "a"])
def test_what_must_be_an_object_may_not_be_missing(value: Any) -> None:
    with pytest.raises(WrongField, match=r"^'event' is not an object$"):
        as_object(value, "event")


@pytest.mark.parametrize(
    "value", [None, -1, 0.5, "three", True, {}, 2**63 - 1, 10**15, "9" * 400, float("inf"), float("nan")]
)
def test_a_count_that_is_none_counts_as_nothing(value: Any) -> None:
    assert count_in({"x": value}, "x") == 0
    assert count_in({"x": 3}, "x") == 3


@pytest.mark.parametrize("value", [None, 3, [], "a", True])
def test_counts_that_are_none_are_no_counts(value: Any) -> None:
    assert counts_in({"x": value}, "x") == counts_in({}, "x") == {}
    assert counts_in({"x": {"a": 1}}, "x") == {"a": 1}


@pytest.mark.parametrize(("value", "said"), [(5, "5"), (0, "0"), (0.5, "0.5"), (True, "true")])
def test_a_number_in_the_place_of_a_text_is_its_words(value: Any, said: str) -> None:
    assert text_in({"x": value}, "x") == said


@pytest.mark.parametrize("value", [3, 3.0, "3"])
def test_a_number_may_be_written_as_a_fraction_or_as_a_text(value: Any) -> None:
    assert count_in({"x": value}, "x") == index({"x": value}, "x") == 3


@pytest.mark.parametrize(
    ("value", "found"),
    [(None, []), (5, []), ("", []), ([], []), ({"a": 1}, [{"a": 1}]), ([None, {"a": 1}, "x"], [{"a": 1}])],
)
def test_objects_are_a_list_or_one_by_itself(value: Any, found: Any) -> None:
    assert objects_in({"x": value}, "x") == found
