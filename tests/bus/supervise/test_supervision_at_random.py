"""Random trees, random trouble: what must hold whatever happens (G10, G13)."""

from contextlib import suppress
from functools import partial
from itertools import pairwise

import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import BootError, Child, ExitKind, Intensity, Mesh, NodeHealth, State, Supervisor
from bus.keep.restart import Strategy
from bus.supervise.spec import Node
from bus.testing.virtual import in_virtual_time
from tests.bus.family import STEADY, Player, Stage, after, boom, no_network, nothing, running

NAMES = "abcdef"
DEEDS = {
    "nothing": nothing,
    "boom": boom,
    "no network": no_network,
    "slow": after(0.7),
    "too slow": after(11),
}

deeds = st.lists(st.sampled_from(sorted(DEEDS)), max_size=4)
strategies: st.SearchStrategy[Strategy] = st.sampled_from(["one_for_one", "rest_for_one"])
trouble = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0, 5.0, 20.0]),
        st.sampled_from(NAMES),
        st.sampled_from(["crash", "outage", "restart"]),
    ),
    max_size=20,
)


class Tracked(Player):
    """Notes that it leaves before it does whatever it does then."""

    async def on_stop(self) -> None:
        self.stage.note("leave", self.name)
        await super().on_stop()


def children(stage: Stage, names: str) -> list[Node]:
    return [Child(name, partial(Tracked, stage, name), backoff=STEADY) for name in names]


def states(node: NodeHealth) -> dict[str, State]:
    found = {node.name: node.health.state}
    for child in node.children:
        found |= states(child)
    return found


async def do(stage: Stage, mesh: Mesh, name: str, what: str) -> None:
    """Trouble for one that lives; one that does not is left alone."""
    cell = mesh.bus.routes.named(name)
    assert cell is not None
    if not cell.running or mesh.exit is not None:
        return
    if what == "restart":
        group = mesh.tree.groups["inner"] if name in mesh.tree.groups["inner"].children else mesh.root
        with trio.move_on_after(0.3), suppress(BootError):  # it may be stopping
            await group.restart_child(name)
    else:
        getattr(stage, what)(name)


def check_lives(diary: list[tuple[float, str, str]]) -> None:
    """No actor has two lives at once, and nobody is up who has not started."""
    for name in NAMES:
        words = [what for _, what, who in diary if who == name and what != "stop"]
        for before, then in pairwise(words):
            assert (before, then) in {
                ("start", "up"),
                ("start", "start"),  # the first one did not come up
                ("up", "leave"),
                ("leave", "start"),
            }, words
        assert words[-1:] != ["up"], f"{name} was not stopped: {words}"


@given(
    order=st.random_module(),
    outer=strategies,
    inner=strategies,
    starts=st.fixed_dictionaries(dict.fromkeys(NAMES, deeds)),
    stops=st.fixed_dictionaries(dict.fromkeys(NAMES, deeds)),
    script=trouble,
    restarts=st.integers(0, 6),
)
def test_lives_do_not_overlap_and_all_is_well_after_the_last_trouble(
    order: object,
    outer: Strategy,
    inner: Strategy,
    starts: dict[str, list[str]],
    stops: dict[str, list[str]],
    script: list[tuple[float, str, str]],
    restarts: int,
) -> None:
    async def scenario() -> None:
        stage = Stage()
        for name in NAMES:
            stage.script("start", name, nothing, *(DEEDS[deed] for deed in starts[name]))
            stage.script("stop", name, *(DEEDS[deed] for deed in stops[name] if deed != "no network"))
        group = Supervisor(
            "inner", inner, children(stage, "cd"), intensity=Intensity(restarts, 30.0), backoff=STEADY
        )
        tree: list[Node] = [*children(stage, "ab"), group, *children(stage, "ef")]
        async with running(*tree, strategy=outer, intensity=Intensity(restarts, 30.0)) as mesh:
            for pause, name, what in script:
                await trio.sleep(pause)
                await do(stage, mesh, name, what)
            await trio.sleep(300)  # the longest way up: failed starts, each with its time-out and backoff
            if mesh.exit is None:
                check_states(mesh)
            else:
                assert mesh.exit.kind is ExitKind.RESTART_LIMIT
        check_lives(stage.diary)

    in_virtual_time(scenario)


def check_states(mesh: Mesh) -> None:
    """Everybody is up."""
    for name, state in states(mesh.console.health()).items():
        assert state is State.READY, name
