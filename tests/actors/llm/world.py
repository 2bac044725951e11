"""The actor of the models before the scripted server, and questions to it."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.models.catalogue import parse
from actors.llm.settings import ProviderSettings, Retry, Settings
from actors.vocabulary import ChatMessage, Text
from bus import State
from bus.testing import MeshUnderTest
from tests.fakes.model_server import ModelServer

CATALOGUE = parse((Path(__file__).parents[3] / "config/models.toml").read_text(), "models.toml")
KEYS = {"ANTHROPIC_API_KEY": "sk-secret-a", "OPENAI_API_KEY": "sk-secret-o"}
QUESTION = (ChatMessage(role="user", content=(Text(text="hi"),)),)
FAST = Retry(first_wait=0.01)


def actor(settings: Settings, env: Mapping[str, str] | None = None) -> partial[LlmActor]:
    return partial(LlmActor, lambda: settings, env or {}, CATALOGUE)


def at(server: ModelServer, *names: Any, **settings: Any) -> Settings:
    """Settings whose providers are all the scripted server."""
    providers: dict[Any, ProviderSettings] = {
        name: ProviderSettings(base_url=server.url) for name in names or ("anthropic", "openai")
    }
    return attrs.evolve(Settings(providers=providers, retry=FAST), **settings)


async def next_said(stream: AsyncIterator[llm.CompletionEvent]) -> llm.CompletionEvent:
    """The next item that says something."""
    while isinstance(item := await anext(stream), llm.Spending):
        pass
    return item


async def ask(mesh: MeshUnderTest, **request: Any) -> tuple[list[llm.CompletionEvent], llm.Completed]:
    """What was said, without what it costs so far, and the whole answer."""
    complete = attrs.evolve(llm.Complete(messages=QUESTION), **request)
    async with mesh.bus.stream(complete) as stream:
        items: list[llm.CompletionEvent] = [
            item async for item in stream if not isinstance(item, llm.Spending)
        ]
    last = items.pop()
    assert isinstance(last, llm.Completed)
    return items, last


def health(mesh: MeshUnderTest) -> tuple[State, str | None]:
    found = mesh.cell("llm").health
    return found.state, found.why


async def eventually(condition: Callable[[], bool]) -> None:
    with trio.fail_after(20):
        while not condition():  # nothing tells when the actor's state changes
            await trio.sleep(0.001)
