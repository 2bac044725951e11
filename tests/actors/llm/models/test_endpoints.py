from typing import Any

import pytest

from actors.llm import providers
from actors.llm.models.endpoints import base, label, ollama


@pytest.mark.parametrize(
    ("provider", "base_url", "expected"),
    [
        ("anthropic", None, "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com"),
        ("anthropic", "http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("anthropic", "https://relay.example/claude", "https://relay.example/claude"),
        ("openai", None, "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("openai", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1"),
        ("groq", "https://api.groq.com/openai/v1/chat/completions/", "https://api.groq.com/openai/v1"),
        ("groq", "http://127.0.0.1:9", "http://127.0.0.1:9/openai/v1"),
        ("openrouter", None, "https://openrouter.ai/api/v1"),
        ("ollama", "http://10.0.0.2:11434", "http://10.0.0.2:11434/v1"),
        ("gemini", None, "https://generativelanguage.googleapis.com/v1beta"),
        ("gemini", "http://127.0.0.1:9", "http://127.0.0.1:9/v1beta"),
        ("gemini", "https://relay.example/google/v1beta/", "https://relay.example/google/v1beta"),
        ("gemini", "https://relay.example/v1beta/models", "https://relay.example/v1beta"),
        (
            "gemini",
            "https://relay.example/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            "https://relay.example/v1",
        ),
        ("openai", "http://v1", "http://v1/v1"),
        (
            "openai",
            "https://me:secret@10.0.0.2/api/chat/completions?a=b",
            "https://me:secret@10.0.0.2/api?a=b",
        ),
        ("deepseek", "https://api.deepseek.com/beta", "https://api.deepseek.com/beta"),
    ],
)
def test_full_addresses_prefixes_and_hosts_lead_to_the_same_place(
    provider: Any, base_url: str | None, expected: str
) -> None:
    entry = providers.PROVIDERS[provider]
    assert base(entry.base_url, entry.format.path, base_url) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "http://127.0.0.1:11434"),
        ("http://10.0.0.2:11434/", "http://10.0.0.2:11434"),
        ("http://10.0.0.2:11434/v1", "http://10.0.0.2:11434"),
        ("https://10.0.0.2:1/v1/chat/completions", "https://10.0.0.2:1"),
        ("https://relay.example/ollama/v1/", "https://relay.example/ollama"),
        ("https://relay.example/ollama/api/chat", "https://relay.example/ollama"),
        ("https://relay.example/api?a=b", "https://relay.example"),
    ],
)
def test_the_address_of_an_ollama_for_its_own_interface(given: str | None, expected: str) -> None:
    assert ollama(given) == expected


def test_an_endpoint_is_called_by_its_provider_and_its_place_if_that_was_set() -> None:
    assert label("openai", None) == "openai"
    assert label("openai", "http://me:secret@10.0.0.2:1/v1") == "openai at 10.0.0.2:1"
