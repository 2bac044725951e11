from typing import Annotated

import attrs
import pytest

from actors.endpoints import BadMessage, parse_object, read
from actors.shapes import described


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "malformed JSON"),
        ("{", "malformed JSON"),
        ("[1]", "not a JSON object"),
        ('{"a": NaN}', "malformed JSON"),
        ("[" * 100_000, "malformed JSON"),
        ('{"a": ' + "9" * 5000 + "}", "malformed JSON"),
        (b"\xff\xfe{}", "malformed JSON"),
        (b'{"a": "\xff"}', "malformed JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(raw: str | bytes, says: str) -> None:
    with pytest.raises(BadMessage, match=says):
        parse_object(raw)


@attrs.frozen(kw_only=True)
class Wanted:
    name: str
    limit: Annotated[int, described(ge=1)] = 10


def test_what_is_read_has_its_defaults() -> None:
    assert read(Wanted, {"name": "x", "limit": None}) == Wanted(name="x")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadMessage) as caught:
        read(Wanted, {"limit": 0})
    assert str(caught.value) == (
        "name: expected a string, got nothing; limit: expected a whole number of at least 1, got 0"
    )


def test_what_is_not_known_is_passed_over() -> None:
    assert read(Wanted, {"name": "x", "colour": "red"}) == Wanted(name="x")


def test_a_mistake_may_be_of_one_field() -> None:
    assert str(BadMessage("no", "a")) == "a: no"
    assert str(BadMessage("no")) == "no"
