"""What passages mean: kept in a byte per dimension, gone with the passage, and worth a fifth of the best score."""

import math
import sqlite3
import struct
from array import array
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.memory import index, vectors
from actors.memory.vectors import Embedded
from tests.actors.memory.database import TODAY, opened

finite = st.floats(-(2.0**100), 2.0**100, width=32)


def floats(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def cosine(one: bytes, other: bytes) -> float:
    return vectors.cosine(array("b", one), array("b", other))


def direction(*numbers: float) -> bytes:
    return vectors.packed(floats(*numbers))


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = opened(size=64)
    yield made
    made.close()


def embedded(connection: sqlite3.Connection, source: str, *found: bytes, embedder: str = "e") -> None:
    """Give the passages of a file their vectors."""
    passages = vectors.missing(connection, source, embedder, None, 100)
    kept = [(id, text, vector) for (id, text), vector in zip(passages, found, strict=True)]
    vectors.keep(connection, embedder, kept)


def left(connection: sqlite3.Connection, source: str = "a.md", embedder: str = "e") -> list[str]:
    return [text for _, text in vectors.missing(connection, source, embedder, None, 100)]


def searched(connection: sqlite3.Connection, question: str, vector: bytes, embedder: str = "e") -> list[str]:
    hits = index.search(connection, question, today=TODAY, embedded=Embedded(embedder, vector))
    return [hit.source for hit in hits]


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=40))
def test_a_byte_per_dimension_keeps_the_direction(pairs: list[tuple[float, float]]) -> None:
    one, other = (
        [float(struct.unpack("<f", floats(n))[0]) for n in each] for each in zip(*pairs, strict=True)
    )
    most = [max(map(abs, each)) for each in (one, other)]
    found = cosine(direction(*one), direction(*other))
    if min(most) < 1e-30:
        assert found == 0.0
        return
    one, other = ([n / top for n in each] for each, top in zip((one, other), most, strict=True))
    exact = sum(map(float.__mul__, one, other)) / (math.hypot(*one) * math.hypot(*other))
    assert found == pytest.approx(exact, abs=0.01 * math.sqrt(len(pairs)))


def test_a_vector_without_direction_is_near_to_nothing() -> None:
    assert direction() == b""
    assert direction(0.0, -0.0) == bytes(2)
    assert cosine(bytes(2), direction(1.0, 2.0)) == 0.0
    assert cosine(direction(1.0, 2.0), direction(-1e-6, -2e-6)) == pytest.approx(-1.0)


def test_what_means_the_same_comes_first(connection: sqlite3.Connection) -> None:
    index.replace(connection, "bank.md", "the bank of the river, where we had lunch in the sun")
    index.replace(connection, "money.md", "the bank that has our money, and wants more of it now")
    money, river = direction(1, 0.1), direction(0.1, 1)
    embedded(connection, "bank.md", river)
    embedded(connection, "money.md", money)
    assert searched(connection, "bank", money) == ["money.md", "bank.md"]
    assert searched(connection, "bank", river) == ["bank.md", "money.md"]
    plain = [hit.source for hit in index.search(connection, "bank", today=TODAY)]
    for strange in (Embedded("other", money), Embedded("e", direction(1, 2, 3))):
        hits = index.search(connection, "bank", today=TODAY, embedded=strange)
        assert [hit.source for hit in hits] == plain, "vectors of another kind say nothing"
    assert searched(connection, "nothing", money) == []


def test_a_vector_goes_with_its_passage(connection: sqlite3.Connection) -> None:
    first, second = "a line that is long enough to be a passage of its own, and more", "b" * 70
    index.replace(connection, "a.md", f"{first}\n{second}")
    embedded(connection, "a.md", direction(1, 0), direction(0, 1))
    assert left(connection) == []
    index.replace(connection, "a.md", f"{first}\n{second}\nmore")
    assert left(connection) == ["more"]
    index.replace(connection, "a.md", f"{first}\n{'c' * 70}\nmore")
    assert left(connection) == ["c" * 70, "more"]
    index.remove(connection, "a.md")
    assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (0,)
    index.replace(connection, "a.md", f"{first}\n{second}")
    assert left(connection) == [first, second]
    index.clear(connection)
    assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (0,)


