"""Any program of timers against a list of due times (G24)."""

import trio
from hypothesis import given
from hypothesis import strategies as st

from bus.testing import open_test_mesh
from bus.testing.virtual import in_virtual_time
from tests.bus.run.clockwork import Tick, World

SECONDS = st.sampled_from([0.7, 1.3, 1.7, 2.3])
"""Their multiples meet no whole second within six."""
DEEDS = st.tuples(st.sampled_from(["after", "every", "cancel", "nothing"]), SECONDS, st.sampled_from("ab"))


@given(st.lists(DEEDS, max_size=6))
def test_any_program_of_timers_does_what_a_list_of_due_times_does(
    deeds: list[tuple[str, float, str]],
) -> None:
    assert in_virtual_time(_play, deeds) == _expected(deeds, until=6.0)


async def _play(deeds: list[tuple[str, float, str]]) -> list[tuple[float, int]]:
    async with open_test_mesh() as mesh:
        world = await World.begin(mesh)
        for second, (deed, seconds, key) in enumerate(deeds):
            await trio.sleep_until(second)
            if deed == "cancel":
                world.timers.cancel(key)
            elif deed != "nothing":
                getattr(world.timers, deed)(seconds, Tick(n=second), key=key)
        await trio.sleep_until(6)
        return sorted(world.handled)


def _expected(deeds: list[tuple[str, float, str]], until: float) -> list[tuple[float, int]]:
    """Each timer goes off until the next deed with its key."""
    handled: list[tuple[float, int]] = []
    for second, (deed, seconds, key) in enumerate(deeds):
        later = [
            at
            for at, (what, _, other) in enumerate(deeds)
            if at > second and other == key and what != "nothing"
        ]
        end = min([*later, until])
        times = {"after": 1, "every": 10}.get(deed, 0)
        handled += [
            (round(second + n * seconds, 6), second)
            for n in range(1, times + 1)
            if second + n * seconds < end
        ]
    return sorted(handled)
