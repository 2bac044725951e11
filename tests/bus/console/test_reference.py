"""Message classes described from themselves."""

import sys
from collections.abc import Mapping
from enum import Enum
from types import ModuleType
from typing import Any, ClassVar, Literal, TypeVar, final

import attrs
import pytest

from bus import (
    Actor,
    Child,
    Command,
    Event,
    Lane,
    Overflow,
    Pool,
    Request,
    Sink,
    Stream,
    Supervisor,
    secret,
    wire_name,
)
from bus.console.reference import _docs, describe, describe_all, of_tree, type_name


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@final
@attrs.frozen(kw_only=True)
class Part:
    size: int
    """In metres."""


@final
@attrs.frozen(kw_only=True)
class Whole:
    parts: tuple[Part, ...] = ()


@final
@attrs.frozen(kw_only=True)
class Ask(Request[Whole | None]):
    """What is asked.

    Raises nothing.
    """

    within: ClassVar[float] = 3.0
    key_field: ClassVar[str | None] = "key"
    key: str
    """Whom to ask."""

    colour: Colour = Colour.RED
    password: str = secret(default="x")
    tags: Mapping[str, int] = attrs.field(factory=dict[str, int])
    mode: Literal["a", "b"] | None = None


@final
@attrs.frozen(kw_only=True)
class Watch(Stream[Part]):
    key_field: ClassVar[str | None] = "key"
    key: str


@final
@attrs.frozen(kw_only=True)
class Do(Command):
    lane: ClassVar[Lane] = Lane.CONTROL
    overflow: ClassVar[Overflow] = Overflow.REJECT
    what: Any = None


@final
@attrs.frozen(kw_only=True)
class Done(Event):
    """It is done."""

    whole: Whole


class Keyed(Actor):
    def __init__(self, key: str) -> None:
        self.named = key

    @Ask.handler
    async def ask(self, request: Ask) -> Whole | None:
        return None

    @Watch.handler
    async def watch(self, request: Watch, sink: Sink[Part]) -> None: ...


class Lone(Actor):
    @Do.handler
    async def do(self, command: Do) -> None: ...


TREE = Supervisor(
    "root", "one_for_one", [Supervisor("in", "one_for_one", [Child("lone", Lone)]), Pool("keyed", Keyed)]
)


def test_owners_are_read_from_a_tree_that_does_not_run() -> None:
    assert of_tree(TREE) == {Do: "lone", Ask: "keyed", Watch: "keyed"}


def test_every_class_of_the_front_doors_is_described_by_name() -> None:
    described = describe_all(of_tree(TREE))
    assert [(each["name"], each["kind"], each["owner"]) for each in described] == [
        ("deadletter.DeadLetter@1", "event", None),
        ("test_reference.Ask@1", "request", "keyed"),
        ("test_reference.Do@1", "command", "lone"),
        ("test_reference.Done@1", "event", None),
        ("test_reference.Watch@1", "stream", "keyed"),
    ]


def test_a_front_door_may_be_a_folder_whose_events_are_in_a_file_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @final
    @attrs.frozen(kw_only=True)
    class Begin(Command): ...

    @final
    @attrs.frozen(kw_only=True)
    class Begun(Event): ...

    door = ModuleType("door")
    for name, kind in (("door.asking", Begin), ("door.events", Begun)):
        module = ModuleType(name)
        module.__package__ = door.__name__
        kind.__module__ = name
        setattr(door, kind.__name__, kind)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, door.__name__, door)
    shown = [each["name"] for each in describe_all({Begin: "somebody"})]
    assert shown == sorted(["deadletter.DeadLetter@1", wire_name(Begin), wire_name(Begun)])


def test_a_request_says_how_it_is_answered_and_when() -> None:
    shown = describe(Ask, "keyed")
    assert shown["doc"] == "What is asked.\n\nRaises nothing."
    assert (shown["reply"], shown["within"], shown["key"], shown["lane"]) == (
        "Whole | None",
        3.0,
        "key",
        "work",
    )
    assert shown["abandon"] == "cancel"
    assert list(shown["values"]) == ["Whole", "Part"]


def test_fields_have_types_defaults_and_the_text_below_them() -> None:
    assert describe(Ask, "keyed")["fields"] == [
        {"name": "key", "type": "str", "required": True, "doc": "Whom to ask."},
        {"name": "colour", "type": "'red' | 'blue'", "default": "<Colour.RED: 'red'>"},
        {"name": "password", "type": "str", "default": "'x'", "secret": True},
        {"name": "tags", "type": "Mapping[str, int]"},
        {"name": "mode", "type": "'a' | 'b' | None", "default": "None"},
    ]
    assert describe(Done, None)["values"]["Part"] == [
        {"name": "size", "type": "int", "required": True, "doc": "In metres."}
    ]


def test_the_other_kinds_say_what_is_theirs() -> None:
    assert describe(Watch, "keyed")["items"] == "Part"
    command = describe(Do, "lone")
    assert (command["lane"], command["overflow"]) == ("control", "reject")
    assert {"reply", "within", "values"}.isdisjoint(command)
    assert {"owner", "lane", "within"} & describe(Done, None).keys() == {"owner"}


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (None, "None"),
        (int, "int"),
        (Any, "Any"),
        (tuple[Part, ...], "tuple[Part, ...]"),
        (tuple[int, str], "tuple[int, str]"),
        (Literal["a", 1], "'a' | 1"),
        (Mapping[str, Part | None], "Mapping[str, Part | None]"),
    ],
)
def test_a_type_is_written_as_a_person_would(hint: Any, name: str) -> None:
    assert type_name(hint) == name


def test_without_sources_there_are_no_texts_below_the_fields() -> None:
    assert _docs(None) == {}


def test_a_type_that_is_none_is_shown_as_it_is_written() -> None:
    assert type_name(TypeVar("T")) == "~T"
