"""A message that crashes its handler again and again is put aside before it brings the daemon down (G11)."""

import gc
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorCrashed,
    Backoff,
    Command,
    Intensity,
    Limits,
    Message,
    Quarantined,
    Request,
    secret,
)
from bus.keep.quarantine import LONGEST, REST, WINDOW, Quarantine
from bus.message.envelope import INFINITY, NO_BAGGAGE, Envelope
from bus.testing import MeshUnderTest, open_test_mesh
from tests.bus.world import Diary, Poke, pass_time, reasons


@final
@attrs.frozen(kw_only=True)
class Update(Request[int]):
    within: ClassVar[float] = 1000.0
    n: int


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    n: int


@final
@attrs.frozen(kw_only=True)
class Table(Command):
    cells: Mapping[str, int]


@final
@attrs.frozen(kw_only=True)
class Stubborn(Request[int]):
    """Tried three times, since a crash may have been somebody else's."""

    poison_after: ClassVar[int] = 3
    n: int


@final
@attrs.frozen(kw_only=True)
class Unlock(Command):
    key: str = secret()


class Fragile(Actor):
    """Crashes over certain numbers."""

    def __init__(self, poison: set[int]) -> None:
        self._poison = poison

    async def _handle(self, n: int) -> int:
        if n in self._poison:
            raise RuntimeError(f"cannot digest {n}")
        return n

    @Update.handler
    async def update(self, request: Update) -> int:
        return await self._handle(request.n)

    @Note.handler
    async def note(self, command: Note) -> None:
        await self._handle(command.n)

    @Table.handler
    async def table(self, command: Table) -> None:
        await self._handle(command.cells["n"])

    @Stubborn.handler
    async def stubborn(self, request: Stubborn) -> int:
        return await self._handle(request.n)


async def start(mesh: MeshUnderTest, poison: set[int], *, at_once: bool = False) -> None:
    backoff = Backoff(first=0.001 if at_once else 1.0, cap=1.0, jitter=0.0)
    await mesh.start(partial(Fragile, poison), backoff=backoff, limits=Limits(mailbox=2000))


# --- one among a thousand ---------------------------------------------------------------------------------


async def test_one_poisonous_update_among_a_thousand_leaves_999_answered_and_one_buried(
    autojump_clock: Any,
) -> None:
    async def send(n: int) -> None:
        for _ in range(5):  # an edge sends an update again until it is answered or refused for good
            try:
                answered.append(await mesh.bus.ask(Update(n=n)))
            except ActorCrashed:
                continue
            except Quarantined:
                refused.append(n)
            return

    answered: list[int] = []
    refused: list[int] = []
    async with open_test_mesh(intensity=Intensity(2, 60.0)) as mesh:
        await start(mesh, {500})
        async with trio.open_nursery() as nursery:
            for n in range(1000):
                nursery.start_soon(send, n)
        assert sorted(answered) == [n for n in range(1000) if n != 500]
        assert refused == [500]
        assert reasons(mesh) == ["crashed", "poison", "poison"]
        assert mesh.cell("fragile").running
        assert mesh.mesh.exit is None


async def test_crashes_of_a_quarantined_message_are_given_back_to_the_budget(autojump_clock: Any) -> None:
    """Two poisons and one ordinary crash make five crashes, of which one counts: just what is allowed."""
    async with open_test_mesh(intensity=Intensity(1, 1000.0)) as mesh:
        await start(mesh, {1, 2, 3})
        for n in (1, 1, 2, 2, 3):
            with pytest.raises(ActorCrashed):
                await mesh.bus.ask(Update(n=n))
        assert await mesh.bus.ask(Update(n=0)) == 0
        assert mesh.mesh.exit is None


async def test_without_a_quarantine_the_budget_would_have_been_spent(autojump_clock: Any) -> None:
    async with open_test_mesh(intensity=Intensity(1, 1000.0)) as mesh:
        await start(mesh, {1, 2})
        for n in (1, 2):
            with pytest.raises(ActorCrashed):
                await mesh.bus.ask(Update(n=n))
        await pass_time(mesh, 10)
        assert mesh.mesh.exit is not None


# --- what counts ------------------------------------------------------------------------------------------


async def crash(mesh: MeshUnderTest, message: Message) -> None:
    if isinstance(message, Update | Stubborn):
        with pytest.raises(ActorCrashed):
            await mesh.bus.ask(message)
    elif isinstance(message, Note | Table):
        await mesh.bus.tell(message)
        await mesh.settle()


async def test_a_command_is_put_aside_like_a_request(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, {1}, at_once=True)
    for message in (Note(n=1), Table(cells={"n": 1})):
        for _ in range(3):
            await crash(mesh, message)
            await pass_time(mesh, 1)
    assert reasons(mesh) == ["crashed", "poison", "poison"] * 2


async def test_equal_means_the_same_class_actor_and_content(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, {-1, -2, 1}, at_once=True)
    for message in (
        Update(n=-1),
        Update(n=-2),
        Note(n=-1),
        Table(cells={"n": 1}),
        Table(cells={"n": 1, "m": 2}),
    ):
        await crash(mesh, message)
        await pass_time(mesh, 1)
    assert reasons(mesh) == ["crashed"] * 5


