"""What an Ollama says of its models."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.models.catalogue import ModelDetails
from actors.llm.ollama.models import Facts, facts, names

SHOWN: dict[str, Any] = {
    "model_info": {
        "general.architecture": "qwen3vl",
        "general.license.link": "…",
        "qwen3vl.block_count": 36,
        "qwen3vl.context_length": 262_144,
        "qwen3vl.vision.block_count": 27,
        "tokenizer.ggml.tokens": None,
    },
    "capabilities": ["completion", "vision", "tools", "thinking"],
}


def test_the_window_and_what_a_model_can_do_are_read() -> None:
    assert facts(SHOWN) == Facts(context_window=262_144, tools=True, vision=True, thinking=True)


def test_an_old_server_lists_no_capabilities() -> None:
    old = {"model_info": SHOWN["model_info"]}
    assert facts(old) == Facts(context_window=262_144, vision=True)
    blind = {"model_info": {"llama.context_length": 8192, "llama.vision.block_count": 0}}
    assert facts(blind) == Facts(context_window=8192, vision=False)
    assert facts({"model_info": {"llama.context_length": 8192}}) == Facts(context_window=8192)


def test_a_model_that_only_talks_has_neither_tools_nor_thoughts() -> None:
    assert facts({"capabilities": ["completion"]}) == Facts(tools=False, vision=False, thinking=False)


@pytest.mark.parametrize("value", [0, -5, True, "8192", None, [], 10**30, 8192.0])
def test_a_window_that_is_none_is_unknown(value: Any) -> None:
    assert facts({"model_info": {"llama.context_length": value}}) == Facts()


def test_names_are_listed_without_those_of_models_that_make_vectors() -> None:
    listed = [
        {"name": "qwen3:8b"},
        {"model": "only-here"},
        {"name": "nomic-embed-text:latest"},
        {"name": "minilm", "details": {"family": "bert"}},
        {"name": 5},
        {},
        None,
    ]
    assert names({"models": listed}) == ("qwen3:8b", "only-here")


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "models",
                    "name",
                    "details",
                    "family",
                    "model_info",
                    "capabilities",
                    "a.context_length",
                    "a.vision.block_count",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
)


@given(ANYTHING)
def test_whatever_is_answered_is_read(answer: Any) -> None:
    assert all(isinstance(name, str) and name for name in names(answer))
    assert isinstance(facts(answer), Facts)


def test_what_was_learned_lies_over_what_the_catalogue_says() -> None:
    details = ModelDetails()
    said = Facts(context_window=40_960, tools=False, vision=True, thinking=True)
    learned = said.over(details, None)
    assert learned == attrs.evolve(details, context_window=40_960, tools=False, vision=True, effort=True)
    assert Facts().over(details, None) == details
    assert said.over(ModelDetails(context_window=10_000), None).context_window == 10_000


@pytest.mark.parametrize(
    ("known", "fixed", "expected"),
    [(40_960, 8192, 8192), (4096, 8192, 4096), (None, 8192, 8192), (None, None, None)],
)
def test_what_the_settings_demand_is_all_that_there_is(
    known: int | None, fixed: int | None, expected: int | None
) -> None:
    assert Facts(context_window=known).over(ModelDetails(), fixed).context_window == expected
