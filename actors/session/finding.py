"""Finding messages by their words. Pure but for the database."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, final

import attrs

from actors.storage import moment
from bus import Data

from . import branches
from .messages import Find, Hit, Session
from .paths import Path
from .sessions import get

_WORD: Final = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e])+")
"""As the index parts words, or nearly so: what this takes for no hit is found and not marked."""
_MOST_WORDS: Final = 12
_BEFORE: Final = 60
_AFTER: Final = 180
"""Characters of an excerpt before and after the first hit."""
_PAGES: Final = 200
"""Pages of the index that are written at once, in a few milliseconds."""
_FOUND: Final = """
SELECT steps.session_id, turn_id, kind, started_at, message_words.text,
       (SELECT seq FROM turns WHERE id = turn_id) AS seq
FROM message_words JOIN steps ON steps.id = message_words.rowid JOIN sessions ON sessions.id = steps.session_id
WHERE message_words MATCH ? AND sessions.user_id = ? AND origin IS NULL AND gone_at IS NULL
ORDER BY message_words.rowid DESC
"""


@final
@attrs.frozen(kw_only=True)
class Found(Data):
    """A message that has the words, whole."""

    session: Session
    turn: str
    role: Literal["user", "assistant"]
    at: int
    """Microseconds since 1970."""
    text: str


def find(connection: sqlite3.Connection, request: Find) -> tuple[Found, ...]:
    """The newest messages of the chosen paths that have all the words."""
    query = _query(words_of(request.q))
    if not query:
        return ()
    known: dict[str, tuple[Session, Path | None]] = {}
    found: list[Found] = []
    for session, turn, kind, at, text, seq in connection.execute(_FOUND, (query, request.user)):
        if session not in known:
            known[session] = (
                get(connection, session, request.user),
                branches.chosen(connection, session),
            )
        whole, path = known[session]
        if path is not None and not path.holds(seq):
            continue
        found.append(Found(session=whole, turn=turn, role=kind, at=at, text=text))
        if len(found) >= request.limit:
            break
    return tuple(found)


def tidy(connection: sqlite3.Connection, *, first: bool = False) -> bool:
    """Take a piece of work on the index, which holds no word of what was deleted after the last; whether there is more.

    Without it such words would stay until enough others have come.

    Args:
      connection: inside a transaction.
      first: whether all of the index is to be looked through from now on.
    """
    before = connection.total_changes
    pages = -_PAGES if first else _PAGES
    connection.execute("INSERT INTO message_words (message_words, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before > 1  # as the manual of FTS5 says


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, as they are compared."""
    return tuple(map(_folded, _WORD.findall(query)))[:_MOST_WORDS]


def _query(words: Sequence[str]) -> str:
    """For the index, where quotes keep what is a word here from being a command there."""
    return " ".join(f'"{word}"' for word in words) + "*" if words else ""


def hit(found: Found, query: str, shown: str) -> Hit | None:
    """What is said of a message; None where its words can only be in what must not be shown.

    Args:
      found: the message.
      query: as it was asked.
      shown: its text without secrets.
    """
    excerpt = excerpt_of(shown, words_of(query))
    if len(excerpt) == 1 and shown != found.text:
        return None
    return Hit(
        session=found.session,
        turn=found.turn,
        role=found.role,
        at=moment(found.at),
        excerpt=excerpt,
    )


def excerpt_of(text: str, words: Sequence[str]) -> tuple[str, ...]:
    """A piece of a text around the first of some words, in parts: every second one is such a word.

    Args:
      text: the message.
      words: folded; the last one may be the beginning of a word.
    """
    spans = (match.span() for match in _WORD.finditer(text) if _is_one(_folded(match[0]), words))
    first = next(spans, None)
    if first is None:
        piece = re.sub(r"\s+", " ", text[: _BEFORE + _AFTER])
        return (_short(piece, after=len(text) > _BEFORE + _AFTER),)
    start, end = max(0, first[0] - _BEFORE), min(len(text), first[1] + _AFTER)
    parts: list[str] = []
    at = start
    for begins, ends in (first, *spans):
        if ends > end:
            break
        parts += [text[at:begins], text[begins:ends]]
        at = ends
    parts.append(text[at:end])
    parts[0] = _short(parts[0], before=start > 0)
    parts[-1] = _short(parts[-1], after=end < len(text))
    return tuple(re.sub(r"\s+", " ", part) for part in parts)


def _is_one(word: str, words: Sequence[str]) -> bool:
    return word in words or (bool(words) and word.startswith(words[-1]))


def _short(text: str, *, before: bool = False, after: bool = False) -> str:
    """A text with dots where something was left out."""
    return ("…" if before else "") + text + ("…" if after else "")


def _folded(word: str) -> str:
    """A word as it is compared: without case and accents."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
    return bare.casefold()
