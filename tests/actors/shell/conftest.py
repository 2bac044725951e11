"""Commands in a home of their own, in each of the ways in which they are run."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from tests.actors.shell.hands import Hands, hands

Way = Literal["sandbox", "open"]


@pytest.fixture(params=["sandbox", "open"])
def way(request: pytest.FixtureRequest) -> Way:
    """In a sandbox, or without one."""
    way: Way = request.param
    return way


@pytest.fixture
async def at_work(tmp_path: Path, way: Way) -> AsyncIterator[Hands]:
    """A shell actor; the test is skipped where this machine has no sandbox and it asks for one."""
    async with hands(tmp_path, sandbox="auto" if way == "sandbox" else "off") as found:
        if way == "sandbox" and not (await found.protection()).sandbox:
            pytest.skip("bubblewrap does not work here")
        yield found
