"""Vectors change the order of what words have found, and nothing else."""

import math
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.memory import index, vectors
from actors.memory.vectors import Embedded
from tests.actors.memory.database import TODAY, opened

VECTORS = st.lists(st.floats(-1, 1), min_size=3, max_size=3)
WALK, SWIM = Embedded("model", [1.0, 0.0, 0.1]), Embedded("model", [0.0, 1.0, 0.1])


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = opened()
    index.replace(connection, "a.md", "went for a walk with Ada by the sea")
    index.replace(connection, "b.md", "went for a swim with Ada by the sea")
    made = {"walk": WALK, "swim": SWIM}
    passages = vectors.missing(connection, "model", 10)
    vectors.keep(connection, [(id, text, made[text.split()[3]]) for id, text in passages])
    return connection


def first(connection: sqlite3.Connection, embedded: Embedded | None) -> str:
    return index.search(connection, "Ada by the sea", today=TODAY, embedded=embedded)[0].source


def test_the_nearer_of_two_that_are_as_good_comes_first(connection: sqlite3.Connection) -> None:
    index.replace(connection, "c.md", "went to Ada")
    assert first(connection, WALK) == "a.md"
    assert first(connection, SWIM) == "b.md"


@pytest.mark.parametrize("question", [None, Embedded("other", [0.0, 1.0, 0.0]), Embedded("model", [1.0])])
def test_without_vectors_of_the_same_embedder_words_decide(
    connection: sqlite3.Connection, question: Embedded | None
) -> None:
    without = index.search(connection, "Ada by the sea", today=TODAY)
    assert index.search(connection, "Ada by the sea", today=TODAY, embedded=question) == without


def test_a_passage_that_changed_meanwhile_keeps_no_vector_of_what_it_was(
    connection: sqlite3.Connection,
) -> None:
    assert vectors.missing(connection, "model", 10) == []
    ((id, before),) = vectors.missing(connection, "other", 1)
    index.replace(connection, "b.md", "something else")

    vectors.keep(connection, [(id, before, SWIM)])

    assert vectors.missing(connection, "model", 10) == [(id, "something else")]


@given(VECTORS, VECTORS)
def test_a_byte_for_each_dimension_is_enough(one: list[float], other: list[float]) -> None:
    a, b = vectors.packed(one), vectors.packed(other)
    lengths = math.hypot(*one) * math.hypot(*other)
    if lengths > 1e-100:
        exact = sum(x * y for x, y in zip(one, other, strict=True)) / lengths
        assert vectors.cosine(a, b) == pytest.approx(exact, abs=0.02)


def test_what_has_no_direction_is_near_to_nothing() -> None:
    assert vectors.cosine(vectors.packed([0.0, 0.0]), vectors.packed([1.0, 0.0])) == 0.0
    assert vectors.packed([]) == b""
