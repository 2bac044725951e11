"""Asks an Ollama which models it has, and what they can do."""

from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from actors import jsontext
from actors.llm.ollama.models import Facts, facts, names

_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer; what is shown of a model has its licence in it, and its tokens too if one asks for them."""
PROBE_TIMEOUT: Final = 0.2
"""Seconds. On one's own machine nobody listening is known at once."""
SHOW_TIMEOUT: Final = 3.0
"""Seconds a step."""


def installed(at: str, limit: float = PROBE_TIMEOUT) -> tuple[str, ...]:
    """Names of the chat models that the Ollama `at` this address has, as it orders them; none when nothing answers.

    Blocks for up to `limit` seconds a step: run it in a thread.
    """
    return installed_if_any(at, limit) or ()


def installed_if_any(at: str, limit: float = PROBE_TIMEOUT) -> tuple[str, ...] | None:
    """The same, but None when no Ollama answers: one that was just installed has no model yet."""
    listed = _asked(at, "/api/tags", None, limit)
    return names(listed) if isinstance(listed, dict) and "models" in listed else None


def shown(at: str, model: str, limit: float = SHOW_TIMEOUT) -> Facts | None:
    """What the Ollama `at` this address says of a model; None when it says nothing.

    Blocks for up to `limit` seconds a step: run it in a thread.
    """
    answer = _asked(at, "/api/show", {"model": model}, limit)
    return None if answer is None else facts(answer)


def _asked(at: str, path: str, body: Any, limit: float) -> Any:
    """The JSON that is answered; None for anything else."""
    try:
        url = urlsplit(at)
        connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
        with closing(connect(url.hostname or "", url.port, timeout=limit)) as connection:
            if body is None:
                connection.request("GET", url.path + path)
            else:
                headers = {"content-type": "application/json"}
                connection.request("POST", url.path + path, jsontext.encode(body), headers)
            response = connection.getresponse()
            return jsontext.read(response.read(_LONGEST)) if response.status == 200 else None
    except (OSError, HTTPException, ValueError):
        return None
