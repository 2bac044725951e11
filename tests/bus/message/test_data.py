"""What classes of data share instead of having attrs compile it for each."""

from typing import final

import attrs
import pytest

from bus import ActorError, Command, Request, secret
from bus.message.data import Data


@final
@attrs.frozen(kw_only=True)
class Send(Request[int]):
    to: str
    text: tuple[str, ...] = ()
    key: str = secret(default="")


@final
@attrs.frozen(kw_only=True)
class Resend(Request[int]):
    to: str
    text: tuple[str, ...] = ()
    key: str = secret(default="")


@attrs.frozen
class Point(Data):
    x: int
    y: int
    drawn: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Place(Point):
    name: str = ""


@attrs.frozen
class Quiet(Command):
    number: int

    def __repr__(self) -> str:
        return "quiet"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quiet)

    def __hash__(self) -> int:
        return 1


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    why: str
    secret: str = attrs.field(default="", repr=False)


class Plain(ActorError):
    pass


def test_data_of_one_class_is_equal_when_its_fields_are() -> None:
    one = Send(to="ada", text=("a", "b"))
    assert one == Send(to="ada", text=("a", "b"))
    assert hash(one) == hash(Send(to="ada", text=("a", "b")))
    assert one != Send(to="ada", text=("a",))
    assert one != Send(to="ada", text=("a", "b"), key="k")
    assert one != Resend(to="ada", text=("a", "b"))
    assert one != "Send(to='ada', text=('a', 'b'))"
    assert len({one, Send(to="ada", text=("a", "b")), Resend(to="ada", text=("a", "b"))}) == 2


def test_fields_of_a_base_count_and_those_left_out_do_not() -> None:
    assert Point(1, 2, 3) == Point(1, 2, 4)
    assert hash(Point(1, 2, 3)) == hash(Point(1, 2, 4))
    assert Place(1, 2, name="a") != Place(1, 3, name="a")
    assert Place(1, 2) != Point(1, 2)


def test_what_is_shown_leaves_out_secrets() -> None:
    assert repr(Send(to="ada", key="hidden")) == "Send(to='ada', text=())"
    assert repr(Refused(why="no", secret="hidden")) == "Refused(why='no')"
    assert repr(Plain("no")) == "Plain('no')"

    @attrs.frozen
    class Local(Data):
        n: int

    assert repr(Local(1)) == "Local(n=1)"


def test_what_a_class_has_of_its_own_stays() -> None:
    assert repr(Quiet(1)) == "quiet"
    assert Quiet(1) == Quiet(2)
    assert hash(Quiet(5)) == 1


def test_an_error_is_itself_alone() -> None:
    error = Refused(why="no")
    assert error != Refused(why="no")
    assert len({error, error, Refused(why="no")}) == 2


@pytest.mark.parametrize("kind", [Send, Point, Refused])
def test_attrs_has_compiled_none_of_it(kind: type[object]) -> None:
    assert "attrs generated" in kind.__init__.__code__.co_filename
    assert kind.__repr__.__code__.co_filename.endswith("bus/message/data.py")
