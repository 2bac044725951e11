"""What the page of settings waits for: all that may be set, and what is in force."""

import time
from pathlib import Path
from typing import Final

import httpx2

from tests.bench.daemons import instance
from tests.bench.figures import Figure, median
from tests.fakes.model_process import model_process

LOOKS: Final = 30


def measure(folder: Path) -> list[Figure]:
    """A daemon, and the two questions of its page one after the other."""
    with model_process() as url, instance(folder / "settings", url) as daemon:
        address = daemon.start()
        headers = {"Authorization": f"Bearer {daemon.token()}"}
        with httpx2.Client(base_url=f"http://{address}", headers=headers, trust_env=False) as client:
            took = median([_look(client) for _ in range(LOOKS)])
    return [Figure(name="settings: what the page asks for", value=1000 * took, unit="ms", budget=50)]


def _look(client: httpx2.Client) -> float:
    began = time.perf_counter()
    for path in ("schema", "state"):
        client.get(f"/api/settings/{path}").raise_for_status()
    return time.perf_counter() - began
