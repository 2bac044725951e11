"""The door between text and values: what is let in, what is refused in which words, what is written."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.jsontext import NotJson, encode, read, read_object, read_row, whole, write

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))
NUMBERS = SCALARS | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    NUMBERS, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner),
)


def fault(text: bytes | str, **bounds: Any) -> str:
    with pytest.raises(NotJson) as caught:
        read(text, **bounds)
    return str(caught.value)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


# --- reading ----------------------------------------------------------------------------------------------


@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_written(value: Any) -> None:
    assert read(json.dumps(value), depth=1000) == value
    assert read(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode(), depth=1000) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused_in_one_way(data: bytes) -> None:
    with suppress(NotJson):
        read(data)


@given(ANYTHING)
def test_what_was_read_can_be_stored_sent_and_written(value: Any) -> None:
    try:
        found = read(json.dumps(value), depth=1000)
    except NotJson:
        assert "NaN" in json.dumps(value) or "Infinity" in json.dumps(value)
    else:
        assert json.loads(json.dumps(found, allow_nan=False, ensure_ascii=False).encode()) == found


def test_nesting_is_bounded_however_deep_it_goes() -> None:
    assert read(nested(64))
    assert fault(nested(65)) == "it nests deeper than 64 levels"
    assert fault('{"a":' * 330 + "1" + "}" * 330) == "it nests deeper than 64 levels"
    assert fault(nested(3), depth=2) == "it nests deeper than 2 levels"
    assert fault(nested(100_000)) == "it nests too deep"
    assert read(json.dumps([[]] * 1000)) == [[]] * 1000
    assert read(json.dumps(nested(1000))) == nested(1000)


def test_length_is_bounded_in_bytes() -> None:
    assert read('"é"', limit=4) == "é"
    assert fault('"é"', limit=3) == "it is longer than 3 bytes"
    assert fault(b"[" * 11, limit=10) == "it is longer than 10 bytes"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e400", "1e400"),
        ("-1e400", "-1e400"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("9223372036854775808", "9223372036854775808"),
        ("9" * 100_000, f"{'9' * 20}…"),
        ("9" * 100_000 + ".5", f"{'9' * 20}…"),
    ],
)
def test_a_number_that_nobody_can_hold_is_refused_with_its_place(text: str, number: str) -> None:
    assert fault(text) == f"{number} is no number that every reader can hold"
    at = fault(f'{{"a": [1, {{"b c": {text}}}], "z": 1e999}}').partition(": ")[0]
    assert at == "a[1].b c"


def test_numbers_at_the_edges_are_read() -> None:
    edges = [2**63 - 1, -(2**63), 1.7976931348623157e308, 5e-324, -0.0]
    assert read(json.dumps(edges)) == edges
    assert read("1e-400") == 0.0
    assert math.copysign(1, read("-0.0")) == -1


def test_the_place_of_a_number_is_short_and_left_out_where_the_rest_cannot_be_read() -> None:
    assert len(fault(json.dumps({"k" * 5000: math.inf}))) < 200
    assert fault('[1e400, "').startswith("1e400 is no number")
    assert fault("[1e400," + nested(100_000)).startswith("1e400 is no number")


def test_half_a_character_is_replaced_or_kept_for_who_asks() -> None:
    assert read(r'"a\ud83d"') == "a�"
    assert read(r'{"\uDE00": "\ud83d\ude00 \\ud83d \ud83d\ud83d\ude00"}') == {"�": "😀 \\ud83d �😀"}
    assert read('"\ud83d"') == "�"
    assert read(rb'"\ud83d"', keep_halves=True) == "\ud83d"


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read('{"a": 1, "b": 2, "a": 3}') == {"a": 3, "b": 2}


def test_a_mistake_is_told_with_its_line() -> None:
    assert fault('{"a": 1,\n oops}') == (
        "expecting property name enclosed in double quotes at line 2, column 2"
    )
    assert fault('{"a": 1}{"a": 1}') == "extra data at line 1, column 9"
    assert fault("") == "expecting value at line 1, column 1"
    assert fault(b'"\xff"') == "byte 1 is not UTF-8"


def test_an_object_is_asked_for_and_nothing_else_taken() -> None:
    assert read_object(b'{"a": 1}') == {"a": 1}
    with pytest.raises(NotJson, match="it is not a JSON object"):
        read_object("[]")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ('{"b": 2} "a"\n[1]null', [{"b": 2}, "a", [1], None]),
        ('"\\ud83d"', ["\ufffd"]),
        ("{} x", []),
        ("1e400", []),
        (b"\xff", []),
        ("{}" + nested(65), []),
        (nested(100_000), []),
    ],
)
def test_values_behind_each_other_are_read_unless_anything_else_is_there(
    text: Any, values: list[Any]
) -> None:
    assert read_row(text) == values


# --- writing ----------------------------------------------------------------------------------------------


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert read(write(value), depth=1000) == value
    assert read(encode(value), depth=1000) == value
    assert read(write(value, indent=2), depth=1000) == value


@given(ANYTHING)
def test_what_is_written_every_client_can_read(value: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(encode(value), parse_constant=refuse)


def test_numbers_that_json_does_not_know_become_null() -> None:
    value = {"a": [math.nan, -math.inf, 1.5], "b": 'Infinity "NaN" \\', "c\n": math.inf}
    assert json.loads(write(value)) == {"a": [None, None, 1.5], "b": 'Infinity "NaN" \\', "c\n": None}


def test_half_a_character_is_written_as_its_replacement() -> None:
    assert encode("\ud83d") == '"�"'.encode()
    assert whole("a\ud83d\ude00\ude00") == "a😀�"


def test_a_default_writes_what_json_does_not_know() -> None:
    assert write({"a": {1}}, default=list) == '{"a":[1]}'
    with pytest.raises(TypeError):
        write({1})


def test_what_nests_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotJson, match="cannot be written"):
        write(endless)


def test_what_came_from_outside_fits_into_objects_of_ours() -> None:
    assert read(f'[{{"input": {nested(jsontext.DEPTH)}}}]', depth=jsontext.OWN_DEPTH)


def test_what_others_take_for_json_is_read_loosely() -> None:
    unfit = b'"a": NaN, "b": -Infinity, "c": 1e999, "d": 123456789012345678901234567890'
    data = b"\xef\xbb\xbf{" + unfit + b', "e": "\xff\t\n", "f": 1}'
    found = jsontext.read_loosely(data)
    assert found == {"a": None, "b": None, "c": None, "d": None, "e": "\ufffd\t\n", "f": 1}
    assert jsontext.read_loosely(rb'"\ud83d"') == "\ud83d"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{'a': 1}", b"[" * 70 + b"NaN" + b"]" * 70, b"[" * 9000, b'"' + b"\t" * 200 + b'"']
)
def test_what_is_none_in_any_reading_is_refused(data: bytes) -> None:
    with pytest.raises(NotJson):
        jsontext.read_loosely(data, limit=150 if b"\t" in data else jsontext.BYTES)


def test_the_first_value_of_a_text_is_told_from_the_rest() -> None:
    assert jsontext.read_first(' {"a": "b\nc"}</x>') == ({"a": "b\nc"}, "</x>")
    for text in ("", "x", '{"a": 1e999}', "[" * 9000, "[" * 70 + "]" * 70):
        with pytest.raises(NotJson):
            jsontext.read_first(text)
