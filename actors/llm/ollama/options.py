"""What settings say of requests to an Ollama, in the words of its interface or in those of OpenAI's. Pure."""

from collections.abc import Mapping
from typing import Any, Final, cast

from actors.llm.fields import JsonObject

_BODY: Final = frozenset({
    "model", "messages", "tools", "format", "keep_alive", "think", "truncate", "shift", "logprobs", "top_logprobs",
})  # fmt: skip
"""What stands in a body itself; all else that the settings add is an option of the model, such as ``temperature``."""
_OPENAI: Final = {"max_tokens": "num_predict", "max_completion_tokens": "num_predict"}
"""Options by the names that they have in the interface which Ollama has as well."""


def fixed_window(options: Mapping[str, Any]) -> int | None:
    """Tokens of context that the settings demand, if they do."""
    size = sorted_out(options)[1].get("num_ctx")
    return size if isinstance(size, int) and size > 0 else None


def sorted_out(options: Mapping[str, Any]) -> tuple[JsonObject, JsonObject]:
    """What the settings add to the body of a request, and what to the options in it."""
    body = {name: value for name, value in options.items() if name in _BODY}
    chosen = {_OPENAI.get(name, name): value for name, value in options.items() if name not in _BODY}
    inner = chosen.pop("options", None)
    chosen.pop("stream", None)
    if (effort := chosen.pop("reasoning_effort", None)) is not None:
        body.setdefault("think", False if effort == "none" else effort)
    return body, {**chosen, **(cast("JsonObject", inner) if isinstance(inner, Mapping) else {})}