async def test_a_class_may_ask_for_more_attempts(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, {1}, at_once=True)
    for _ in range(3):
        await crash(mesh, Stubborn(n=1))
    with pytest.raises(Quarantined) as caught:
        await mesh.bus.ask(Stubborn(n=1))
    assert reasons(mesh) == ["crashed", "crashed", "poison", "poison"]
    assert str(caught.value) == "test_quarantine.Stubborn@1 is quarantined: it crashed fragile before"
    assert caught.value.retry_safe


async def test_other_messages_of_the_class_are_not_touched(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, {1}, at_once=True)
    for _ in range(2):
        await crash(mesh, Update(n=1))
    assert await mesh.bus.ask(Update(n=2)) == 2


async def test_a_refusal_comes_at_once(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, {1}, at_once=True)
    for _ in range(2):
        await crash(mesh, Update(n=1))
    await pass_time(mesh, 5)
    diary = Diary(mesh)
    with pytest.raises(Quarantined) as caught:
        await mesh.bus.ask(Update(n=1))
    assert (diary.now, caught.value.waited, caught.value.to) == (0.0, 0.0, "fragile")
    assert mesh.cell("fragile").incarnation == 3


async def test_it_is_buried_with_the_tracebacks_of_all_its_crashes(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    await start(mesh, {1}, at_once=True)
    for _ in range(2):
        await crash(mesh, Update(n=1))
    letter = mesh.bus.core.dead.ring[-1].letter
    assert letter.reason == "poison"
    assert letter.detail.count("Traceback (most recent call last)") == 2
    assert letter.detail.count("RuntimeError: cannot digest 1") == 2
    assert "in _handle" in letter.detail


# --- its end ----------------------------------------------------------------------------------------------


async def test_after_a_rest_it_may_try_again(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    poison = {1}
    await start(mesh, poison, at_once=True)
    for _ in range(2):
        await crash(mesh, Update(n=1))
    poison.clear()  # the bug was cured
    await trio.sleep(REST - 1)
    with pytest.raises(Quarantined):
        await mesh.bus.ask(Update(n=1))
    await trio.sleep(1)
    assert await mesh.bus.ask(Update(n=1)) == 1


# --- alone ------------------------------------------------------------------------------------------------


def envelope(message: Message, to: str = "a") -> Envelope:
    return Envelope(1, "tell", message, 1, 0, "", to, 0.0, INFINITY, NO_BAGGAGE)


def test_crashes_count_together_only_within_the_window() -> None:
    quarantine, error = Quarantine(), RuntimeError("a bug")
    message = envelope(Stubborn(n=1))
    for at in (0.0, WINDOW - 1, WINDOW, 2 * WINDOW - 1):
        assert quarantine.crashed(message, error, at) == []
    assert len(quarantine.crashed(message, error, 2 * WINDOW - 0.5)) == 3


def test_each_actor_has_crashes_of_its_own() -> None:
    quarantine, error = Quarantine(), RuntimeError("a bug")
    assert quarantine.crashed(envelope(Poke(do="x"), "a"), error, 0.0) == []
    assert quarantine.crashed(envelope(Poke(do="x"), "b"), error, 0.0) == []
    assert quarantine.crashed(envelope(Poke(do="x"), "a"), error, 0.0) != []
    assert quarantine.refuses(envelope(Poke(do="x"), "a"), 1.0)
    assert not quarantine.refuses(envelope(Poke(do="x"), "b"), 1.0)
    assert not quarantine.refuses(envelope(Poke(do="y"), "a"), 1.0)


def test_what_no_repr_shows_tells_messages_apart() -> None:
    quarantine, error = Quarantine(), RuntimeError("a bug")
    for _ in range(2):
        quarantine.crashed(envelope(Unlock(key="one")), error, 0.0)
    assert quarantine.refuses(envelope(Unlock(key="one")), 1.0)
    assert not quarantine.refuses(envelope(Unlock(key="two")), 1.0)


def test_what_is_over_is_forgotten() -> None:
    quarantine, error = Quarantine(), RuntimeError("a bug")
    for n in range(100):
        quarantine.crashed(envelope(Note(n=n)), error, 0.0)
        quarantine.crashed(envelope(Note(n=n)), error, 0.0)
        quarantine.crashed(envelope(Update(n=n)), error, 0.0)
    quarantine.crashed(envelope(Poke(do="x")), error, REST)
    assert len(quarantine._refused) == 0
    assert len(quarantine._crashes) == 1


class Body(str):
    """A text of which can be seen when it goes."""

    __slots__ = ("__weakref__",)


def test_neither_the_message_nor_all_that_an_error_quotes_is_kept() -> None:
    """200 that crashed with whole histories would otherwise stay until somebody else crashes."""
    quarantine, body = Quarantine(), Body("x" * 100_000)
    gone = weakref.ref(body)
    assert quarantine.crashed(envelope(Poke(do=body)), RuntimeError(body), 0.0) == []
    tracebacks = quarantine.crashed(envelope(Poke(do=body)), RuntimeError(body), 0.0)
    assert len("".join(tracebacks)) < 3 * LONGEST
    del body
    gc.collect()
    assert gone() is None
    assert quarantine.refuses(envelope(Poke(do="x" * 100_000)), 1.0)
