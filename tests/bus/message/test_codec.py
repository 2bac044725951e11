"""Every message survives its way as JSON, and bad input is refused field by field (G1)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, ClassVar, Literal, final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus import Command, Message, Request, secret, wire_name
from bus.message import codec
from bus.testing.examples import example
from bus.testing.strategies import instances, json_values
from tests.bus.registry import ANSWERS, KINDS
from tests.bus.world import Poke, Stale

ONE_CLASS_A_TEST = settings(
    max_examples=max(3, settings().max_examples // 16),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)
"""There are many classes; together they get their share of examples."""


# --- round trip -------------------------------------------------------------------------------------------


def test_the_messages_of_every_subsystem_are_among_them() -> None:
    names = {wire_name(kind).partition(".")[0] for kind in KINDS}
    assert {"agent", "deadletter", "llm", "session", "tools"} <= names
    assert len(KINDS) == len({wire_name(kind) for kind in KINDS})
    assert len(ANSWERS) > 20


@pytest.mark.parametrize("kind", KINDS, ids=wire_name)
@given(data=st.data())
@ONE_CLASS_A_TEST
def test_a_message_comes_back_as_it_was_sent(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(instances(kind))
    encoded = codec.encode(message)
    back = codec.decode(kind, encoded)
    assert back == message
    assert codec.encode(back) == encoded


@pytest.mark.parametrize(("name", "answer"), ANSWERS, ids=[name for name, _ in ANSWERS])
@given(data=st.data())
@ONE_CLASS_A_TEST
def test_an_answer_could_come_back_as_it_was_given(name: str, answer: Any, data: st.DataObject) -> None:
    value = data.draw(instances(answer))
    text = json.dumps(codec.converter.unstructure(value, unstructure_as=answer))
    assert codec.converter.structure(json.loads(text), answer) == value


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@final
@attrs.frozen(kw_only=True)
class Circle:
    radius: float
    type: Literal["circle"] = "circle"


@final
@attrs.frozen(kw_only=True)
class Square:
    side: float
    of: tuple[Circle, ...] = ()
    type: Literal["square"] = "square"


@final
@attrs.frozen(kw_only=True)
class Everything(Command):
    """One field of every sort."""

    version: ClassVar[int] = 3
    text: str = ""
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    data: bytes = b""
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    colour: Colour = Colour.RED
    choice: Literal["a", "b"] = "a"
    shape: Circle | Square | None = None
    shapes: tuple[Circle | Square, ...] = ()
    pair: tuple[int, str] = (0, "")
    some: frozenset[int] = frozenset()
    table: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict[str, tuple[int, ...]])
    free: Mapping[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        if version == 1:
            body = {"number": int(body.pop("amount")), **body}
        return {"colour": body.pop("color", "blue"), **body}


@given(instances(Everything))
def test_every_sort_of_field_comes_back(message: Everything) -> None:
    assert codec.decode(Everything, codec.encode(message)) == message


def test_the_example_of_a_class_leaves_nothing_out() -> None:
    shown = example(Everything)
    assert shown.shapes == (Circle(radius=1.5), Square(side=1.5, of=(Circle(radius=1.5),)))
    assert shown.some == {7}
    assert shown.colour is Colour.RED
    assert codec.decode(Everything, codec.encode(shown)) == shown


def test_a_moment_travels_as_utc() -> None:
    at = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert json.loads(codec.encode(Everything(at=at)))["at"] == "2026-05-01T10:00:00+00:00"
    assert codec.decode(Everything, '{"at": "2026-05-01T12:00:00+02:00"}').at.tzinfo is UTC


def test_text_goes_out_as_utf8_and_half_a_surrogate_pair_as_an_escape() -> None:
    assert "žluťoučký".encode() in codec.encode(Poke(do="žluťoučký"))
    half = Poke(do="\ud83d")
    assert codec.decode(Poke, codec.encode(half)) == half


@given(json_values())
def test_free_values_come_back(value: Any) -> None:
    message = Everything(free={"value": value})
    assert codec.decode(Everything, codec.encode(message)) == message


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        codec.encode(Everything(ratio=number))


# --- unions of messages -----------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Log(Command):
    entries: tuple[Poke | Stale, ...]


def test_messages_within_a_message_say_what_they_are() -> None:
    log = Log(entries=(Poke(do="a"), Stale(do="a")))
    assert json.loads(codec.encode(log)) == {
        "entries": [{"@": "world.Poke@1", "do": "a", "n": 0}, {"@": "world.Stale@1", "do": "a"}]
    }
    assert codec.decode(Log, codec.encode(log)) == log
    assert codec.mask_value(log) == codec.body(log)


@pytest.mark.parametrize("entry", [{"do": "a"}, {"@": "world.Read@1", "do": "a"}, 5])
def test_a_message_within_a_message_that_is_none_of_them_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match="entries"):
        codec.decode(Log, json.dumps({"entries": [entry]}))


# --- size -------------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Tiny(Command):
    max_bytes: ClassVar[int] = 20
    text: str


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"text": "' + "x" * 200 + '"}', "longer than 160 bytes"),
        ('{"n": 100000000000000000000000}', "does not fit into 64 bits"),
        ('{"n": 9223372036854775808}', "does not fit into 64 bits"),
        ('{"n": -9223372036854775809}', "does not fit into 64 bits"),
        ('{"x": 1e400}', "is no number that JSON knows"),
        ('{"x": NaN}', "is no number that JSON knows"),
    ],
)
def test_text_that_says_what_no_message_needs_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        codec.decode(Tiny, text)


@pytest.mark.parametrize("levels", [101, 330, 5000, 200_000])
@pytest.mark.parametrize("ends", ["[]", ('{"a":', "}")])
def test_text_that_is_nested_too_deep_is_refused(levels: int, ends: tuple[str, str]) -> None:
    opening, closing = ends
    with pytest.raises(ValueError, match="deeper than 100 levels"):
        codec.decode(
            Loose, '{"value": ' + opening * levels + ("1" if closing == "}" else "") + closing * levels + "}"
        )


def test_text_at_the_bounds_is_read() -> None:
    nested = "[" * 99 + "]" * 99
    assert codec.decode(Loose, '{"value": ' + nested + "}").value is not None
    assert (
        codec.decode(Loose, '{"value": [9223372036854775807, -9223372036854775808, 1e308]}').value[0]
        == 2**63 - 1
    )


@final
@attrs.frozen(kw_only=True)
class Part:
    n: int
    key: str = secret()


@final
@attrs.frozen(kw_only=True)
class GetParts(Request[tuple[Part, ...] | None]):
    pass


@final
@attrs.frozen(kw_only=True)
class Loose(Command):
    value: Any


def test_nobody_answers_a_command() -> None:
    assert codec.reply_type(Loose) is None
    assert codec.reply_type(GetParts) == tuple[Part, ...] | None


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 5),
        ("text", None),
        ("number", "3"),
        ("number", True),
        ("number", 1.0),
        ("ratio", "1.5"),
        ("ratio", True),
        ("flag", "false"),
        ("flag", 1),
        ("data", "?"),
        ("data", 5),
        ("at", "2026-05-01T12:00:00"),
        ("at", 5),
        ("colour", "green"),
        ("choice", "c"),
        ("shape", {"type": "triangle"}),
        ("shape", {"type": "circle", "radius": "1"}),
        ("shapes", [{"type": "square", "side": 1, "of": [1]}]),
        ("pair", [1]),
        ("pair", [1, 2]),
        ("some", ["a"]),
        ("table", {"a": ["b"]}),
        ("table", [1]),
        ("unknown", 1),
    ],
)
def test_what_does_not_fit_is_refused_with_the_name_of_the_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        codec.decode(Everything, json.dumps({field: value}))


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(ValueError, match=r"\$\.text.*\$\.number"):
        codec.decode(Everything, '{"text": 1, "number": "1"}')


def test_a_whole_number_is_a_ratio_too() -> None:
    ratio = codec.decode(Everything, '{"ratio": 2}').ratio
    assert ratio == 2.0
    assert isinstance(ratio, float)


@pytest.mark.parametrize("text", ["[]", "5", "null", '"text"'])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"test_codec\.Everything@3 is a JSON object"):
        codec.decode(Everything, text)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        codec.decode(Everything, "{")


# --- versions ---------------------------------------------------------------------------------------------


def test_a_body_of_an_older_version_is_brought_up_to_date() -> None:
    assert codec.decode(Everything, '{"amount": "12"}', 1) == Everything(number=12, colour=Colour.BLUE)
    assert codec.decode(Everything, '{"number": 12, "color": "red"}', 2) == Everything(number=12)


def test_a_body_of_the_present_version_is_left_alone() -> None:
    assert codec.decode(Everything, '{"number": 12}', 3) == Everything(number=12)
    with pytest.raises(ValueError, match="amount"):
        codec.decode(Everything, '{"amount": "12"}')


# --- for display ------------------------------------------------------------------------------------------


def test_long_texts_are_cut_at_any_depth_and_say_what_is_missing() -> None:
    value = {"a": ("x" * 30, {"b": "y" * 5}), "n": 7}
    assert codec.shorten(value, 10) == {"a": [f"{'x' * 10}… (20 more)", {"b": "yyyyy"}], "n": 7}
