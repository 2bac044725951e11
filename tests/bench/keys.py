"""What it costs to find out who speaks."""

import time
from functools import partial
from pathlib import Path
from typing import Final

import trio

from actors.gateway.authentication import Authenticator, Shown
from actors.gateway.confirming import Confirmations
from actors.gateway.limiting import RequestLimit
from actors.gateway.presence import Presence
from actors.gateway.refusals import Refusals
from actors.gateway.settings import Settings
from actors.users.actor import UsersActor
from bus import Child, Supervisor, open_mesh
from tests.bench.figures import Figure, median

CHECKS: Final = 2_000
KEY: Final = "a word that somebody chose"
TICK: Final = 0.001  # seconds
ROUNDS: Final = 10


def measure(folder: Path) -> list[Figure]:
    """A key that is known, and the hash of argon2 that each start makes of a chosen one."""
    rounds = [trio.run(_measure, folder / str(number)) for number in range(ROUNDS)]
    return [
        Figure(name="key that is known", value=median(known for known, _ in rounds), unit="µs", budget=100),
        Figure(
            name="argon2 on the loop",
            value=median(stall for _, stall in rounds) * 1000,
            unit="ms",
            budget=10,
            note="longest time others waited while a chosen key was hashed",
        ),
    ]


async def _measure(folder: Path) -> tuple[float, float]:
    """Microseconds of a check, and seconds that others waited for the first one."""
    users = partial(
        UsersActor,
        folder / "users.db",
        chosen=KEY,
        key_file=folder / "admin.key",
        on_first_key=lambda _: None,
        seed=lambda _: None,
        has_left=lambda _: False,
    )
    tree = Supervisor("root", "one_for_one", [Child("users", users)])
    async with open_mesh(tree, complete=False) as mesh, trio.open_nursery() as nursery:
        refusals = Refusals(mesh.bus)
        limit = RequestLimit(partial(Settings, rate_limit_requests=10**9), time.monotonic, refusals)
        authenticator = Authenticator(
            mesh.bus,
            "token",
            presence=Presence(),
            refusals=refusals,
            limit=limit,
            confirmations=Confirmations(time.monotonic),
        )
        ready = trio.Event()
        nursery.start_soon(authenticator.run, ready)
        await ready.wait()
        stall = await _stall(authenticator)
        known = await _known(authenticator)
        nursery.cancel_scope.cancel()
    return known, stall


async def _known(authenticator: Authenticator) -> float:
    """Microseconds of a check."""
    began = time.perf_counter()
    for _ in range(CHECKS):
        await authenticator.admit(Shown(key=KEY), "127.0.0.1")
    return (time.perf_counter() - began) / CHECKS * 1e6


async def _stall(authenticator: Authenticator) -> float:
    """Seconds by which another task was woken too late at most, while the chosen key was hashed."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            due = trio.current_time() + TICK
            await trio.sleep_until(due)
            longest = max(longest, trio.current_time() - due)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        await authenticator.identify(Shown(key=KEY), "127.0.0.1")
        nursery.cancel_scope.cancel()
    return longest
