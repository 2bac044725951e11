"""Vectors of passages, beside the index: what an embedder makes of their texts, and how near they are to a question's.

They change the order of what words have found, and nothing else: without them nothing is missing. One is kept as a
signed byte per dimension, a quarter of what it comes as: what ``tests/bench`` asks is answered the same, to the tenth
of a percent (512 dimensions, three languages).
"""

import math
import sqlite3
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Final, final

import attrs

from bus import Data

SHARE: Final = 0.2
"""Of the best score by words, which is added to that of the nearest passage; to others less, to the farthest none."""
COMPARED: Final = 100
"""Passages whose vectors are looked at: the best by words."""
LONGEST: Final = 2000
"""Characters of a text of which the vector is made."""
_BITS: Final = 20
_SMALLEST: Final = 1e-30


@final
@attrs.frozen
class Embedded(Data):
    """A text as a vector, and which embedder made it: those of different ones have nothing to do with each other."""

    embedder: str
    vector: bytes
    """A direction, one signed byte per dimension."""


def missing(
    connection: sqlite3.Connection, source: str, embedder: str, dimensions: int | None, most: int
) -> list[tuple[int, str]]:
    """Passages of a file, each with its text, that have no vector of this embedder and of so many dimensions."""
    rows = connection.execute(
        "SELECT passages.id, passages.text FROM sources"
        " JOIN passages ON passages.id BETWEEN sources.id << :bits AND ((sources.id + 1) << :bits) - 1"
        " LEFT JOIN vectors ON vectors.id = passages.id AND vectors.embedder = :embedder"
        " AND length(vectors.vector) = ifnull(:dimensions, length(vectors.vector))"
        " WHERE sources.name = :source AND vectors.id IS NULL ORDER BY passages.id LIMIT :most",
        {"bits": _BITS, "source": source, "embedder": embedder, "dimensions": dimensions, "most": most},
    )
    return [(id, text) for id, text in rows]


def keep(connection: sqlite3.Connection, embedder: str, made: Iterable[tuple[int, str, bytes]]) -> None:
    """Keep the vectors of passages, each given with the text it is of: a passage that has another one now gets none."""
    connection.executemany(
        "INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM passages WHERE id = ? AND text = ?",
        [(embedder, vector, id, text) for id, text, vector in made],
    )


def blended(
    connection: sqlite3.Connection, scores: Mapping[int, float], question: Embedded
) -> dict[int, float]:
    """The scores of passages with the share of their vectors.

    One that has no vector yet gets what the others that are compared get on average.
    """
    best = sorted(scores, key=lambda id: (-scores[id], id))[:COMPARED]
    near = _cosines(connection, best, question)
    lowest, highest = min(near.values(), default=0.0), max(near.values(), default=0.0)
    if lowest == highest:
        return dict(scores)
    reach = SHARE * scores[best[0]] / (highest - lowest)
    usual = sum(near.values()) / len(near)
    added = {id: reach * (near.get(id, usual) - lowest) for id in best}
    return {id: score + added.get(id, 0.0) for id, score in scores.items()}


def _cosines(connection: sqlite3.Connection, ids: Sequence[int], question: Embedded) -> dict[int, float]:
    rows = connection.execute(
        "SELECT id, vector FROM vectors WHERE embedder = ? AND length(vector) = ?"  # noqa: S608
        f" AND id IN ({','.join('?' * len(ids))})",
        (question.embedder, len(question.vector), *ids),
    )
    read = struct.Struct(f"{len(question.vector)}b").unpack
    asked = read(question.vector)
    return {id: cosine(asked, read(vector)) for id, vector in rows}


def packed(vector: bytes) -> bytes:
    """A direction with a signed byte for each dimension, of a vector of float32, little-endian."""
    numbers: tuple[float, ...] = struct.unpack(f"<{len(vector) // 4}f", vector)
    largest = max(map(abs, numbers), default=0.0)
    if largest < _SMALLEST:
        return bytes(len(numbers))
    return array("b", [round(127 * each / largest) for each in numbers]).tobytes()


def cosine(one: Sequence[int], other: Sequence[int]) -> float:
    """Of the angle between two vectors; 0 when one has no direction. In plain Python: 25 µs for 512 dimensions."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0
