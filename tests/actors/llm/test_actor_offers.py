"""Which models the providers in use have, asked over HTTP."""

from typing import Any

import attrs
import pytest
import trio

from actors.llm import messages as llm
from actors.llm import offering
from actors.llm.models import listing
from actors.llm.models.listing import NotListed
from actors.llm.models.offers import Offered, Question
from actors.llm.settings import ProviderSettings, Settings
from bus.testing import MeshUnderTest
from tests.actors.llm.world import KEYS, actor, at
from tests.fakes.model_server import ModelServer


def settings(server: ModelServer, **ollama: Any) -> Settings:
    """Anthropic and OpenAI at the server, and no Ollama unless it is asked for."""
    ours = at(server)
    local = attrs.evolve(ProviderSettings(enabled=False), **ollama)
    return attrs.evolve(ours, providers={**ours.providers, "ollama": local})


async def test_endpoints_say_what_they_have_once_in_a_while(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    model_server.models = ["claude-haiku-4-5", "brand-new", "text-embedding-3-small"]
    await mesh.start(actor(settings(model_server), KEYS))
    offers = (await mesh.bus.ask(llm.ListOffers())).offers
    assert [(offer.provider, offer.trouble) for offer in offers] == [("anthropic", None), ("openai", None)]
    assert (await mesh.bus.ask(llm.ListOffers())).offers == offers
    assert model_server.listed == 2
    unknown, known = offers[0].models
    assert known == llm.OfferedModel(
        spec="anthropic/claude-haiku-4-5",
        context_window=200_000,
        max_output=64_000,
        tools=True,
        vision=True,
        documents=True,
        input_price=1,
        output_price=5,
    )
    assert unknown.spec == "anthropic/brand-new"
    assert (unknown.context_window, unknown.input_price) == (None, None)


async def test_where_nothing_is_listed_the_catalogue_speaks(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server), KEYS))
    anthropic, openai = (await mesh.bus.ask(llm.ListOffers())).offers
    assert "HTTP 404" in (anthropic.trouble or "")
    by_provider = (await mesh.bus.ask(llm.ListOffers())).models
    assert "claude-opus-4-8" in by_provider["anthropic"]
    assert by_provider["gemini"], "of one without a key, what is known"
    assert "anthropic/claude-opus-4-8" in [each.spec for each in anthropic.models]
    specs = [each.spec for each in openai.models]
    assert "openai/gpt-4o" in specs
    assert "openai/text-embedding-3-small" not in specs


async def test_an_ollama_that_nobody_set_up_is_not_missed(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    """Nobody listens at the address; where it is written down, that is said."""
    with_ollama = settings(model_server, enabled=True, base_url="http://127.0.0.1:1", models=())
    await mesh.start(actor(with_ollama, KEYS))
    *_, ollama = (await mesh.bus.ask(llm.ListOffers())).offers
    assert (ollama.provider, ollama.models) == ("ollama", ())
    assert "could not be asked" in (ollama.trouble or "")


async def test_who_does_not_answer_is_not_waited_for(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = trio.Event()

    def silent(question: Question) -> tuple[Offered, ...]:
        trio.from_thread.run(done.wait)
        raise NotListed(question.url)

    monkeypatch.setattr(offering, "WITHIN", 0.05)
    monkeypatch.setattr(listing, "fetch", silent)
    await mesh.start(actor(settings(model_server), KEYS))
    offers = (await mesh.bus.ask(llm.ListOffers())).offers
    assert all("did not answer within" in (offer.trouble or "") for offer in offers)
    done.set()
