"""Random call graphs: what is refused as a cycle is a deadlock, and every deadlock is refused (G7)."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal, final

import attrs
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import Actor, AskCycle, DeadlineExceeded, Lane, Request, concurrent
from bus.testing import open_test_mesh
from bus.testing.virtual import in_virtual_time

Mode = Literal["serial", "beside", "urgent"]


@attrs.frozen
class Plan:
    """One call: at which node, how it is served, and what its handler asks in turn, each after a pause."""

    node: str
    mode: Mode
    steps: tuple[tuple[int, "Plan"], ...] = ()


@final
@attrs.frozen(kw_only=True)
class Serial(Request[None]):
    key_field: ClassVar[str | None] = "node"
    within: ClassVar[float] = 1000.0
    node: str
    plan: int


@final
@attrs.frozen(kw_only=True)
class Beside(Request[None]):
    key_field: ClassVar[str | None] = "node"
    within: ClassVar[float] = 1000.0
    node: str
    plan: int


@final
@attrs.frozen(kw_only=True)
class InControl(Request[None]):
    key_field: ClassVar[str | None] = "node"
    lane: ClassVar[Lane] = Lane.CONTROL
    within: ClassVar[float] = 1000.0
    node: str
    plan: int


MESSAGES: dict[Mode, Callable[..., Request[None]]] = {"serial": Serial, "beside": Beside, "urgent": InControl}


class Plans:
    """Messages carry the number of a plan."""

    def __init__(self) -> None:
        self._all: list[Plan] = []

    def message(self, plan: Plan) -> Request[None]:
        self._all.append(plan)
        return MESSAGES[plan.mode](node=plan.node, plan=len(self._all) - 1)

    async def carry_out(self, actor: Actor, number: int) -> None:
        for pause, plan in self._all[number].steps:
            await trio.sleep(pause)
            await actor.bus.ask(self.message(plan))


class Node(Actor):
    def __init__(self, plans: Plans, key: str) -> None:
        self._plans = plans

    @Serial.handler
    async def serial(self, request: Serial) -> None:
        await self._plans.carry_out(self, request.plan)

    @Beside.handler
    @concurrent(1000)
    async def beside(self, request: Beside) -> None:
        await self._plans.carry_out(self, request.plan)

    @InControl.handler
    async def in_control(self, request: InControl) -> None:
        await self._plans.carry_out(self, request.plan)


NODES = st.sampled_from("abc")
MODES: st.SearchStrategy[Mode] = st.sampled_from(("serial", "serial", "serial", "beside", "urgent"))
PLANS = st.recursive(
    st.builds(Plan, NODES, MODES),
    lambda inner: st.builds(
        Plan,
        NODES,
        MODES,
        st.lists(st.tuples(st.integers(0, 2), inner), min_size=1, max_size=2).map(tuple),
    ),
    max_leaves=6,
)
ROOTS = st.lists(st.tuples(st.integers(0, 3), PLANS), min_size=1, max_size=4)

Outcome = tuple[Literal["done", "cycle", "deadline"], float]


async def run(roots: list[tuple[int, Plan]], found: list[float], *, refuse: bool) -> list[Outcome]:
    """Let all roots loose. `found` gets the times at which a cycle was found; only with `refuse` is it refused."""
    outcomes: list[Outcome] = []
    async with open_test_mesh() as mesh:
        plans, waits = Plans(), mesh.bus.core.waits
        look = waits.path

        def path(holder: Any, envelope: Any) -> tuple[str, ...] | None:
            cycle = look(holder, envelope)
            if cycle is not None:
                found.append(trio.current_time())
            return cycle if refuse else None

        setattr(waits, "path", path)  # noqa: B010 - only here

        async def root(pause: int, plan: Plan) -> None:
            await trio.sleep(pause)
            try:
                await mesh.bus.ask(plans.message(plan))
            except AskCycle:
                outcomes.append(("cycle", trio.current_time()))
            except DeadlineExceeded:
                outcomes.append(("deadline", trio.current_time()))
            else:
                outcomes.append(("done", trio.current_time()))

        await mesh.start_pool(partial(Node, plans), name="node")
        async with trio.open_nursery() as nursery:
            for pause, plan in roots:
                nursery.start_soon(root, pause, plan)
        await mesh.settle()
        assert mesh.bus.core.waits.idle
    return outcomes


@given(roots=ROOTS)
def test_a_cycle_is_refused_exactly_when_there_is_one(roots: list[tuple[int, Plan]]) -> None:
    unrefused: list[float] = []
    left_alone = in_virtual_time(partial(run, refuse=False), roots, unrefused)
    stuck = [at for end, at in left_alone if end == "deadline"]
    assert bool(stuck) == bool(unrefused)  # what is found is a deadlock, and every deadlock is found

    refused: list[float] = []
    outcomes = in_virtual_time(partial(run, refuse=True), roots, refused)
    assert "deadline" not in [end for end, _ in outcomes]  # nobody was left waiting
    assert ("cycle" in [end for end, _ in outcomes]) == bool(refused)
    assert len(outcomes) == len(roots)
