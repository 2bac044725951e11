"""Providers connected to a server of ours, and questions to them."""

from typing import Any

import attrs
import pytest
import trio

from actors.llm import providers
from actors.llm.completion import Completion
from actors.llm.messages import CompletionEvent, Spending
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt
from actors.llm.settings import ProviderSettings, Settings, key_variable
from actors.vocabulary import ChatMessage, Text

QUESTION = ChatMessage(role="user", content=(Text(text="hi"),))
BOTH = pytest.mark.parametrize("name", ["anthropic", "openai"])


KEY = "sk-very-secret"


def connect(name: Any, base_url: str, **settings: Any) -> Provider:
    own = ProviderSettings(base_url=base_url, options=settings.pop("options", {}))
    ids = iter(range(100))
    return providers.connect(
        name,
        Settings(providers={name: own}, **settings),
        {key_variable(name) or "": KEY},
        new_id=lambda: f"made-up-{next(ids)}",
        within=trio.move_on_after,
        clock=trio.current_time,
    )


async def ask(
    provider: Provider, items: list[CompletionEvent] | None = None, **prompt: Any
) -> tuple[list[CompletionEvent], Completion]:
    """What was said, without what it costs so far, and the whole answer."""
    said: list[CompletionEvent] = [] if items is None else items

    async def send(item: CompletionEvent) -> None:
        if not isinstance(item, Spending):
            said.append(item)

    asked = attrs.evolve(Prompt(provider="x", model="m", messages=(QUESTION,)), **prompt)
    return said, await provider.complete(asked, send)
