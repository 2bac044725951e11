"""What a message class says of itself, and how a handler is bound to it (G1)."""

import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, final

import attrs
import pytest

from bus import (
    Actor,
    BootError,
    Command,
    Event,
    Lane,
    Message,
    Overflow,
    Request,
    Sink,
    Stream,
    concurrent,
    wire_name,
)
from bus.message.form import faults
from bus.message.message import SECRET, is_finished, secret
from bus.run.handlers import Handler, handlers_of
from tests.bus.world import Aside, Happened, Listing, Poke, Puppet, Read, Urgent, Write


@final
@attrs.frozen(kw_only=True)
class Login(Command):
    version: ClassVar[int] = 3
    user: str
    password: str = secret()
    token: str = secret(default="none")


@final
@attrs.frozen(kw_only=True)
class Count(Request[int]):
    n: int = 0


# --- classes ----------------------------------------------------------------------------------------------


def test_a_wire_name_is_made_of_subsystem_class_and_version() -> None:
    assert wire_name(Login) == "test_message.Login@3"
    module = types.ModuleType("actors.session.messages")
    kind = type("Resolve", (Command,), {"__module__": module.__name__})
    assert wire_name(kind) == "session.Resolve@1"
    parted = type("Resolve", (Command,), {"__module__": f"{module.__name__}.turns"})
    assert wire_name(parted) == "session.Resolve@1"
    alone = type("Resolve", (Command,), {"__module__": "messages"})
    assert wire_name(alone) == "messages.Resolve@1"


def test_a_message_cannot_be_changed_and_holds_nothing_but_its_fields() -> None:
    message: Any = Poke(do="x")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        message.do = "y"
    assert not hasattr(message, "__dict__")


def test_a_secret_is_marked_and_left_out_of_what_is_printed() -> None:
    login = Login(user="ada", password="hunter2")
    assert "hunter2" not in repr(login)
    assert [field.name for field in attrs.fields(Login) if field.metadata.get(SECRET)] == [
        "password",
        "token",
    ]
    assert login.token == "none"


def test_by_default_an_older_body_is_taken_as_it_is() -> None:
    assert Poke.upcast(0, {"do": "x"}) == {"do": "x"}


# --- handlers ---------------------------------------------------------------------------------------------


def test_the_handler_table_says_how_each_class_is_handled() -> None:
    table = handlers_of(Puppet)

    def told(kind: type[Message]) -> tuple[int, bool, bool]:
        handler: Handler = table[kind]
        return handler.limit, handler.streams, is_finished(kind)

    assert told(Read) == (0, False, False)
    assert told(Write) == (0, False, True)
    assert told(Poke) == (0, False, True)
    assert told(Aside) == (2, False, False)
    assert told(Urgent) == (1, False, False)
    assert told(Listing) == (0, True, False)
    assert Puppet.handlers == table


def test_whatever_the_limit_the_control_lane_is_handled_one_by_one() -> None:
    class Busy(Actor):
        @Urgent.handler
        @concurrent(5)
        async def urgent(self, request: Urgent) -> None: ...

    assert handlers_of(Busy)[Urgent].limit == 1


def test_a_class_handled_twice_is_refused_when_the_actor_is_defined() -> None:
    async def poke(self: Actor, command: Poke) -> None: ...
    async def again(self: Actor, command: Poke) -> None: ...

    methods = {"poke": Poke.handler(poke), "again": Poke.handler(again)}
    with pytest.raises(BootError, match="Twice handles Poke twice: again, poke"):
        type("Twice", (Actor,), methods)


def test_a_subclass_inherits_handlers_and_may_replace_them() -> None:
    class Quiet(Puppet):
        @Poke.handler
        async def poke(self, command: Poke) -> None: ...

    assert handlers_of(Quiet).keys() == handlers_of(Puppet).keys()
    assert handlers_of(Quiet)[Poke].method is Quiet.poke


# --- what a class may look like ---------------------------------------------------------------------------


class Colour(Enum):
    RED = "red"


@attrs.frozen
class Point:
    x: float
    next: "Point | None" = None


@attrs.frozen(kw_only=True)
class Everything(Command):
    text: str
    number: int
    ratio: float
    flag: bool
    data: bytes
    at: datetime
    colour: Colour
    choice: Literal["a", "b"]
    many: tuple[Point, ...]
    pair: tuple[int, str]
    some: frozenset[str]
    table: Mapping[str, Annotated[int, "said of it"]]
    anything: Mapping[str, Any]
    perhaps: str | None = None


def test_everything_that_a_message_may_hold() -> None:
    assert faults(Everything) == []


@attrs.define
class Changeable:
    n: int


@attrs.frozen
class Holder:
    inner: Changeable


@attrs.frozen(kw_only=True)
class Wrong(Command):
    items: list[int]
    call: object
    holder: Holder
    keyed: Mapping[int, str]
    fine: int


def test_what_is_live_or_may_change_is_named_with_its_path() -> None:
    no_data = "is not data that can be written as JSON and does not change"
    assert faults(Wrong) == [
        f"test_message.Wrong@1: items: list[int] {no_data}",
        f"test_message.Wrong@1: call: <class 'object'> {no_data}",
        "test_message.Wrong@1: holder: inner: Changeable is not a frozen attrs class",
        f"test_message.Wrong@1: keyed: collections.abc.Mapping[int, str] {no_data}",
    ]


class Bare(Command):
    """Somebody forgot the decorator."""


@attrs.frozen(kw_only=True)
class Endless(Request[None]):
    within: ClassVar[float] = float("inf")


@attrs.frozen(kw_only=True)
class Never(Request[None]):
    within: ClassVar[float] = 0.0


def test_a_class_without_its_decorator_is_named() -> None:
    assert faults(Bare) == ["test_message.Bare@1: Bare is not a frozen attrs class"]


def test_an_ask_without_a_finite_time_is_impossible() -> None:
    assert faults(Count) == []
    assert faults(Endless) == [
        "test_message.Endless@1: within is inf and should be a positive number of seconds"
    ]
    assert faults(Never) == ["test_message.Never@1: within is 0.0 and should be a positive number of seconds"]


def test_the_kinds_know_their_defaults() -> None:
    assert (Read.within, Poke.within, Listing.within) == (10.0, None, 600.0)
    assert (Poke.lane, Poke.overflow, Poke.key_field, Poke.version) == (Lane.WORK, Overflow.BLOCK, None, 1)
    assert issubclass(Happened, Event)
    assert issubclass(Listing, Stream)
    assert Sink is not None
