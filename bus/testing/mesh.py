"""A real bus with only the actors a test starts. Its books must balance when the test ends (G9)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import trio
import trio.testing

from bus.console import Console
from bus.keep.limits import Backoff, Intensity, Limits
from bus.mesh import Mesh, open_mesh
from bus.message import codec
from bus.message.errors import BootError
from bus.message.message import Event, Message
from bus.run.actor import Actor
from bus.run.bus import Bus
from bus.run.core import Log, silent
from bus.run.running import RunningActor
from bus.see.tap import Tap
from bus.see.tapevent import TapEvent
from bus.supervise.spec import Child, Pool, Supervisor

EventT = TypeVar("EventT", bound=Event)


class MeshUnderTest:
    """Start actors one by one, see what they say."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.events: list[Event] = []
        """Everything published so far, in order."""

    @property
    def bus(self) -> Bus:
        return self.mesh.bus

    @property
    def console(self) -> Console:
        return self.mesh.console

    async def start(
        self,
        factory: Callable[[], Actor],
        *,
        name: str | None = None,
        backoff: Backoff | None = None,
        limits: Limits | None = None,
    ) -> RunningActor:
        """Start an actor under the root; ready when this returns."""
        spec = Child(
            name or _name_of(factory),
            factory,
            backoff=backoff or Backoff(jitter=0.0),
            limits=limits or Limits(),
        )
        await start_child(self.mesh, spec)
        return self.cell(spec.name)

    async def start_pool(
        self, factory: Callable[[str], Actor], *, name: str | None = None, **options: Any
    ) -> None:
        """Start a pool of actors under the root."""
        await start_child(self.mesh, Pool(name or _name_of(factory), factory, **options))

    def cell(self, name: str) -> RunningActor:
        """An actor by name. Raises LookupError."""
        found = self.bus.routes.named(name)
        if isinstance(found, RunningActor):
            return found
        raise LookupError(name)

    def published(self, kind: type[EventT]) -> list[EventT]:
        """Events of a type published so far, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def settle(self) -> None:
        """Let everything that can run without time passing or the world answering run."""
        await trio.testing.wait_all_tasks_blocked()

    def check(self) -> None:
        """Raise AssertionError when a message is missing from the books, or one could not travel as JSON."""
        unbalanced = self.console.unbalanced()
        if unbalanced:
            raise AssertionError("messages are missing: " + "; ".join(unbalanced))


class _Recorder(Tap):
    """Sees every event, loses none, and checks that each message survives the codec (G1)."""

    def __init__(self, into: list[Event]) -> None:
        super().__init__(None, rate=None)
        self._into = into
        self.unfit: list[str] = []
        self._seen: set[type[Message]] = set()

    def offer(self, event: TapEvent) -> None:
        message = event.message
        if event.point == "published" and isinstance(message, Event):
            self._into.append(message)
        if message is not None and type(message) not in self._seen:
            self._seen.add(type(message))
            self._check_codec(message)

    def _check_codec(self, message: Message) -> None:
        try:
            back = codec.decode(type(message), codec.encode(message))
        except Exception as error:  # noqa: BLE001 - reported with the message's name
            self.unfit.append(f"{type(message).__name__}: {error!r}")
        else:
            if back != message:
                self.unfit.append(f"{type(message).__name__} changes on its way: {message!r} became {back!r}")


async def start_child(mesh: Mesh, spec: Child | Pool) -> None:
    """Add a child to the root of a running tree and wait until it is up.

    Raises BootError, and forgets the child, when it does not come up at the first try.
    """
    leaf = mesh.tree.leaf(spec)
    try:
        exit = await mesh.root.start_child(spec, leaf)
    except BootError:
        mesh.tree.forget(leaf)
        raise
    if exit is not None:
        mesh.tree.forget(leaf)
        raise BootError(f"{spec.name} did not start: {exit}") from exit.error


def _name_of(factory: Callable[..., Actor]) -> str:
    while isinstance(factory, partial):
        factory = factory.func
    words = re.findall(r"[A-Z][a-z0-9]*", getattr(factory, "__name__", "actor"))
    return "-".join(word.lower() for word in words if word != "Actor") or "actor"


@asynccontextmanager
async def open_test_mesh(
    *, seed: int = 1, intensity: Intensity | None = None, log: Log | None = None
) -> AsyncGenerator[MeshUnderTest]:
    """A bus without actors. Leaving the block stops it and checks the books and every class's JSON form."""
    tree = Supervisor("root", "one_for_one", (), intensity=intensity or Intensity(1000, 1.0))
    async with open_mesh(tree, seed=seed, log=log or silent, complete=False) as mesh:
        under_test = MeshUnderTest(mesh)
        recorder = _Recorder(under_test.events)
        mesh.core.taps.attach(recorder)
        yield under_test
        mesh.core.taps.detach(recorder)
        under_test.check()
        if recorder.unfit:
            raise AssertionError("; ".join(recorder.unfit))
    under_test.check()


__all__ = ["MeshUnderTest", "open_test_mesh", "start_child"]
