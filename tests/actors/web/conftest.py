from collections.abc import AsyncIterator

import pytest

from actors.web.client import Client
from tests.actors.web.sites import Site, site, world


@pytest.fixture
async def web() -> AsyncIterator[Site]:
    """A server of the web."""
    async with site() as running:
        yield running


@pytest.fixture
def client(web: Site) -> Client:
    """Whoever asks it, and finds nothing else that is of the web."""
    return Client(world(web.port), "Starpod/1.2.3")
