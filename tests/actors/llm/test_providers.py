"""How a provider is made ready to be asked."""

import gc
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from actors.llm.interfaces import Interfaces
from actors.llm.providers import connect
from actors.llm.settings import Settings
from actors.llm.transport.http_provider import HttpProvider


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector is afterwards as it was."""
    enabled = gc.isenabled()
    yield
    gc.unfreeze()
    if enabled:
        gc.enable()


@pytest.mark.parametrize(
    ("provider", "enabled"),
    [("groq", True), ("groq", False), ("anthropic", True), ("gemini", True)],
)
def test_connecting_leaves_the_garbage_collector_as_it_was(
    collector: None,
    provider: Any,
    enabled: bool,  # noqa: FBT001
) -> None:
    (gc.enable if enabled else gc.disable)()
    keys = {f"{provider.upper()}_API_KEY": "k"}
    found = connect(provider, Settings(), keys, new_id=str, within=lambda _: nullcontext(), clock=lambda: 0.0)
    assert gc.isenabled() == enabled
    assert isinstance(found, HttpProvider)
    assert found.name == provider


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_one_of_two_interfaces_has_the_usual_one_beside_it(collector: None, provider: Any) -> None:
    keys = {f"{provider.upper()}_API_KEY": "k"}
    found = connect(provider, Settings(), keys, new_id=str, within=lambda _: nullcontext(), clock=lambda: 0.0)
    assert isinstance(found, Interfaces)
    assert isinstance(found.better, HttpProvider)
    assert isinstance(found.usual, HttpProvider)
    assert found.better.name == found.usual.name == provider
