"""Gemini's way of making vectors, called without provider or bus."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.answers.embeddings import MOST_DIMENSIONS
from actors.llm.gemini.embeddings import EMBEDDINGS, read, request_body
from tests.actors.llm.answers.test_vectors import numbers
from tests.validators import gemini as validator
from tests.validators.strict import Refused


def answer(*vectors: Any, **more: Any) -> bytes:
    return json.dumps({"embeddings": [{"values": each} for each in vectors], **more}).encode()


def test_the_largest_batch_is_one_that_google_takes() -> None:
    body = request_body("gemini-embedding-001", ["x"] * EMBEDDINGS.most, "passage")
    validator.check_embeds(body, model="gemini-embedding-001")
    with pytest.raises(Refused):
        validator.check_embeds(request_body("m", ["x"] * (EMBEDDINGS.most + 1), "passage"), model="m")


def test_a_vector_gets_the_length_one_unless_it_has_no_direction() -> None:
    made = read(answer([3, 4.0], [0, 0]), 2)
    assert [numbers(vector) for vector in made.vectors] == [pytest.approx([0.6, 0.8]), [0.0, 0.0]]
    assert made.tokens == 0
    assert read(answer([1], usageMetadata={"promptTokenCount": 7}), 1).tokens == 7


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "expecting value"),
        (answer(), "1 texts were sent, and 0 vectors came back"),
        (answer([1.0], [1.0]), "and 2 vectors"),
        (answer(None), "no list of numbers"),
        (answer([]), "no vector"),
        (answer(["x"]), "no list of numbers"),
        (answer([0.0] * (MOST_DIMENSIONS + 1)), "no vector"),
        (json.dumps({"embeddings": ["x"]}).encode(), "embedding"),
    ],
)
def test_what_is_no_vector_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(body, 1)


def test_vectors_of_several_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one length"):
        read(answer([1.0], [1.0, 2.0]), 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["embeddings", "values", "usageMetadata"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_is_sent_is_vectors_or_an_error_that_can_be_read(value: Any) -> None:
    with suppress(ValueError):
        assert len(read(json.dumps(value).encode(), 1).vectors) == 1
