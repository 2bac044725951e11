"""How large a message is, and that one which is too large is not sent (G1)."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, final

import attrs
import pytest
from hypothesis import given

from bus import Actor, Command, MessageTooLarge, Request, Sink, Stream
from bus.message import codec
from bus.message.size import EACH, shapes, size_of
from bus.testing import MeshUnderTest
from bus.testing.strategies import instances
from tests.bus.world import books, reasons


class Colour(Enum):
    RED = "red"


@final
@attrs.frozen(kw_only=True)
class Small(Command):
    n: int
    x: float | None
    when: datetime
    colour: Colour
    word: Annotated[Literal["a", "b"], "said of it"]


@final
@attrs.frozen(kw_only=True)
class Part:
    text: str
    data: bytes = b""


@final
@attrs.frozen(kw_only=True)
class Large(Command):
    max_bytes: ClassVar[int] = 1000
    parts: tuple[Part, ...] = ()
    names: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    text: str = ""


@final
@attrs.frozen(kw_only=True)
class Ask(Request[int]):
    max_bytes: ClassVar[int] = 1000
    text: str


@final
@attrs.frozen(kw_only=True)
class Follow(Stream[int]):
    max_bytes: ClassVar[int] = 1000
    text: str


@final
@attrs.frozen(kw_only=True)
class PutTogether(Request[int]):
    max_bytes: ClassVar[int] = 1000
    measured: ClassVar[bool] = False
    text: str


class Owner(Actor):
    @Large.handler
    async def large(self, command: Large) -> None: ...

    @PutTogether.handler
    async def put_together(self, request: PutTogether) -> int:
        return len(request.text)

    @Ask.handler
    async def ask(self, request: Ask) -> int:
        return len(request.text)

    @Follow.handler
    async def follow(self, request: Follow, sink: Sink[int]) -> None:
        await sink.send(len(request.text))


def test_only_what_may_be_large_is_measured() -> None:
    assert not shapes[Small].large
    assert shapes[Large].large
    assert shapes[Ask].large


def test_a_class_whose_types_cannot_be_told_is_measured() -> None:
    kind: Any = attrs.frozen(type("Odd", (Command,), {"__annotations__": {"field": "NoSuchType"}}))
    assert shapes[kind].large


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("abc", 3),
        ("é", 2),
        ("\udc80", 3),
        (b"abc", 3),
        (1, EACH),
        (("abc", 1), 3 + 2 * EACH),
        ({"ab": [1, None]}, 2 + 4 * EACH),
        (frozenset({"a"}), 1 + EACH),
        (Part(text="abc", data=b"de"), 5 + EACH),
        (datetime(2026, 1, 1, tzinfo=UTC), EACH),
    ],
)
def test_what_counts(value: Any, size: int) -> None:
    assert size_of(value) == size


def test_counting_ends_at_the_limit() -> None:
    nested: Any = "x"
    for _ in range(100_000):
        nested = (nested,)
    began = time.process_time()  # not that of others on a busy machine
    assert size_of(("x" * 2000, *[nested] * 1000), 1000) > 1000
    assert time.process_time() - began < 1


@given(instances(Large))
def test_it_is_about_as_much_as_the_json_of_it(message: Large) -> None:
    written = len(codec.encode(message))
    assert written / 8 - 100 < size_of(message) < 10 * written + 100


async def test_what_was_put_together_from_measured_parts_is_not_measured_again(mesh: MeshUnderTest) -> None:
    await mesh.start(Owner, name="owner")
    assert await mesh.bus.ask(PutTogether(text="x" * 2000)) == 2000


@pytest.mark.parametrize("text", ["x" * 2000, "é" * 600])
async def test_a_message_that_is_too_large_is_not_sent_and_its_sender_told(
    mesh: MeshUnderTest, text: str
) -> None:
    cell = await mesh.start(Owner, name="owner")
    with pytest.raises(MessageTooLarge) as caught:
        await mesh.bus.ask(Ask(text=text))
    assert (caught.value.limit, caught.value.kind, caught.value.retry_safe) == (1000, "too_large", True)
    assert str(caught.value) == "test_size.Ask@1 to owner holds more than 1000 bytes"
    with pytest.raises(MessageTooLarge):
        await mesh.bus.tell(Large(parts=(Part(text=text),)))
    with pytest.raises(MessageTooLarge):
        async with mesh.bus.stream(Follow(text=text)):
            pass
    assert reasons(mesh) == ["too_large"] * 3
    assert books(cell) == (3, 0, 3, 0, 0)
    assert await mesh.bus.ask(Ask(text="x" * 900)) == 900


async def test_a_crowd_of_small_ones_is_not_measured_as_a_whole(mesh: MeshUnderTest) -> None:
    await mesh.start(partial(Owner))
    for _ in range(100):
        await mesh.bus.tell(Large(text="x" * 900))
