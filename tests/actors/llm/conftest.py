from collections.abc import AsyncIterator

import pytest

from actors.llm.provider import Provider
from bus.testing import MeshUnderTest
from tests.actors.llm.asking import connect
from tests.actors.llm.world import KEYS, actor, at
from tests.fakes.model_server import ModelServer


@pytest.fixture
async def provider(name: str, model_server: ModelServer) -> AsyncIterator[Provider]:
    made = connect(name, model_server.url)
    yield made
    await made.close()


@pytest.fixture
async def anthropic(mesh: MeshUnderTest, model_server: ModelServer) -> ModelServer:
    """The server, with the actor started and Anthropic as its default."""
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    return model_server
