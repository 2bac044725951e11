"""What endpoints say of their models, as their references show it."""

import json
from typing import Any

import pytest

from actors.llm.models.catalogue import ModelDetails
from actors.llm.models.offers import NoList, Offered, converses, question, read
from actors.llm.models.prices import Rates

BASE = "https://x.test/v1"


@pytest.mark.parametrize(
    ("provider", "url", "headers"),
    [
        ("anthropic", f"{BASE}/v1/models?limit=1000", {"x-api-key": "k", "anthropic-version": "2023-06-01"}),
        ("gemini", f"{BASE}/models?pageSize=1000", {"x-goog-api-key": "k"}),
        ("openai", f"{BASE}/models", {"authorization": "Bearer k"}),
        ("openrouter", f"{BASE}/models", {"authorization": "Bearer k"}),
        ("ollama", "http://127.0.0.1:11434/api/tags", {}),
    ],
)
def test_every_house_is_asked_in_its_way(provider: str, url: str, headers: dict[str, str]) -> None:
    asked = question(provider, BASE, None, "k")
    assert (asked.url, dict(asked.headers)) == (url, headers)
    assert "'k'" not in repr(asked)


def test_an_address_of_ones_own_is_asked_without_a_key() -> None:
    assert question("openai", BASE, None, None).headers == ()
    assert question("ollama", BASE, "http://box:1/v1", None).url == "http://box:1/api/tags"


@pytest.mark.parametrize(
    ("item", "offered"),
    [
        ({"id": "gpt-4o", "object": "model", "owned_by": "openai"}, Offered(id="gpt-4o")),
        (
            {"id": "llama", "context_window": 131072, "max_completion_tokens": 32768},
            Offered(id="llama", context_window=131072, max_output=32768),
        ),
        (
            {"id": "claude-x", "type": "model", "max_input_tokens": 200000, "max_tokens": 64000},
            Offered(id="claude-x", context_window=200000, max_output=64000),
        ),
        (
            {
                "name": "models/gemini-x",
                "inputTokenLimit": 1048576,
                "outputTokenLimit": 65536,
                "supportedGenerationMethods": ["generateContent"],
            },
            Offered(id="gemini-x", context_window=1048576, max_output=65536),
        ),
        (
            {
                "id": "a/b",
                "context_length": 8192,
                "pricing": {"prompt": "0.0000025", "completion": "0.00001"},
                "architecture": {"input_modalities": ["text", "image", "file"]},
                "supported_parameters": ["temperature"],
                "top_provider": {"max_completion_tokens": 4096},
            },
            Offered(
                id="a/b",
                context_window=8192,
                max_output=4096,
                tools=False,
                vision=True,
                documents=True,
                input_price=2.5,
                output_price=10.0,
            ),
        ),
        (
            {
                "id": "mistral",
                "max_context_length": 32768,
                "capabilities": {"vision": False, "function_calling": True},
            },
            Offered(id="mistral", context_window=32768, vision=False, tools=True),
        ),
        ({"id": "local", "max_model_len": 4096}, Offered(id="local", context_window=4096)),
        ({"name": "qwen3:8b", "model": "qwen3:8b", "details": {}}, Offered(id="qwen3:8b")),
        ("bare", Offered(id="bare")),
        (
            {
                "id": "odd",
                "context_length": True,
                "max_tokens": -1,
                "pricing": {"prompt": "-1", "completion": []},
                "capabilities": ["vision"],
            },
            Offered(id="odd"),
        ),
    ],
)
def test_what_is_said_of_a_model_is_read(item: Any, offered: Offered) -> None:
    assert read(json.dumps({"data": [item]}).encode()) == (offered,)
    assert read(json.dumps({"models": [item, item]}).encode()) == (offered,)
    assert read(json.dumps([item]).encode()) == (offered,)


@pytest.mark.parametrize(
    "item",
    [
        {"id": "text-embedding-3-small"},
        {"id": "whisper-1"},
        {"id": "x" * 300},
        {"id": ""},
        {"id": 5},
        {},
        None,
        {"name": "models/imagen-4", "supportedGenerationMethods": ["predict"]},
        {"name": "models/aqa"},
        {"name": "models/x", "supportedGenerationMethods": ["embedContent"]},
    ],
)
def test_what_holds_no_conversation_is_left_out(item: Any) -> None:
    assert read(json.dumps({"data": [item]}).encode()) == ()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": 3}', b"7", b'{"error": {"message": "no"}}'])
def test_what_is_no_list_is_said(body: bytes) -> None:
    with pytest.raises(NoList):
        read(body)


def test_names_of_models_to_talk_with() -> None:
    assert converses("claude-haiku-4-5")
    assert not converses("text-embedding-3-large")
    assert not converses("")


def test_the_catalogue_counts_more_than_what_is_offered() -> None:
    known = ModelDetails(
        context_window=10, max_output=5, rates=Rates(input=1, output=2, cache_read=1, cache_write=1)
    )
    offered = Offered(
        id="x",
        context_window=20,
        max_output=9,
        vision=True,
        documents=True,
        tools=False,
        input_price=3.0,
        output_price=4.0,
    )
    both = offered.under(known)
    assert (both.context_window, both.max_output, both.rates) == (10, 5, known.rates)
    assert (both.vision, both.documents, both.tools) == (True, True, False)
    new = offered.under(ModelDetails())
    assert new.rates == Rates(input=3.0, output=4.0, cache_read=3.0, cache_write=3.0)
    assert (new.context_window, new.max_output) == (20, 9)
    assert Offered(id="x").under(known) == known
