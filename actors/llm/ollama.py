"""Asks an Ollama on this machine which models it has."""

from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final, cast
from urllib.parse import urlsplit

from actors import jsontext

_LONGEST: Final = 1024 * 1024
PROBE_TIMEOUT: Final = 0.2
"""Seconds. On one's own machine nobody listening is known at once."""


def installed(host: str, limit: float = PROBE_TIMEOUT) -> tuple[str, ...]:
    """Names of the chat models that the Ollama at `host` has, as it orders them; none when nothing answers.

    Blocks for up to `limit` seconds a step: run it in a thread.
    """
    try:
        url = urlsplit(host)
        connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
        with closing(connect(url.hostname or "", url.port, timeout=limit)) as connection:
            connection.request("GET", "/api/tags")
            response = connection.getresponse()
            body: Any = jsontext.read(response.read(_LONGEST)) if response.status == 200 else {}
        models = cast("list[dict[str, Any]]", body.get("models") or [])
        return tuple(str(model["name"]) for model in models if not _embeds(model))
    except (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError):
        return ()


def _embeds(model: dict[str, Any]) -> bool:
    """Whether it makes vectors instead of words."""
    details: dict[str, Any] = model.get("details") or {}
    return "embed" in model["name"] or "bert" in str(details.get("family"))
