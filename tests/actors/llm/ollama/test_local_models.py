"""Ollamas and their models, as the actor of the models learns of them."""

from functools import partial
from typing import Literal

import attrs
import pytest

from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.settings import ProviderSettings, Settings
from actors.vocabulary import ChatMessage, Text
from bus.testing import MeshUnderTest
from tests.actors.llm.world import CATALOGUE, FAST, KEYS, actor, ask, at
from tests.fakes.model_server import ModelServer
from tests.fakes.ollama_wire import showing


def said(role: Literal["user", "assistant"], text: str) -> ChatMessage:
    return ChatMessage(role=role, content=(Text(text=text),))


@pytest.fixture
def named(model_server: ModelServer) -> Settings:
    """The server as the provider of a model that is named, and of a second one."""
    own = ProviderSettings(base_url=model_server.url, models=("small",))
    return Settings(provider="ollama", model="qwen3:8b", providers={"ollama": own}, retry=FAST)


async def windows(mesh: MeshUnderTest) -> dict[str, int | None]:
    return {info.spec: info.context_window for info in (await mesh.bus.ask(llm.Models())).models}


async def test_a_model_that_is_installed_later_is_found(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.actor.LIST_AGAIN", 0.0)
    model_server.ollama.models = ["qwen3:8b"]
    await mesh.start(actor(at(model_server, "ollama")))
    await ask(mesh)
    model_server.ollama.models = ["qwen3:8b", "gemma3:4b"]
    assert (await ask(mesh, model="ollama/gemma3:4b"))[1].usage.model == "ollama/gemma3:4b"


async def test_what_was_found_stays_while_an_ollama_does_not_answer(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.actor.LIST_AGAIN", 0.0)
    model_server.ollama.models = ["qwen3:8b"]
    await mesh.start(actor(at(model_server, "ollama")))
    await ask(mesh)
    model_server.ollama.models = []
    assert (await mesh.bus.ask(llm.Models())).default == "ollama/qwen3:8b"


async def test_the_window_of_a_model_is_the_one_that_it_has(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings
) -> None:
    model_server.ollama.shown = {"qwen3:8b": showing(40_960, "tools", "vision"), "small": showing(2048)}
    await mesh.start(actor(named), name="llm")
    assert await windows(mesh) == {"ollama/qwen3:8b": 40_960, "ollama/small": 2048}
    assert (await mesh.bus.ask(llm.Models())).models[0].vision
    await ask(mesh, model="ollama/small")
    assert model_server.requests[0].body["options"]["num_ctx"] == 2048


async def test_a_window_that_the_settings_demand_is_the_one_to_go_by(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings
) -> None:
    model_server.ollama.shown = {"qwen3:8b": showing(40_960)}
    own = attrs.evolve(named.of("ollama"), options={"num_ctx": 10_000})
    await mesh.start(actor(attrs.evolve(named, providers={"ollama": own})), name="llm")
    assert (await windows(mesh))["ollama/qwen3:8b"] == 10_000
    await ask(mesh)
    assert model_server.requests[0].body["options"]["num_ctx"] == 10_000


async def test_a_model_is_asked_about_once(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings
) -> None:
    model_server.ollama.shown = {"qwen3:8b": showing(40_960)}
    await mesh.start(actor(named), name="llm")
    for _ in range(3):
        await ask(mesh)
    await windows(mesh)
    assert sorted(model_server.ollama.shows) == ["qwen3:8b", "small"]


async def test_what_was_said_is_asked_for_again_after_a_while(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.ollama.local_models.FRESH", 0.0)
    model_server.ollama.shown = {"qwen3:8b": showing(40_960)}
    await mesh.start(actor(named), name="llm")
    assert (await windows(mesh))["ollama/qwen3:8b"] == 40_960
    model_server.ollama.shown = {"qwen3:8b": showing(8192)}
    assert (await windows(mesh))["ollama/qwen3:8b"] == 8192
    model_server.ollama.shown = {}
    assert (await windows(mesh))["ollama/qwen3:8b"] == 8192


async def test_an_ollama_that_says_nothing_is_asked_again_soon_and_answers_all_the_same(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.ollama.local_models.LOOK_AGAIN", 0.0)
    await mesh.start(actor(named), name="llm")
    assert (await windows(mesh))["ollama/qwen3:8b"] is None
    await ask(mesh)
    model_server.ollama.shown = {"qwen3:8b": showing(8192)}
    assert (await windows(mesh))["ollama/qwen3:8b"] == 8192


async def test_models_of_others_are_not_asked_about(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(partial(LlmActor, lambda: at(model_server, "ollama", "openai"), KEYS, CATALOGUE))
    await windows(mesh)
    assert model_server.ollama.shows == []


async def test_an_ollama_that_is_switched_off_is_not_asked_about_its_models(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    off = ProviderSettings(base_url=model_server.url, enabled=False)
    settings = Settings(provider="openai", providers={"ollama": off}, models=("ollama/qwen3:8b",))
    await mesh.start(partial(LlmActor, lambda: settings, KEYS, CATALOGUE), name="llm")
    with pytest.raises(llm.ModelNotAllowed):
        await ask(mesh, model="ollama/qwen3:8b")
    assert model_server.ollama.shows == []


async def test_a_long_conversation_is_neither_cut_nor_has_the_model_loaded_at_every_turn(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings
) -> None:
    model_server.ollama.shown = {"qwen3:8b": showing(40_960)}
    await mesh.start(actor(named), name="llm")
    conversation = [said("user", "remember me")]
    for number in range(20):
        conversation += [said("assistant", f"{number} {'word ' * 800}"), said("user", "go on")]
        await ask(mesh, messages=tuple(conversation))
        assert model_server.requests[-1].messages[0]["content"] == "remember me"
    assert model_server.ollama.loads == [("qwen3:8b", 8192), ("qwen3:8b", 16_384), ("qwen3:8b", 32_768)]


async def test_a_prompt_that_does_not_fit_is_refused_instead_of_being_cut(
    mesh: MeshUnderTest, model_server: ModelServer, named: Settings
) -> None:
    model_server.ollama.shown = {"qwen3:8b": showing(8192)}
    await mesh.start(actor(named), name="llm")
    with pytest.raises(llm.ModelError) as raised:
        await ask(mesh, messages=(said("user", "word " * 8000),))
    assert raised.value.reason == "context_length"
