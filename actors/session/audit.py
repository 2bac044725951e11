"""The audit log: what was decided about calls, and what people have answered, sealed row by row.

Each row holds the digest of the one before it, so nobody can change, remove or move one without writing all that follow
anew. How far the log went, and what its last row was, is kept in a file beside the database as well (:class:`Head`): it
shows that rows are missing at the end, or that all was written anew.
"""

import hashlib
import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final, final

from actors.guarding import Decision
from actors.storage import clean, micros, moment

from .messages import Audited, AuditRow, Fault, Head, Note, ShowAudit

FIRST: Final = "0" * 64
"""Stands for the hash before the first row."""
SHOWN: Final = 2000
"""Characters of an input that are kept; its digest is that of all of it."""
PHRASE: Final = 500
"""Likewise of a subject, a reason, an answer."""
_SEALED: Final = (
    "seq",
    "key",
    "at",
    "kind",
    "verdict",
    "by",
    "tool",
    "user_id",
    "session_id",
    "turn_id",
    "digest",
)
_INSERT: Final = f"INSERT INTO audit ({', '.join(_SEALED)}, words, hash) VALUES ({', '.join('?' * 13)})"  # noqa: S608
_ALL: Final = "SELECT * FROM audit ORDER BY seq"


# --- writing ----------------------------------------------------------------------------------------------


def decided(  # noqa: PLR0913 - each is a column
    connection: sqlite3.Connection,
    decision: Decision,
    *,
    key: str,
    user: str,
    session: str,
    turn: str,
    tool: str,
    call: str,
    now: int,
) -> None:
    """Add what was decided about a call, in the transaction in which that takes effect; once for each `key`.

    `call` is the call as its step holds it, JSON.
    """
    given = json.loads(call)["input"] if decision.input is None else dict(decision.input)
    written = _canonical(given)
    words = {
        "subject": decision.subject[:PHRASE],
        "reason": decision.reason[:PHRASE],
        "outside": list(decision.outside),
        "input": written[:SHOWN],
        "input_digest": _digest(written),
    }
    _append(
        connection,
        key=key,
        at=now,
        kind="call",
        verdict=decision.verdict,
        by=decision.by,
        tool=tool,
        user_id=user,
        session_id=session,
        turn_id=turn,
        words=words,
    )


def note(connection: sqlite3.Connection, request: Note, now: int) -> None:
    """Add what a person has answered, or changed about what is granted."""
    _append(
        connection,
        key=request.key,
        at=now,
        kind=request.kind,
        verdict=request.verdict,
        by=request.by,
        tool=request.tool,
        user_id=request.of_user,
        session_id=request.session,
        turn_id=request.turn,
        words={name: text[:SHOWN] for name, text in request.words.items()},
    )


def erase(connection: sqlite3.Connection, session: str, user: str, now: int) -> None:
    """Forget the words of a conversation that is deleted. That they were there, and are not any more, stays known."""
    erased = connection.execute(
        "UPDATE audit SET words = NULL WHERE session_id = ? AND words IS NOT NULL RETURNING seq", (session,)
    ).fetchall()
    if erased:
        _append(
            connection,
            key=f"erased:{session}:{max(seq for (seq,) in erased)}",
            at=now,
            kind="erased",
            verdict="",
            by="pruned",
            tool="",
            user_id=user,
            session_id=session,
            turn_id="",
            words={},
        )


def _append(connection: sqlite3.Connection, *, words: Mapping[str, Any], **fields: Any) -> None:
    if connection.execute("SELECT 1 FROM audit WHERE key = ?", (fields["key"],)).fetchone() is not None:
        return
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    (given_out,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'"
    ).fetchone()
    said = _canonical(words)
    cleaned = {name: clean(value) if isinstance(value, str) else value for name, value in fields.items()}
    row = {"seq": given_out + 1, **cleaned, "digest": _digest(said)}
    sealed = _sealed(FIRST if last is None else last["hash"], row)
    connection.execute(_INSERT, (*(row[name] for name in _SEALED), said, sealed))


# --- reading ----------------------------------------------------------------------------------------------


def show(connection: sqlite3.Connection, request: ShowAudit) -> tuple[AuditRow, ...]:
    """Rows that fit, newest first."""
    found = connection.execute(
        "SELECT * FROM audit WHERE (:session IS NULL OR session_id = :session)"
        " AND (:of_user IS NULL OR user_id = :of_user) AND (:tool IS NULL OR tool = :tool)"
        " AND (:since IS NULL OR at >= :since) ORDER BY seq DESC LIMIT :limit",
        {
            "session": request.session,
            "of_user": request.of_user,
            "tool": request.tool,
            "since": None if request.since is None else micros(request.since),
            "limit": max(0, request.limit),
        },
    )
    return tuple(
        AuditRow(
            seq=row["seq"],
            at=moment(row["at"]),
            kind=row["kind"],
            verdict=row["verdict"],
            by=row["by"],
            tool=row["tool"],
            user=row["user_id"],
            session=row["session_id"],
            turn=row["turn_id"],
            words={} if row["words"] is None else json.loads(row["words"]),
            hash=row["hash"],
        )
        for row in found
    )


