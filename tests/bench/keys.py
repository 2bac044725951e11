"""What it costs to find out who speaks."""

import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import trio

from actors.gateway.authentication import Authenticator, Shown
from actors.gateway.limiting import RequestLimit
from actors.gateway.presence import Presence
from actors.gateway.refusals import Refusals
from actors.gateway.settings import Settings
from actors.users.actor import UsersActor
from actors.users.messages import NotKnown
from bus import Child, Supervisor, open_mesh
from tests.bench.figures import Figure, median

CHECKS: Final = 20_000
KEY: Final = "a word that somebody chose"
TICK: Final = 0.001  # seconds
ROUNDS: Final = 20


def measure(folder: Path) -> list[Figure]:
    """A key that is known, and one that is to be compared with a hash of argon2."""
    return trio.run(_measure, folder)


async def _measure(folder: Path) -> list[Figure]:
    users = partial(
        UsersActor,
        folder / "users.db",
        chosen=KEY,
        key_file=folder / "admin.key",
        on_first_key=lambda _: None,
        seed=lambda _: None,
    )
    tree = Supervisor("root", "one_for_one", [Child("users", users)])
    async with open_mesh(tree, complete=False) as mesh, trio.open_nursery() as nursery:
        refusals = Refusals(mesh.bus)
        limit = RequestLimit(partial(Settings, rate_limit_requests=10**9), time.monotonic, refusals)
        authenticator = Authenticator(mesh.bus, "token", presence=Presence(), refusals=refusals, limit=limit)
        ready = trio.Event()
        nursery.start_soon(authenticator.run, ready)
        await ready.wait()
        stalls = [await _stall(authenticator, number) for number in range(ROUNDS)]
        known = await _known(authenticator)
        nursery.cancel_scope.cancel()
    return [
        Figure(name="key that is known", value=known, unit="µs", budget=100),
        Figure(
            name="argon2 on the loop",
            value=median(stalls) * 1000,
            unit="ms",
            budget=10,
            note="longest time others waited while a wrong key was compared",
        ),
    ]


async def _known(authenticator: Authenticator) -> float:
    """Microseconds of a check."""
    await authenticator.admit(Shown(key=KEY), "127.0.0.1")
    began = time.perf_counter()
    for _ in range(CHECKS):
        await authenticator.admit(Shown(key=KEY), "127.0.0.1")
    return (time.perf_counter() - began) / CHECKS * 1e6


async def _stall(authenticator: Authenticator, number: int) -> float:
    """Seconds by which another task was woken too late at most, while a wrong key was found out to be wrong."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            due = trio.current_time() + TICK
            await trio.sleep_until(due)
            longest = max(longest, trio.current_time() - due)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        with suppress(NotKnown):
            await authenticator.identify(Shown(key=f"wrong {number}"), f"192.0.2.{number}")
        nursery.cancel_scope.cancel()
    return longest
