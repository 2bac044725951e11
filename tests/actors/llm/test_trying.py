"""Before there is a model: what may be chosen, and whether a key is good."""

import json
from typing import Any

import pytest

from actors.llm import messages as llm
from actors.llm import trying
from actors.llm.ollama import server as ollama
from actors.llm.settings import ProviderSettings, Settings
from bus.testing import MeshUnderTest
from tests.actors.llm.world import KEYS, actor, at
from tests.fakes.model_script import Refuse, Reply, Say
from tests.fakes.model_server import ModelServer

MODEL = "claude-haiku-4-5"
NO_OLLAMA = Settings(providers={"ollama": ProviderSettings(enabled=False)})


def asked(key: str = "sk-new") -> llm.Try:
    return llm.Try(provider="anthropic", model=MODEL, key=key)


async def test_a_key_is_tried_by_one_call_and_kept_nowhere(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server)))
    model_server.script(Reply(Say("Hello.")))

    assert await mesh.bus.ask(asked(" sk-new\n")) == llm.Tried(works=True)

    (request,) = model_server.requests
    assert request.body["model"] == MODEL
    assert any(each.endswith("sk-new") for each in request.headers.values())
    assert not (await mesh.bus.ask(llm.GetSetUp())).complete
    assert "sk-new" not in repr(asked())


async def test_a_key_that_is_refused_is_told_without_the_key(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server)))
    model_server.script(Refuse(status=401, message="invalid x-api-key: sk-new"))

    tried = await mesh.bus.ask(asked())

    assert not tried.works
    assert "invalid x-api-key" in tried.detail
    assert "sk-new" not in tried.detail
    assert len(model_server.requests) == 1


async def test_what_cannot_be_sent_is_told_before_anything_is(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server)))

    assert "set ANTHROPIC_API_KEY" in (await mesh.bus.ask(asked(""))).detail
    unknown = llm.Try(provider="nobody", model="m", key="x")
    assert "unlike 'nobody/m'" in (await mesh.bus.ask(unknown)).detail
    assert "cannot be sent" in (await mesh.bus.ask(asked("sk-ä"))).detail
    assert model_server.requests == []


async def test_a_key_that_is_there_is_tried_where_none_is_given(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server), KEYS))

    assert (await mesh.bus.ask(asked(""))).works
    shown = model_server.requests[0].headers.values()
    assert any(each.endswith(KEYS["ANTHROPIC_API_KEY"]) for each in shown)


async def test_a_model_that_does_not_answer_is_not_waited_for(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "WITHIN", 0.0)
    await mesh.start(actor(at(model_server)))

    assert await mesh.bus.ask(asked()) == llm.Tried(works=False, detail="it did not answer within 0 seconds")


async def test_nobody_has_to_be_asked_where_a_model_is_named_or_a_key_is_there(mesh: MeshUnderTest) -> None:
    await mesh.start(actor(NO_OLLAMA, KEYS))

    found = await mesh.bus.ask(llm.GetSetUp())

    assert found.complete
    assert found.model.startswith("anthropic/")
    assert {each.provider for each in found.choices if each.has_key} == {"anthropic", "openai"}


async def test_somebody_who_goes_on_without_a_model_is_not_asked_again(mesh: MeshUnderTest) -> None:
    await mesh.start(actor(Settings(provider="offline")))
    assert (await mesh.bus.ask(llm.GetSetUp())).complete


async def test_otherwise_all_that_may_be_chosen_is_told(mesh: MeshUnderTest) -> None:
    await mesh.start(actor(NO_OLLAMA))

    found = await mesh.bus.ask(llm.GetSetUp())

    assert (found.complete, found.model) == (False, "offline/basic")
    assert [each.provider for each in found.choices] == [
        "anthropic",
        "openai",
        "gemini",
        "groq",
        "deepseek",
        "openrouter",
    ]
    first = found.choices[0]
    assert (first.variable, first.has_key, first.model) == ("ANTHROPIC_API_KEY", False, MODEL)
    assert MODEL in first.models


async def test_an_ollama_that_answers_is_among_them_with_its_models(
    mesh: MeshUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = json.loads('{"models": [{"name": "llama3.2:3b"}, {"name": "qwen3:8b"}]}')

    def answer(*_asked: object) -> Any:
        return tags

    monkeypatch.setattr(ollama, "_asked", answer)
    await mesh.start(actor(Settings()))

    found = await mesh.bus.ask(llm.GetSetUp())

    local = found.choices[-1]
    assert (local.provider, local.variable, local.models) == ("ollama", None, ("llama3.2:3b", "qwen3:8b"))
    assert not found.complete
