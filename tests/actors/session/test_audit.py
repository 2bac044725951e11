"""The audit log: what is in it, and what cannot be done to it without being found."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.guarding import Decision
from actors.session import audit, pruning
from actors.session.actor import MIGRATIONS
from actors.session.messages import Audited, Head, Note, ShowAudit
from actors.storage import micros, numbered
from actors.storage.keeper import empty
from actors.vocabulary import ADMIN
from tests.fakes.ledger import START, Ledger

ALLOWED = Decision(verdict="allowed", by="default", subject="a", outside=("WebFetch",))


def add(ledger: Ledger, *calls: str, by: str = "default", **fields: Any) -> str:
    """A turn whose calls were decided about; its id."""
    accepted = ledger.accept("go", **fields)
    ledger.begin(accepted.turn)
    for step in ledger.complete(accepted.turn, "I look", calls=calls):
        ledger.result(accepted.turn, step.n, decision=Decision(verdict="allowed", by=by))
    ledger.finish(accepted.turn, "done")
    return accepted.turn


def look(ledger: Ledger, *heads: Head) -> Audited:
    return audit.audited(ledger.connection, heads)


def faults(ledger: Ledger, *heads: Head) -> list[str]:
    return [fault.what for fault in look(ledger, *heads).faults]


def head(ledger: Ledger) -> Head:
    last = look(ledger).last
    assert last is not None
    return last


def rows(ledger: Ledger, **wanted: Any) -> list[tuple[str, str]]:
    return [(row.tool, row.by) for row in audit.show(ledger.connection, ShowAudit(**wanted))]


def test_a_decision_is_written_once_when_its_call_begins_and_again_in_another_attempt(ledger: Ledger) -> None:
    accepted = ledger.accept("go")
    ledger.begin(accepted.turn)
    (step,) = ledger.complete(accepted.turn, "I look", calls=["a"], effect="keyed")
    for _ in range(2):
        ledger.begin_step(accepted.turn, step.n, decision=ALLOWED)
    assert look(ledger).rows == 1
    ledger.release(accepted.turn)
    ledger.begin(accepted.turn)
    ledger.begin_step(accepted.turn, step.n, attempt=2, decision=ALLOWED)
    assert (look(ledger).rows, faults(ledger)) == (2, [])
    newest, _ = audit.show(ledger.connection, ShowAudit())
    assert newest.words["input"] == '{"path":"a"}'
    assert (newest.words["subject"], newest.words["outside"]) == ("a", ["WebFetch"])


def test_a_result_that_is_stored_twice_is_in_the_books_once(ledger: Ledger) -> None:
    turn = add(ledger, "a")
    assert rows(ledger, of_user=ADMIN) == [("FileRead", "default")]
    assert rows(ledger, of_user="bob") == rows(ledger, tool="Bash") == rows(ledger, session="x") == []
    assert [row.turn for row in audit.show(ledger.connection, ShowAudit(since=START))] == [turn]
    assert rows(ledger, since=ledger.now.replace(year=2200)) == []


def test_a_long_input_is_shortened_and_its_digest_is_of_all_of_it(ledger: Ledger) -> None:
    add(ledger, "x" * 5000)
    add(ledger, "x" * 5001)
    second, first = audit.show(ledger.connection, ShowAudit())
    assert len(first.words["input"]) == audit.SHOWN
    assert first.words["input"] == second.words["input"]
    assert first.words["input_digest"] != second.words["input_digest"]


def note(ledger: Ledger, key: str = "k", **fields: Any) -> None:
    known: dict[str, Any] = {"kind": "answer", "verdict": "allowed", "by": "person ada", "of_user": "ada"}
    request = Note(key=key, tool="Bash", words={"pattern": "git *"}, **{**known, **fields})
    ledger.run(audit.note, request, micros(ledger.now))


def test_what_people_answer_is_in_the_books_once(ledger: Ledger) -> None:
    note(ledger)
    note(ledger)
    (row,) = audit.show(ledger.connection, ShowAudit())
    assert (row.kind, row.words) == ("answer", {"pattern": "git *"})
    assert faults(ledger) == []


# --- what is found ----------------------------------------------------------------------------------------

Tampering = Callable[[sqlite3.Connection], object]


def _run(*statements: str) -> Tampering:
    def tamper(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return tamper


SWAP = (
    "UPDATE audit SET seq = 100 WHERE seq = 2",
    "UPDATE audit SET seq = 2 WHERE seq = 3",
    "UPDATE audit SET seq = 3 WHERE seq = 100",
    "UPDATE sqlite_sequence SET seq = 4 WHERE name = 'audit'",
)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (_run("UPDATE audit SET verdict = 'denied' WHERE seq = 2"), "row 2 was changed"),
        (_run("UPDATE audit SET words = '{}' WHERE seq = 2"), "the words of row 2 were changed"),
        (_run("UPDATE audit SET words = NULL WHERE seq = 2"), "row 2 lacks its words"),
        (_run("UPDATE audit SET hash = '0' WHERE seq = 4"), "row 4 was changed"),
        (_run("DELETE FROM audit WHERE seq = 2"), "row 2 is missing"),
        (_run("DELETE FROM audit WHERE seq IN (2, 3)"), "rows 2 to 3 are missing"),
        (_run("DELETE FROM audit WHERE seq = 1"), "row 1 is missing"),
        (_run("DELETE FROM audit WHERE seq >= 3"), "rows 3 to 4 are missing at the end"),
        (_run("DELETE FROM audit"), "rows 1 to 4 are missing at the end"),
        (_run(*SWAP), "row 2 was changed, moved"),
        (_run("UPDATE audit SET seq = 0 WHERE seq = 1"), "row 0 is none that was ever written"),
    ],
)
def test_an_edit_a_deletion_and_another_order_are_found(
    ledger: Ledger, tamper: Tampering, found: str
) -> None:
    add(ledger, "a", "b", "c", "d")
    assert faults(ledger) == []
    tamper(ledger.connection)
    assert faults(ledger)[0].startswith(found)


def test_whatever_is_changed_in_a_row_it_does_not_fit_its_seal(ledger: Ledger) -> None:
    add(ledger, "a", "b")
    first, second = ledger.connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
    row = {name: second[name] for name in second.keys() if name not in {"words", "hash"}}  # noqa: SIM118 - it gives values
    assert audit._sealed(first["hash"], row) == second["hash"]
    seals = [audit._sealed(first["hash"], {**row, name: f"{row[name]}+"}) for name in row]
    assert second["hash"] not in [*seals, audit._sealed(second["hash"], row)]
    assert len(row) == len(set(seals)) == 11


def test_an_end_that_is_cut_off_with_all_its_traces_in_the_database_is_found_by_what_is_kept_beside_it(
    ledger: Ledger,
) -> None:
    add(ledger, "a", "b", "c")
    kept = head(ledger)
    _run("DELETE FROM audit WHERE seq = 3", "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit'")(
        ledger.connection
    )
    assert faults(ledger) == []
    assert faults(ledger, kept) == ["the log once went up to row 3: its end is missing"]


def test_a_log_that_is_written_anew_is_found_by_what_is_kept_beside_it(ledger: Ledger) -> None:
    add(ledger, "a", "b")
    kept = head(ledger)
    _run("DELETE FROM audit", "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'audit'")(ledger.connection)
    add(ledger, "c", "d", "e")
    assert faults(ledger) == []
    assert faults(ledger, kept) == ["row 2 is not the one that was noted: the log was written anew"]


def test_many_faults_are_counted(ledger: Ledger) -> None:
    add(ledger, *(f"{n}" for n in range(audit.MOST + 5)))
    ledger.connection.execute("UPDATE audit SET by = 'nobody'")
    found = look(ledger)
    assert (len(found.faults), found.more) == (audit.MOST, 5)


# --- what may go ------------------------------------------------------------------------------------------


def test_the_words_of_a_conversation_go_with_it_and_the_log_holds(ledger: Ledger) -> None:
    job: dict[str, Any] = {"channel": "scheduler", "source": "cron", "triggered_by": "brief"}
    other = add(ledger, "kept")
    turn = add(ledger, "a secret", **job)
    conversation = audit.show(ledger.connection, ShowAudit())[0].session
    kept = head(ledger)
    assert ledger.run(pruning.prune, conversation, ADMIN, micros(ledger.now)) == "pruned"
    assert "a secret" not in "".join(ledger.connection.iterdump())
    newest, gone, left = audit.show(ledger.connection, ShowAudit())
    assert (newest.kind, newest.session) == ("erased", conversation)
    assert (gone.turn, gone.words) == (turn, {})
    assert (left.turn, left.words["input"]) == (other, '{"path":"kept"}')
    assert faults(ledger, kept) == []
    ledger.run(audit.erase, "another", ADMIN, 0)
    assert look(ledger).rows == 3


def test_words_that_were_added_after_an_erasure_may_not_be_missing(ledger: Ledger) -> None:
    note(ledger, session="s")
    ledger.run(audit.erase, "s", "ada", 0)
    note(ledger, "later", session="s")
    assert faults(ledger) == []
    ledger.connection.execute("UPDATE audit SET words = NULL WHERE key = 'later'")
    assert [fault.partition(",")[0] for fault in faults(ledger)] == ["row 3 lacks its words"]


# --- the head ---------------------------------------------------------------------------------------------


def test_the_head_goes_on_only_from_where_it_was(ledger: Ledger) -> None:
    assert ledger.run(audit.advance, None) is None
    add(ledger, "a")
    first = ledger.run(audit.advance, None)
    assert first == head(ledger)
    add(ledger, "b")
    second = ledger.run(audit.advance, first)
    assert second == head(ledger)
    assert ledger.run(audit.advance, Head(seq=1, hash="0" * 64)) is None
    ledger.connection.execute("DELETE FROM audit WHERE seq = 2")
    assert ledger.run(audit.advance, second) is None


def test_a_head_is_a_line() -> None:
    assert audit.head_text(Head(seq=7, hash="ab")) == "7 ab\n"


@given(st.integers(min_value=1), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_head_is_read_as_it_was_written(seq: int, sealed: str) -> None:
    assert audit.head_of(audit.head_text(Head(seq=seq, hash=sealed))) == Head(seq=seq, hash=sealed)


@pytest.mark.parametrize("text", ["", "x", "1", "1 abc", "-1 " + "0" * 64])
def test_what_is_no_head_is_none(text: str) -> None:
    assert audit.head_of(text) is None


def test_an_empty_log_holds() -> None:
    with empty(numbered(MIGRATIONS)) as connection:
        assert audit.audited(connection, ()) == Audited(rows=0, last=None, faults=(), more=0)
