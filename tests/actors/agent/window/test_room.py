"""How much a model can take: from the catalogue, from a refusal, from the settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.settings import Compaction
from actors.agent.window.room import LEAST, SMALL, Learned, Room, named_window, rate, room, smaller

SETTINGS = Compaction()


def test_a_small_window_lowers_the_budget() -> None:
    assert room(SETTINGS, None, 0).budget == 160_000
    assert room(SETTINGS, 1_000_000, 0).budget == 160_000
    assert room(SETTINGS, 128_000, 0).budget == 102_400


def test_what_is_fixed_counts_in_a_window_but_not_in_a_budget_that_somebody_has_set() -> None:
    assert room(Compaction(context_budget=1000), None, 3000).characters == 4000
    assert room(SETTINGS, 1000, 3000).characters == 200
    assert room(SETTINGS, 1000, 5000).characters == 0
    assert room(SETTINGS, None, 3000).tokens(400) == 100
    assert room(SETTINGS, 1000, 3000).tokens(400) == 850


def test_an_answer_gets_what_is_left_of_the_window_but_never_nothing() -> None:
    assert room(SETTINGS, None, 0).answer(16_384, 10_000_000) == 16_384
    assert room(SETTINGS, 200_000, 0).answer(16_384, 640_000) == 16_384
    assert room(SETTINGS, 32_000, 0).answer(16_384, 8000) == 16_384
    assert room(SETTINGS, 32_000, 0).answer(16_384, 100_000) == 6400
    assert room(SETTINGS, 300, 0).answer(16_384, 100_000) == LEAST


def test_a_large_prompt_tells_how_many_characters_make_a_token() -> None:
    assert rate(2000, 100) == 0.25
    assert rate(10, 100_000) == 0.25
    assert rate(60_000, 100_000) == 0.6
    assert rate(900_000, 100_000) == 1.0


def test_it_is_tried_with_less_and_less() -> None:
    assert smaller(100_000, 1) == 80_000
    assert smaller(80_000, 2) == 20_000
    assert smaller(20_000, 3) == 2500
    assert smaller(SMALL, 1) == smaller(SMALL, 4) == 0


@given(st.integers(min_value=0, max_value=10**9))
def test_there_are_few_tries(size: int) -> None:
    tries = 0
    while size:
        tries += 1
        size = smaller(size, tries)
    assert tries <= 9


@pytest.mark.parametrize(
    ("detail", "window"),
    [
        (
            "maximum context length is 4096 tokens. However, you requested 5000 tokens (3000 in the messages).",
            4096,
        ),
        ("prompt is too long: 208310 tokens > 200000 maximum", 200_000),
        ("request (4267 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        (
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            1_048_576,
        ),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32_768),
        ("the model is loaded with context length of only 4096 tokens", 4096),
        ("This model's maximum prompt length is 131,072 but the request contains 537812 tokens.", 131_072),
        ("'max_tokens' is too large: 16384. (16384 > 4096 - 500)", 4096),
        ("number of input tokens has exceeded max_seq_len limit of 8_192", 8192),
        ("Context size has been exceeded.", None),
        ("too many tokens: size limit exceeded by 1000 tokens", None),
        ("Request exceeds the maximum size (HTTP 413)", None),
        ("", None),
    ],
)
def test_the_limit_that_a_refusal_names(detail: str, window: int | None) -> None:
    assert named_window(detail) == window


def test_a_refusal_that_names_no_limit_teaches_one_in_which_the_next_try_has_room() -> None:
    learned = Learned()
    before = Room(window=None, budget=160_000, fixed=10_000)
    learned.refused("a/b", before, 80_000, None)
    assert learned.window("a/b", None) == learned.window("a/b", 200_000) == 28_125
    assert learned.window("a/b", 8000) == 8000
    assert learned.window("a/other", None) is None
    assert room(SETTINGS, 28_125, 10_000).characters == 80_000


def test_a_named_limit_is_gone_by_unless_it_turns_out_to_be_too_much() -> None:
    learned = Learned()
    before = Room(window=None, budget=160_000, fixed=0)
    learned.refused("a/b", before, 80_000, 4096)
    assert learned.window("a/b", None) == 4096
    learned.refused("a/b", before, 8000, 4096)
    assert learned.window("a/b", None) == 2500


def test_refusals_of_everything_teach_only_what_they_name() -> None:
    learned = Learned()
    before = Room(window=None, budget=160_000, fixed=0)
    learned.refused("a/b", before, 80_000, None)
    learned.gave_up("a/b", None)
    assert learned.window("a/b", None) is None
    learned.gave_up("a/b", 4096)
    assert learned.window("a/b", None) == 4096
