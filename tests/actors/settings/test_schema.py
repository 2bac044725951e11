"""What a form needs to know of each key, from the class of the settings."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, final

import attrs
import pytest
from attrs.validators import and_, ge, gt, le, lt, min_len, optional

from actors.settings.messages import Field
from actors.settings.schema import bounds, schema, unit
from actors.tables import others

Size = Literal["small", "large"]


@final
@attrs.frozen
class Place:
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        return cls(text)

    def __str__(self) -> str:
        return self.text


@final
@attrs.frozen(kw_only=True)
class Shelf:
    width: float = attrs.field(default=1.5, validator=gt(0))
    """Metres. None: as wide as the wall."""
    height: int | None = attrs.field(default=None, validator=optional(and_(ge(1), le(9))))


@final
@attrs.frozen(kw_only=True)
class Shop:
    open: bool = True
    """Whether it is, by ``door``."""
    size: Size = "small"
    city: str | None = None
    """Where it is; None takes
    the nearest. None lets it be."""
    address: Place = Place("a:1")
    tags: tuple[str, ...] = ("a",)
    owners: tuple[int | str, ...] = ()
    sizes: tuple[Size, ...] = ()
    shelf: Shelf = Shelf()
    shelves: tuple[Shelf, ...] = ()
    by_size: Mapping[Size, Shelf] = attrs.field(factory=dict[Size, Shelf])
    by_name: Mapping[str, Shelf] = attrs.field(factory=dict[str, Shelf])
    more: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    notes: Mapping[str, str] = attrs.field(factory=dict[str, str])
    moods: Mapping[str, Size] = others()
    rest_secs: int = 3
    """Seconds."""


DOCS = {
    Shop: {
        "open": "Whether it is, by ``door``.",
        "city": "Where it is; None takes\n    the nearest. None lets it be.",
        "rest_secs": "Seconds.",
    },
    Shelf: {"width": "Metres. None: as wide as the wall."},
}


def described() -> dict[str, Field]:
    def fields(kind: type[Any]) -> Iterator[Mapping[str, str]]:
        return ({"name": name, "doc": doc} for name, doc in DOCS[kind].items())

    return {each.key: each for each in schema(Shop, {"open": "shop.open"}, fields)}


def test_every_key_is_there_with_how_it_is_entered() -> None:
    assert {key: each.kind for key, each in described().items()} == {
        "shop.open": "switch",
        "size": "choice",
        "city": "text",
        "address": "text",
        "tags": "list",
        "owners": "list",
        "sizes": "list",
        "shelf.width": "number",
        "shelf.height": "integer",
        "shelves": "records",
        "shelves.*.width": "number",
        "shelves.*.height": "integer",
        "by_size.small.width": "number",
        "by_size.small.height": "integer",
        "by_size.large.width": "number",
        "by_size.large.height": "integer",
        "by_name": "named",
        "by_name.*.width": "number",
        "by_name.*.height": "integer",
        "more": "table",
        "notes": "pairs",
        "*": "choice",
        "rest_secs": "integer",
    }


def test_defaults_are_as_files_have_them_and_what_may_be_left_out_is_told() -> None:
    found = described()
    assert [found[key].default for key in ("address", "tags", "city", "shelves", "by_name")] == [
        "a:1",
        ["a"],
        None,
        [],
        {},
    ]
    assert {key for key, each in found.items() if each.optional} == {
        "city",
        "shelf.height",
        "by_size.small.height",
        "by_size.large.height",
        "shelves.*.height",
        "by_name.*.height",
        "*",
    }


def test_bounds_choices_and_what_may_be_a_number_are_told() -> None:
    found = described()
    assert (found["shelf.height"].least, found["shelf.height"].most) == (1, 9)
    assert (found["shelf.width"].least, found["shelf.width"].most) == (0, None)
    assert [found[key].choices for key in ("size", "sizes", "tags")] == [("small", "large")] * 2 + [()]
    assert (found["*"].choices, found["*"].default) == (("small", "large"), None)
    assert {key for key, each in found.items() if each.numbers} == {"owners"}


def test_what_is_said_of_a_key_is_in_the_words_of_a_form() -> None:
    found = described()
    assert found["shop.open"].text == "Whether it is, by `door`."
    assert found["city"].text == "Where it is; left empty, it takes the nearest. Left empty, it lets it be."
    assert found["shelf.width"].text == "Metres. Left empty: as wide as the wall."
    assert (found["rest_secs"].text, found["rest_secs"].unit) == ("", "seconds")
    assert found["size"].expected == "one of 'small', 'large'"


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("shop.patience", "Seconds that nobody waits.", "seconds"),
        ("shop.price", "US dollars.", "US dollars"),
        ("shop.usd_per_day", "", "US dollars"),
        ("shop.open_mb", "Of each.", "MB"),
        ("seconds.open", "How many there are.", ""),
        ("shop.open", "", ""),
    ],
)
def test_a_unit_is_what_the_text_begins_with_or_the_key_holds(key: str, text: str, expected: str) -> None:
    assert unit(key, text) == expected


@pytest.mark.parametrize(
    ("validator", "expected"),
    [
        (None, (None, None)),
        (min_len(1), (None, None)),
        (ge(2), (2, None)),
        (lt(2), (None, 2)),
        (optional([gt(0), le(5)]), (0, 5)),
    ],
)
def test_bounds_are_those_of_the_validators(validator: Any, expected: tuple[int | None, int | None]) -> None:
    assert bounds(validator) == expected
