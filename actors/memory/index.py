"""The index of one person's files: functions of a connection, each a part of one transaction.

A file is replaced as a whole, yet only the passages that changed are written, so that appending costs as much as what
is appended. The text of a passage is stored once; the index beside it holds words and places only.
"""

import heapq
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from actors.memory import chunks, days, ranking, vectors, words
from actors.memory.ranking import Candidate, Found, Hit
from actors.memory.vectors import Embedded
from actors.memory.words import Term

VERSION: Final = 3
"""Of how passages are cut and indexed. Raise it with every change of that."""
CANDIDATES: Final = 150
"""Passages that are read for an answer."""
MOST_ROWS: Final = 3000
"""Passages that all words of a question may find together."""
MOST_OTHERS: Final = 1000
"""Passages that other words for one may find."""
FEW: Final = 3
"""Passages that have a word; when there are no more, words that are like it are looked for."""
OTHER: Final = 0.5
"""What another word for a word scores, where the word itself once in an average passage scores 1."""
LIKE: Final = 0.6
"""What words that are like it score."""
_BITS: Final = 20

Row = tuple[int, int, str | None, str, str]
"""First line, last line, day, what stands above, text."""


def prepare(connection: sqlite3.Connection, size: int = chunks.SIZE) -> bool:
    """Make the index one of passages of `size` bytes; whether it is empty now and every file has to be read again."""
    version = f"{VERSION} {unicodedata.unidata_version} {size}"
    (before,) = connection.execute("SELECT version FROM layout").fetchone()
    if before == version:
        return False
    clear(connection)
    connection.execute("UPDATE layout SET version = ?", (version,))
    return True


def clear(connection: sqlite3.Connection) -> None:
    """Forget all passages; the files have to be read again."""
    connection.execute("INSERT INTO word_index (word_index) VALUES ('delete-all')")
    connection.execute("DELETE FROM vectors")
    connection.execute("DELETE FROM passages")
    connection.execute("UPDATE sources SET stamp = NULL")
    connection.execute("UPDATE layout SET passages = 0")


