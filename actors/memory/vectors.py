"""Vectors of passages, beside the index: what an embedder makes of their texts, and how near they are to a question's.

They change the order of what words have found, and nothing else: without them nothing is missing.
"""

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Final, final

import attrs

SHARE: Final = 0.2
"""Of the score of a passage that comes from its vector, where the rest comes from words."""
COMPARED: Final = 100
"""Passages whose vectors are looked at: the best by words."""


@final
@attrs.frozen
class Embedded:
    """A text as a vector, and which embedder made it: those of different ones have nothing to do with each other."""

    embedder: str
    vector: Sequence[float]


def missing(connection: sqlite3.Connection, embedder: str, limit: int) -> list[tuple[int, str]]:
    """Ids and texts of passages that have no vector of an embedder, the newest first."""
    rows = connection.execute(
        "SELECT id, text FROM passages WHERE NOT EXISTS"
        " (SELECT 1 FROM vectors WHERE vectors.id = passages.id AND embedder = ?) ORDER BY id DESC LIMIT ?",
        (embedder, limit),
    )
    return [(id, text) for id, text in rows]


def keep(connection: sqlite3.Connection, made: Iterable[tuple[int, str, Embedded]]) -> None:
    """Keep the vectors of passages, each given with the text it is of: a passage that has another one now gets none."""
    connection.executemany(
        "INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM passages WHERE id = ? AND text = ?",
        [(of.embedder, packed(of.vector), id, text) for id, text, of in made],
    )


def blended(
    connection: sqlite3.Connection, scores: Mapping[int, float], question: Embedded
) -> dict[int, float]:
    """The scores of passages with the share of their vectors. Both are spread alike over the best passages first."""
    best = sorted(scores, key=lambda id: (-scores[id], id))[:COMPARED]
    near = _cosines(connection, best, question)
    if not near:
        return dict(scores)
    lowest, highest = min(near.values()), max(near.values())
    reach = (scores[best[0]] - scores[best[-1]]) * SHARE / (1 - SHARE) / ((highest - lowest) or 1.0)
    return {id: score + reach * (near.get(id, lowest) - lowest) for id, score in scores.items()}


def _cosines(connection: sqlite3.Connection, ids: Sequence[int], question: Embedded) -> dict[int, float]:
    asked = packed(question.vector)
    rows = connection.execute(
        f"SELECT id, vector FROM vectors WHERE embedder = ? AND id IN ({','.join('?' * len(ids))})",  # noqa: S608
        (question.embedder, *ids),
    )
    return {id: cosine(asked, vector) for id, vector in rows if len(vector) == len(asked)}


def packed(vector: Sequence[float]) -> bytes:
    """A vector with a signed byte for each dimension. Its length is lost; the direction is not, nearly."""
    largest = max(map(abs, vector), default=0.0) or 1.0
    return bytes(round(127 * each / largest) & 0xFF for each in vector)


def cosine(one: bytes, other: bytes) -> float:
    """Of the angle between two packed vectors; 0 when one has no direction."""
    a, b = memoryview(one).cast("b"), memoryview(other).cast("b")
    lengths = math.sqrt(sum(map(mul, a, a)) * sum(map(mul, b, b)))
    return sum(map(mul, a, b)) / lengths if lengths else 0.0
