"""The format of embeddings, called without provider or bus."""

import base64
import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.answers import embeddings


def numbers(vector: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(vector) // 4}f", vector))


def answer(*items: Any, **more: Any) -> bytes:
    return json.dumps({"data": [*items], **more}).encode()


def test_vectors_are_asked_for_in_base64() -> None:
    body = embeddings.request_body("m", ("a", "b"))
    assert body == {"model": "m", "input": ["a", "b"], "encoding_format": "base64"}


def test_vectors_come_back_in_the_order_of_the_texts() -> None:
    made = embeddings.read(
        answer({"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": [1.0, 2.0]}), 2
    )
    assert [numbers(vector) for vector in made.vectors] == [[1.0, 2.0], [3.0, 4.5]]
    assert made.tokens == 0
    assert embeddings.read(answer({"embedding": [1.0]}, usage={"prompt_tokens": 3}), 1).tokens == 3


ONE = {"embedding": [1.0]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        answer(),
        answer(ONE, ONE),
        answer({"index": 1, "embedding": [1.0]}),
        answer({"embedding": None}),
        answer({"embedding": "?"}),
        answer({"embedding": base64.b64encode(b"abc").decode()}),
        answer({"embedding": base64.b64encode(struct.pack("<f", float("nan"))).decode()}),
        answer({"embedding": ["1"]}),
        answer({"embedding": [1e300]}),
        answer({"embedding": {"a": 1}}),
        answer({"embedding": [0.0] * (embeddings.MOST_DIMENSIONS + 1)}),
        answer("x"),
    ],
)
def test_what_is_no_vector_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them is told
        embeddings.read(body, 1)


def test_vectors_of_several_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one length"):
        embeddings.read(answer({"embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}), 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "index", "embedding", "usage", "prompt_tokens"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_is_sent_is_vectors_or_an_error_that_can_be_read(value: Any) -> None:
    with suppress(ValueError):
        assert len(embeddings.read(json.dumps(value).encode(), 1).vectors) == 1


def test_who_makes_no_vectors_says_so() -> None:
    refused = embeddings.unknown_to("anthropic")
    assert (refused.reason, refused.provider) == ("invalid_request", "anthropic")
    assert "makes no vectors" in str(refused)
