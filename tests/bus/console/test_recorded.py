"""Reading the flight recorder: the newest of what a filter lets through."""

import attrs

from bus import Actor, Request
from bus.testing import MeshUnderTest


@attrs.frozen
class Count(Request[int]):
    n: int


@attrs.frozen
class Other(Request[None]):
    pass


class Counter(Actor):
    @Count.handler
    async def count(self, request: Count) -> int:
        return request.n

    @Other.handler
    async def other(self, request: Other) -> None:
        pass


async def counted(mesh: MeshUnderTest) -> None:
    await mesh.start(Counter)
    for n in range(4):
        await mesh.bus.ask(Count(n))
        await mesh.bus.ask(Other())


def numbers(mesh: MeshUnderTest, **options: float) -> list[int]:
    found = mesh.console.recorded("type=*Count", **options)  # type: ignore[arg-type] # the tests below know which
    return [event.message.n for event in found if isinstance(event.message, Count)]


async def test_the_last_ones_are_the_newest_that_pass_oldest_first(mesh: MeshUnderTest) -> None:
    await counted(mesh)
    assert numbers(mesh) == [0, 1, 2, 3]
    assert numbers(mesh, last=2) == [2, 3]
    assert numbers(mesh, last=9) == [0, 1, 2, 3]
    assert numbers(mesh, last=0) == numbers(mesh, last=-1) == []


async def test_only_what_came_after_a_moment_is_told(mesh: MeshUnderTest) -> None:
    await counted(mesh)
    moments = [event.at for event in mesh.console.recorded("type=*Count")]
    assert numbers(mesh, since=moments[1]) == [2, 3]
    assert numbers(mesh, since=moments[1], last=1) == [3]
    assert numbers(mesh, since=moments[3]) == []
