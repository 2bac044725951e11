"""Where the providers are reached. Pure."""

from typing import Final
from urllib.parse import urlsplit

DEFAULTS: Final = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "ollama": "http://localhost:11434/v1",
}
"""Prefixes, without the path of the call itself."""

OLLAMA_HOST: Final = "http://127.0.0.1:11434"

_CALLS: Final = ("/v1/messages", "/chat/completions")


def prefix(provider: str, base_url: str | None) -> str:
    """The URL that the path of a call is added to.

    `base_url` may be the full URL of the call, the prefix, or a mere host, which gets the provider's own path.
    """
    if base_url is None:
        return DEFAULTS[provider]
    url = base_url.rstrip("/")
    for call in _CALLS:
        url = url.removesuffix(call)
    if provider == "anthropic":
        return url.removesuffix("/v1")
    return url if urlsplit(url).path else url + urlsplit(DEFAULTS[provider]).path


def host(base_url: str | None) -> str:
    """Scheme, host and port of an Ollama, for its own interface."""
    parts = urlsplit(base_url or OLLAMA_HOST)
    return f"{parts.scheme}://{parts.netloc}"
