"""Keys of providers: the vault first, then the environment, and a change counts at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from actors.llm import messages as llm
from actors.llm.settings import Settings
from actors.vault import messages as vault
from bus import State
from bus.testing import MeshUnderTest
from tests.actors.llm.world import actor, ask, at, eventually, health
from tests.actors.vault.conftest import Vault
from tests.fakes.model_script import Reply, Say
from tests.fakes.model_server import ModelServer

FIRST, SECOND = "first-key-of-the-vault", "second-key-of-the-vault"


@pytest.fixture
async def safe(mesh: MeshUnderTest, tmp_path: Path) -> Vault:
    """A vault that runs."""
    kept = Vault(mesh, tmp_path)
    await kept.start()
    return kept


async def start(mesh: MeshUnderTest, settings: Settings, env: Mapping[str, str] | None = None) -> None:
    await mesh.start(actor(settings, env), name="llm")


def keys(server: ModelServer) -> list[str]:
    """The keys that came with the requests so far."""
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


async def test_the_vault_comes_before_the_environment(
    mesh: MeshUnderTest, safe: Vault, model_server: ModelServer
) -> None:
    await safe.set("ANTHROPIC_API_KEY", FIRST)
    await start(mesh, at(model_server, provider="anthropic"), {"ANTHROPIC_API_KEY": "of-the-environment"})
    await ask(mesh)
    assert keys(model_server) == [FIRST]
    assert ("read", "ANTHROPIC_API_KEY", "", "provider keys") in await safe.log()


async def test_a_changed_key_is_in_use_at_once_and_running_requests_end_on_theirs(
    mesh: MeshUnderTest, safe: Vault, model_server: ModelServer
) -> None:
    await safe.set("ANTHROPIC_API_KEY", FIRST)
    await start(mesh, at(model_server, provider="anthropic"))
    running = trio.Event()
    model_server.script(Reply(Say("slowly"), held=running), Reply(Say("new")))

    async def first() -> None:
        _, completed = await ask(mesh)
        ends.append(completed)

    ends: list[llm.Completed] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        await safe.set("ANTHROPIC_API_KEY", SECOND)
        await mesh.settle()
        await ask(mesh)
        running.set()
    assert keys(model_server) == [FIRST, SECOND]
    assert len(ends) == 1


async def test_a_key_that_comes_and_goes(mesh: MeshUnderTest, safe: Vault, model_server: ModelServer) -> None:
    await start(mesh, at(model_server, provider="anthropic"))
    with pytest.raises(llm.ModelError, match="needs its key"):
        await ask(mesh)
    await safe.set("ANTHROPIC_API_KEY", FIRST)
    await eventually(lambda: health(mesh)[0] is State.READY)
    await ask(mesh)
    await mesh.bus.ask(vault.DeleteSecret(name="ANTHROPIC_API_KEY", user="admin", role="admin"))
    await eventually(lambda: health(mesh)[0] is State.DEGRADED)
    with pytest.raises(llm.ModelError, match="starpod vault set"):
        await ask(mesh)
    assert keys(model_server) == [FIRST]


async def test_a_key_that_cannot_be_read_is_said_and_the_environment_counts(
    mesh: MeshUnderTest, safe: Vault, model_server: ModelServer
) -> None:
    await safe.set("ANTHROPIC_API_KEY", FIRST)
    safe.key.write_text("A" * 43 + "=")
    await start(mesh, at(model_server, provider="anthropic"), {"ANTHROPIC_API_KEY": "of-the-environment"})
    state, why = health(mesh)
    assert state is State.DEGRADED
    assert why is not None
    assert "ANTHROPIC_API_KEY is in the vault and cannot be read" in why
    await ask(mesh)
    assert keys(model_server) == ["of-the-environment"]


async def test_keys_in_the_vault_choose_a_provider_that_nobody_named(
    mesh: MeshUnderTest, safe: Vault, model_server: ModelServer
) -> None:
    await safe.set("OPENAI_API_KEY", FIRST)
    await start(mesh, at(model_server))
    assert (await mesh.bus.ask(llm.Models())).default.startswith("openai/")