def fault(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the index, which :func:`clear` and reading all files again mend; None when nothing is."""
    try:
        connection.execute("INSERT INTO word_index (word_index) VALUES ('integrity-check')")
        (indexed,) = connection.execute("SELECT count(*) FROM word_index_docsize").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    (stored,) = connection.execute("SELECT count(*) FROM passages").fetchone()
    return None if indexed == stored else f"{stored} passages are stored and {indexed} indexed"


def optimise(connection: sqlite3.Connection) -> None:
    """Write the index anew, so that no word of what was removed is left in it."""
    connection.execute("INSERT INTO word_index (word_index) VALUES ('optimize')")


def size_of(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many files and passages there are."""
    row = connection.execute("SELECT (SELECT count(*) FROM sources), passages FROM layout").fetchone()
    return row[0], row[1]


def replace(connection: sqlite3.Connection, source: str, text: str, *, stamp: str | None = None) -> None:
    """Make `text` what the index knows of a file.

    Args:
      source: its name; a day in it is the day of all that has no other.
      text: all of it.
      stamp: how the file looked when it was read, for :mod:`actors.memory.look`.
    """
    connection.execute(
        "INSERT INTO sources (name, stamp) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp",
        (source, stamp),
    )
    first = _first_id(connection, source)
    (version,) = connection.execute("SELECT version FROM layout").fetchone()
    new = _rows(source, text, int(version.split()[-1]))
    old = _stored(connection, first)
    changed = [
        number
        for number in range(max(len(new), len(old)))
        if new[number : number + 1] != old[number : number + 1]
    ]
    _unindex(connection, [(first + number, old[number]) for number in changed if number < len(old)])
    _index(connection, [(first + number, new[number]) for number in changed if number < len(new)])


def stamps(connection: sqlite3.Connection) -> dict[str, str | None]:
    """The files that are known, each with how it looked when it was read; None when it has to be read again."""
    return {row[0]: row[1] for row in connection.execute("SELECT name, stamp FROM sources")}


def restamp(connection: sqlite3.Connection, source: str, stamp: str | None) -> None:
    """Note how a file looks whose text is what it was."""
    connection.execute("UPDATE sources SET stamp = ? WHERE name = ?", (stamp, source))


def remove(connection: sqlite3.Connection, source: str) -> None:
    """Forget a file; one that is not known is forgotten already."""
    first = _first_id(connection, source)
    _unindex(connection, [(first + number, row) for number, row in enumerate(_stored(connection, first))])
    connection.execute("DELETE FROM sources WHERE name = ?", (source,))


def search(
    connection: sqlite3.Connection,
    question: str,
    *,
    today: date,
    limit: int = 10,
    max_bytes: int = 8000,
    half_life_days: float = 30.0,
    embedded: Embedded | None = None,
) -> list[Hit]:
    """What answers a question best, best first. Any text is a question; one without a word has no answer.

    Args:
      connection: may be one that only reads.
      question: words, in whatever language, or a sentence.
      today: what "yesterday" in it refers to, and what age counts from.
      limit: hits.
      max_bytes: of all texts together.
      half_life_days: after which half of what age can take from a score is gone.
      embedded: the question as a vector, for passages that have one.
    """
    found = _found(connection, words.terms(question, today))
    scores = ranking.scores(found)
    candidates = _candidates(connection, heapq.nlargest(CANDIDATES, scores, key=scores.__getitem__))
    aged = {
        each.id: scores[each.id] * ranking.freshness(each.day, today, half_life_days) for each in candidates
    }
    if embedded is not None:
        aged = vectors.blended(connection, aged, embedded)
    return ranking.best(candidates, aged, found, limit=limit, max_bytes=max_bytes)


def _found(connection: sqlite3.Connection, terms: Sequence[Term]) -> list[Found]:
    """What each term finds. The rarest find passages; those that are in too many only tell these apart."""
    (passages,) = connection.execute("SELECT passages FROM layout").fetchone()
    counts = {term: _count(connection, term) for term in terms}
    ordered = sorted(terms, key=counts.__getitem__)
    room = MOST_ROWS
    telling: list[Term] = []
    for term in ordered:
        room -= counts[term]
        if room >= 0 or not telling:
            telling.append(term)
    others = [term for term in ordered if term not in telling]
    found = [_look_up(connection, term, passages) for term in telling]
    found += [_among(connection, term, telling, passages) for term in others]
    return [each for each in found if each.scores]


def _count(connection: sqlite3.Connection, term: Term) -> int:
    """How many passages have a term, as far as that matters."""
    (count,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM word_index WHERE word_index MATCH ? LIMIT ?)",
        (_in_columns(term), MOST_ROWS + 1),
    ).fetchone()
    return int(count)


def _look_up(connection: sqlite3.Connection, term: Term, passages: int) -> Found:
    """The passages that have a term, or another word for it, or, when next to none has it, words that are like it."""
    rows = connection.execute(
        "SELECT rowid, -bm25(word_index, 1.0, 0.5) FROM word_index WHERE word_index MATCH ?"
        " ORDER BY rowid DESC LIMIT ?",
        (_in_columns(term), MOST_ROWS),
    ).fetchall()
    scores = dict.fromkeys(_having(connection, term.others), OTHER)
    if len(rows) <= FEW:
        scores |= dict.fromkeys(_having(connection, term.alike), LIKE)
    in_index = ranking.weight_in_index(passages, len(rows))
    scores |= {id: score / in_index for id, score in rows}
    return Found(term, _weighed(term, scores, ranking.weight(passages, len(scores))))


def _having(connection: sqlite3.Connection, expression: str) -> list[int]:
    """The passages in whose text an expression is found; none when there are so many that it tells nothing."""
    if not expression:
        return []
    rows = connection.execute(
        "SELECT rowid FROM word_index WHERE word_index MATCH ? LIMIT ?",
        (f"text : ({expression})", MOST_OTHERS + 1),
    ).fetchall()
    return [id for (id,) in rows] if len(rows) <= MOST_OTHERS else []


