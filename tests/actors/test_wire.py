import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from actors.wire import Wire, encode, timestamp

THEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Page:
    number: int
    of: str | None = None


@attrs.frozen(kw_only=True)
class Book:
    title: str
    pages: tuple[Page, ...] = ()
    printed: datetime = THEN
    price: timedelta = timedelta(seconds=1.5)
    notes: Mapping[str, Any] = {}
    secret: str = "x"


def _length(book: Book) -> int:
    return len(book.pages)


def test_a_class_without_a_form_has_the_names_of_its_fields() -> None:
    assert Wire().json((Book(title="T", pages=(Page(number=1),)),)) == [
        {
            "title": "T",
            "pages": [{"number": 1, "of": None}],
            "printed": "2026-01-02T03:04:05.678Z",
            "price": 1.5,
            "notes": {},
            "secret": "x",
        }
    ]


def test_a_form_renames_leaves_out_and_adds() -> None:
    wire = Wire()
    wire.form(
        Book,
        tag="book",
        names={"title": "name"},
        omit={"secret", "printed", "price"},
        add={"length": _length},
    )
    wire.form(Page, names={"number": "no"}, omit={"of"})  # in any order
    assert wire.json(Book(title="T", pages=(Page(number=1),))) == {
        "type": "book",
        "name": "T",
        "pages": [{"no": 1}],
        "notes": {},
        "length": 1,
    }


def test_what_is_added_under_the_name_of_a_field_takes_its_place() -> None:
    wire = Wire()
    wire.form(Book, omit={"printed", "price", "notes", "secret"}, add={"pages": _length})
    assert wire.json(Book(title="T")) == {"title": "T", "pages": 0}


def test_a_form_of_a_field_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="Page has no field nuber"):
        Wire().form(Page, names={"nuber": "no"})


def test_times_are_utc_to_the_millisecond() -> None:
    elsewhere = datetime(2026, 1, 2, 5, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(elsewhere) == timestamp(THEN) == "2026-01-02T03:04:05.678Z"
    assert timestamp(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000Z"


def test_immutable_containers_are_written_like_their_mutable_kin() -> None:
    assert encode({"a": MappingProxyType({"b": (1, frozenset({2}))})}) == '{"a":{"b":[1,[2]]}}'


def test_what_is_no_json_is_a_bug() -> None:
    with pytest.raises(TypeError, match="object is not JSON"):
        encode({"a": object()})


def test_text_that_is_no_unicode_still_travels() -> None:
    text = encode({"text": "a\ud83dä"})
    assert text.encode()
    assert json.loads(text) == {"text": "a\ufffdä"}
