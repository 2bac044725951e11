"""Reasons to stop, of all providers."""

import pytest

from actors.llm.answers.stops import stop_reason
from actors.llm.messages import ModelUnavailable


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("stop", "end_turn"),
        ("STOP", "end_turn"),
        ("eos", "end_turn"),
        ("stop_sequence", "end_turn"),
        ("", "end_turn"),
        ("something new", "end_turn"),
        ("tool_calls", "end_turn"),
        ("length", "max_tokens"),
        ("MAX_TOKENS", "max_tokens"),
        ("model_context_window_exceeded", "max_tokens"),
        ("refusal", "refusal"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("pause_turn", "pause_turn"),
    ],
)
def test_words_of_providers_have_names_of_ours(word: str, meaning: str) -> None:
    assert stop_reason("x", word, calls=False) == meaning


@pytest.mark.parametrize(
    ("word", "meaning"), [("stop", "tool_use"), ("tool_use", "tool_use"), ("length", "max_tokens")]
)
def test_calls_count_more_than_what_is_said_of_them(word: str, meaning: str) -> None:
    assert stop_reason("x", word, calls=True) == meaning


@pytest.mark.parametrize("word", ["error", "network_error", "abort", "MALFORMED_FUNCTION_CALL"])
def test_a_word_that_tells_of_a_failure_is_one(word: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"ended with '{word}'") as caught:
        stop_reason("x", word, calls=False)
    assert caught.value.reason == "server"
