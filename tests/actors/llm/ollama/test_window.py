"""How much context an Ollama is asked to make room for."""

from typing import Any

import pytest

from actors.llm.ollama.window import KEPT, STEPS, UNKNOWN, Windows, needed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("tokens", "most", "expected"),
    [
        (10, 131_072, 8192),
        (8192, 131_072, 8192),
        (8193, 131_072, 16_384),
        (40_000, 40_960, 40_960),
        (10, 2048, 2048),
        (500_000, None, UNKNOWN),
        (10, None, 8192),
        (5_000_000, 10_000_000, STEPS[-1]),
    ],
)
def test_the_smallest_step_that_is_enough_is_taken(tokens: int, most: int | None, expected: int) -> None:
    assert Windows(Clock()).choose("m", tokens, most) == expected


def test_a_conversation_that_grows_changes_its_step_seldom() -> None:
    windows = Windows(Clock())
    chosen = [windows.choose("m", tokens, 131_072) for tokens in range(5000, 100_000, 500)]
    assert sorted(set(chosen)) == [8192, 16_384, 32_768, 65_536, 131_072]
    assert chosen == sorted(chosen)


def test_a_short_request_between_long_ones_does_not_have_the_model_loaded_anew() -> None:
    windows = Windows(Clock())
    needs = [30_000, 100, 30_500, 200]
    assert {windows.choose("m", tokens, 131_072) for tokens in needs} == {32_768}
    assert windows.choose("other", 100, 131_072) == 8192


def test_room_that_nobody_needs_any_more_is_given_back() -> None:
    windows = Windows(clock := Clock())
    windows.choose("m", 30_000, 131_072)
    clock.now = KEPT - 1
    assert windows.choose("m", 100, 131_072) == 32_768
    clock.now = KEPT
    assert windows.choose("m", 100, 131_072) == 8192


def test_room_that_is_needed_again_is_kept_for_longer() -> None:
    windows = Windows(clock := Clock())
    for clock.now in (0.0, 400.0, 800.0):
        windows.choose("m", 30_000, 131_072)
    clock.now = 800.0 + KEPT - 1
    assert windows.choose("m", 100, 131_072) == 32_768


def test_words_calls_tools_pictures_and_the_answer_need_room() -> None:
    message: dict[str, Any] = {"role": "user", "content": "x" * 300}
    assert needed([message], [], 16_384) == 4096 + 8 + 100
    assert needed([message], [], 64) == 64 + 8 + 100
    assert needed([{**message, "thinking": "y" * 30}], [], 0) == 8 + 110
    assert needed([{**message, "images": ["…", "…"]}], [], 0) == 8 + 100 + 2 * 1024
    assert needed([{**message, "tool_calls": [{"a": 1}]}], [], 0) == 8 + 102
    assert needed([message], [{"a": 1}], 0) == 8 + 102
    assert needed([{"role": "user", "content": "日" * 300 + "\ud83d"}], [], 0) == 8 + 300