def _among(connection: sqlite3.Connection, term: Term, telling: Sequence[Term], passages: int) -> Found:
    """Those of the passages with a telling term that have another one, which is in very many."""
    either = " OR ".join(f"({_in_columns(each)})" for each in telling)
    rows = connection.execute(
        "SELECT rowid FROM word_index WHERE word_index MATCH ? LIMIT ?",
        (f"({_in_columns(term)}) AND ({either})", MOST_ROWS),
    ).fetchall()
    weight = ranking.weight(passages, passages // 4)
    return Found(term, _weighed(term, {id: 1.0 for (id,) in rows}, weight))


def _weighed(term: Term, scores: Mapping[int, float], weight: float) -> dict[int, float]:
    weight *= ranking.NAME if term.is_name else 1.0
    return {id: score * weight for id, score in scores.items()}


def _in_columns(term: Term) -> str:
    return f"{'above' if term.above else '{text above}'} : ({term.expression})"


def _candidates(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Candidate]:
    rows = connection.execute(
        "SELECT passages.*, sources.name FROM passages JOIN sources ON sources.id = passages.id >> ?"  # noqa: S608
        f" WHERE passages.id IN ({','.join('?' * len(ids))})",
        (_BITS, *ids),
    )
    return [
        Candidate(
            id=id,
            source=source,
            line_start=line_start,
            line_end=line_end,
            day=_day(day),
            text=text,
        )
        for id, line_start, line_end, day, _, text, source in rows
    ]


def _day(stored: str | None) -> date | None:
    """The day of a passage; what is none, as only damage writes it, counts as no day."""
    try:
        return None if stored is None else date.fromisoformat(stored)
    except ValueError:
        return None


def _first_id(connection: sqlite3.Connection, source: str) -> int:
    """The id of the first passage that a file has or could have."""
    row = connection.execute("SELECT id FROM sources WHERE name = ?", (source,)).fetchone()
    return 0 if row is None else (row[0] << _BITS) + 1


def _stored(connection: sqlite3.Connection, first: int) -> list[Row]:
    rows = connection.execute(
        "SELECT line_start, line_end, day, above, text FROM passages WHERE id BETWEEN ? AND ? ORDER BY id",
        (first, first | (1 << _BITS) - 1),
    )
    return [tuple(row) for row in rows]


def _rows(source: str, text: str, size: int) -> list[Row]:
    own = days.day_in(source)
    name = source.removesuffix(".md")
    rows: list[Row] = []
    for passage in chunks.cut(text, size):
        day = passage.day or own
        above = words.indexed(" ".join((*passage.headings, name, "" if day is None else days.marks(day))))
        rows.append(
            (
                passage.line_start,
                passage.line_end,
                None if day is None else day.isoformat(),
                above,
                passage.text,
            )
        )
    return rows


def _index(connection: sqlite3.Connection, rows: Sequence[tuple[int, Row]]) -> None:
    connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", [(id, *row) for id, row in rows])
    connection.executemany("INSERT INTO word_index (rowid, text, above) VALUES (?, ?, ?)", _fed(rows))
    connection.execute("UPDATE layout SET passages = passages + ?", (len(rows),))


def _unindex(connection: sqlite3.Connection, rows: Sequence[tuple[int, Row]]) -> None:
    """Take passages out, from the disk as well; what was fed has to be said again, as the index does not keep it."""
    connection.executemany(
        "INSERT INTO word_index (word_index, rowid, text, above) VALUES ('delete', ?, ?, ?)", _fed(rows)
    )
    connection.executemany("DELETE FROM vectors WHERE id = ?", [(id,) for id, _ in rows])
    connection.executemany("DELETE FROM passages WHERE id = ?", [(id,) for id, _ in rows])
    connection.execute("UPDATE layout SET passages = passages - ?", (len(rows),))


def _fed(rows: Iterable[tuple[int, Row]]) -> list[tuple[int, str, str]]:
    return [(id, words.indexed(text), above) for id, (_, _, _, above, text) in rows]