# --- the head ---------------------------------------------------------------------------------------------


def head_text(head: Head) -> str:
    """As it is kept in a file."""
    return f"{head.seq} {head.hash}\n"


def head_of(text: str) -> Head | None:
    """What a file says; None for what is none."""
    seq, _, sealed = text.strip().partition(" ")
    return Head(seq=int(seq), hash=sealed) if seq.isdecimal() and len(sealed) == len(FIRST) else None


def advance(connection: sqlite3.Connection, kept: Head | None) -> Head | None:
    """The newest row, to be kept; None when there is none, or it does not follow from what was `kept`.

    Runs in a transaction that the disk has taken when it is over, so that no power cut makes the log shorter than is
    known.
    """
    if kept is not None:
        there = connection.execute("SELECT hash FROM audit WHERE seq = ?", (kept.seq,)).fetchone()
        if there is None or there["hash"] != kept.hash:
            return None
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    if last is None:
        return None
    # Something has to be written, or the disk is not waited for.
    connection.execute(
        "INSERT INTO counters VALUES ('audit', ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last",
        (last["seq"],),
    )
    return Head(seq=last["seq"], hash=last["hash"])


# --- verifying --------------------------------------------------------------------------------------------


def audited(connection: sqlite3.Connection, heads: Iterable[Head]) -> Audited:
    """Look through all of the log, which must hold each of these rows. Reads all of it."""
    (given_out,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'"
    ).fetchone()
    erased = dict(
        connection.execute("SELECT session_id, max(seq) FROM audit WHERE kind = 'erased' GROUP BY session_id")
    )
    heads = tuple(heads)
    chain = _Chain(erased, {head.seq for head in heads})
    faults = [fault for row in connection.execute(_ALL) for fault in chain.add(row)]
    faults += chain.ends(given_out, heads)
    return Audited(
        rows=chain.rows, last=chain.last, faults=tuple(faults[:MOST]), more=max(0, len(faults) - MOST)
    )


MOST: Final = 100
"""Faults that are told one by one."""


@final
class _Chain:
    """What was seen of the log so far."""

    def __init__(self, erased: Mapping[str, int], noted: Container[int]) -> None:
        """`erased` gives, by conversation, the last row that says that its words were; `noted` rows are known."""
        self.rows = 0
        self.last: Head | None = None
        self._erased = erased
        self._noted = noted
        self._hashes: dict[int, str] = {}

    def add(self, row: sqlite3.Row) -> Iterator[Fault]:
        """What is wrong with the next row."""
        seq = row["seq"]
        expected = 1 if self.last is None else self.last.seq + 1
        if seq > expected:
            yield Fault(seq=expected, what=f"{_rows(expected, seq - 1)} missing")
        elif seq < expected:
            yield Fault(seq=seq, what=f"row {seq} is none that was ever written")
        if row["words"] is None:
            if self._erased.get(row["session_id"], 0) <= seq:
                yield Fault(
                    seq=seq, what=f"row {seq} lacks its words, and nothing says that they were erased"
                )
        elif _digest(row["words"]) != row["digest"]:
            yield Fault(seq=seq, what=f"the words of row {seq} were changed")
        before = FIRST if self.last is None else self.last.hash
        if seq == expected and _sealed(before, row) != row["hash"]:
            yield Fault(
                seq=seq, what=f"row {seq} was changed, moved, or does not follow from the one before it"
            )
        self.rows += 1
        self.last = Head(seq=seq, hash=row["hash"])
        if seq in self._noted:
            self._hashes[seq] = row["hash"]

    def ends(self, given_out: int, heads: Iterable[Head]) -> Iterator[Fault]:
        """What is wrong with the whole: `given_out` is the last number that the database has given to a row."""
        last = 0 if self.last is None else self.last.seq
        if given_out > last:
            yield Fault(seq=last + 1, what=f"{_rows(last + 1, given_out)} missing at the end")
        for head in heads:
            if head.seq > max(last, given_out):
                yield Fault(seq=head.seq, what=f"the log once went up to row {head.seq}: its end is missing")
            elif head.seq in self._hashes and self._hashes[head.seq] != head.hash:
                yield Fault(
                    seq=head.seq,
                    what=f"row {head.seq} is not the one that was noted: the log was written anew",
                )


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"


# --- sealing ----------------------------------------------------------------------------------------------


def _canonical(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed(before: str, row: Mapping[str, Any] | sqlite3.Row) -> str:
    return _digest(f"{before}\n{_canonical([row[name] for name in _SEALED])}")
