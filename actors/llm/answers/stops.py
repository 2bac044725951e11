"""Why an answer ended: the words of all providers in our own. Pure."""

from collections.abc import Mapping
from typing import Final

from actors.llm.completion import END_TURN, FILTERED, MAX_TOKENS, PAUSED, REFUSAL, TOOL_USE
from actors.llm.failures.failures import Report, failure

_MEANINGS: Final[Mapping[str, tuple[str, ...]]] = {
    TOOL_USE: ("tool_use", "tool_calls", "tool_call", "function_call", "function_calls"),
    MAX_TOKENS: (
        "max_tokens",
        "length",
        "max_output_tokens",
        "max_completion_tokens",
        "model_length",
        "token_limit",
        "model_context_window_exceeded",
        "context_length_exceeded",
        "context_window_exceeded",
    ),
    REFUSAL: ("refusal", "refused"),
    FILTERED: (
        "content_filter",
        "content_filtered",
        "content-filter",
        "contentfilter",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "image_prohibited_content",
        "guardrail_intervened",
        "sensitive",
        "moderation",
        "blocked",
    ),
    PAUSED: ("pause_turn",),
}
_OURS: Final = {word: meaning for meaning, words in _MEANINGS.items() for word in words}

_FAILURES: Final = frozenset(
    {
        "error",
        "abort",
        "aborted",
        "cancelled",
        "canceled",
        "failed",
        "network_error",
        "server_error",
        "internal_error",
        "timeout",
        "overloaded",
        "engine_overloaded",
        "insufficient_system_resource",
        "malformed_function_call",
        "malformed_tool_call",
        "malformed_response",
        "unexpected_tool_call",
        "too_many_tool_calls",
    }
)


def stop_reason(provider: str, word: str, *, calls: bool) -> str:
    """What `word`, the reason that a provider gave, is called here; one that nobody knows is an ordinary end.

    Whether there are `calls` counts more than what is said of them. Raises ModelUnavailable when the word tells of a
    failure, so that the same is asked again.
    """
    said = word.strip().casefold()
    if said in _FAILURES:
        raise failure(provider, Report(names=("server_error",), message=f"the answer ended with {word!r}"))
    meaning = _OURS.get(said, END_TURN)
    if calls:
        return TOOL_USE if meaning == END_TURN else meaning
    return END_TURN if meaning == TOOL_USE else meaning