def test_a_vector_of_what_a_passage_was_is_not_kept(connection: sqlite3.Connection) -> None:
    index.replace(connection, "a.md", "one")
    ((id, text),) = vectors.missing(connection, "a.md", "e", None, 100)
    index.replace(connection, "a.md", "two")
    vectors.keep(connection, "e", [(id, text, direction(1)), (77, "gone", direction(1))])
    assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (0,)
    assert left(connection) == ["two"]


def test_vectors_of_another_embedder_or_length_are_due_again(connection: sqlite3.Connection) -> None:
    index.replace(connection, "a.md", "one")
    index.replace(connection, "b.md", "two")
    embedded(connection, "a.md", direction(1, 2))
    assert left(connection) == []
    assert left(connection, embedder="f") == ["one"]
    assert left(connection, "b.md") == ["two"]
    assert left(connection, "c.md") == []
    assert [text for _, text in vectors.missing(connection, "a.md", "e", 2, 9)] == []
    assert [text for _, text in vectors.missing(connection, "a.md", "e", 3, 9)] == ["one"]
    embedded(connection, "a.md", direction(1, 2, 3), embedder="f")
    assert left(connection, embedder="f") == []
    assert left(connection) == ["one"], "the one takes the place of the other"


def test_only_so_many_are_due_at_once(connection: sqlite3.Connection) -> None:
    index.replace(connection, "a.md", "\n".join(f"{n} {'x' * 70}" for n in range(9)))
    due = vectors.missing(connection, "a.md", "e", None, 4)
    assert [text[0] for _, text in due] == ["0", "1", "2", "3"]


# --- the ranking ------------------------------------------------------------------------------------------------


def blended(
    connection: sqlite3.Connection, scores: dict[int, float], nearness: dict[int, float]
) -> dict[int, float]:
    """Scores with the share of vectors that are as near to a question as said, by their angle."""
    for id, near in nearness.items():
        connection.execute(
            "INSERT INTO vectors VALUES (?, 'e', ?)", (id, direction(near, math.sqrt(1 - near**2)))
        )
    return vectors.blended(connection, scores, Embedded("e", direction(1.0, 0.0)))


def test_nearness_adds_a_fifth_of_the_best_at_most(connection: sqlite3.Connection) -> None:
    found = blended(connection, {1: 10.0, 2: 9.5, 3: 6.0}, {1: 0.0, 2: 1.0, 3: 0.5})
    assert found == pytest.approx({1: 10.0, 2: 11.5, 3: 7.0}, abs=0.02)


def test_what_has_no_vector_yet_gets_what_is_usual(connection: sqlite3.Connection) -> None:
    found = blended(connection, {1: 10.0, 2: 8.0, 3: 6.0}, {1: 0.0, 2: 1.0})
    assert found == pytest.approx({1: 10.0, 2: 10.0, 3: 7.0}, abs=0.02)


@pytest.mark.parametrize("nearness", [{}, {1: 0.5}, {1: 0.5, 2: 0.5}])
def test_where_vectors_tell_nothing_apart_all_is_as_it_was(
    connection: sqlite3.Connection, nearness: dict[int, float]
) -> None:
    assert blended(connection, {1: 2.0, 2: 1.0}, nearness) == {1: 2.0, 2: 1.0}
    assert vectors.blended(connection, {}, Embedded("e", direction(1))) == {}


def test_what_is_not_among_the_best_is_not_compared(connection: sqlite3.Connection) -> None:
    scores = {id: 1000.0 - id for id in range(200)}
    found = blended(connection, scores, {id: id / 200 for id in range(200)})
    assert found[150] == scores[150]
    assert found[99] > scores[99]


def test_age_counts_before_meaning(connection: sqlite3.Connection) -> None:
    index.replace(connection, "memory/2020-01-01.md", "heron")
    index.replace(connection, "memory/2026-03-20.md", "heron!")
    embedded(connection, "memory/2020-01-01.md", direction(1, 0))
    embedded(connection, "memory/2026-03-20.md", direction(0, 1))
    hits = index.search(connection, "heron", today=date(2026, 3, 20), embedded=Embedded("e", direction(1, 0)))
    assert [hit.source for hit in hits] == ["memory/2020-01-01.md", "memory/2026-03-20.md"]
