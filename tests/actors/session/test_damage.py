"""A row that cannot be read any more costs nobody more than that row."""

import json
from typing import Any

import pytest

from actors.session import branches, endings, export, keeping, sessions, survey
from actors.session.attempts import DAMAGED
from actors.session.messages import List, Unstorable
from actors.session.steps import LOST
from actors.vocabulary import ToolUse
from tests.fakes.ledger import Ledger, check_valid, spoken

DAMAGE = [
    b"no JSON",
    b"7",
    b"null",
    b'[{"type":"other"}]',
    b'{"type":"text"}',
    b"[" * 5000 + b"]" * 5000,
    b"[\xff]",
]
FOREIGN = [
    b'[{"type":"text","text":"\\ud83d"}]',
    b'[{"type":"tool_use","id":"a","name":"FileList","input":{"n":1e999}}]',
    b'[{"type":"tool_use","id":"a","name":"FileList","input":{"n":NaN}}]',
]
"""JSON that nothing of ours writes."""


@pytest.fixture
def turn(ledger: Ledger) -> str:
    """A turn that ended, with a call."""
    turn = ledger.accept("hi", key="chat").turn
    ledger.begin(turn)
    (call,) = ledger.complete(turn, "I look", calls=["a"])
    ledger.result(turn, call.n)
    ledger.finish(turn, "hello")
    return turn


def damage(ledger: Ledger, turn: str, kind: str, column: str, value: bytes) -> None:
    """Spoil the first step of that kind, while no process looks."""
    first = "SELECT min(id) FROM steps WHERE turn_id = ? AND kind = ?"
    ledger.connection.execute(
        f"UPDATE steps SET {column} = CAST(? AS TEXT) WHERE id = ({first})", (value, turn, kind)
    )
    ledger.kill()
    ledger.recover()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM counters",
        "UPDATE counters SET last = 9223372036854775807",
        "UPDATE counters SET last = 0",
    ],
)
def test_whatever_became_of_the_counters_turns_end_with_numbers_of_their_own(
    ledger: Ledger, turn: str, damage: str
) -> None:
    ledger.connection.execute(damage)
    ledger.kill()
    ledger.recover()
    other = ledger.accept("hi", key="other").turn
    ledger.begin(other)
    ledger.finish(other, "hello")
    numbers = "SELECT id, end_seq FROM turns ORDER BY end_seq"
    assert [tuple(row) for row in ledger.connection.execute(numbers)] == [(turn, 1), (other, 2)]
    assert sessions.ends(ledger.connection).closed == 0


@pytest.mark.parametrize("value", [*DAMAGE, *FOREIGN])
@pytest.mark.parametrize(
    ("kind", "column"),
    [("user", "content"), ("assistant", "content"), ("tool", "content"), ("tool", "result")],
)
def test_the_conversation_goes_on_without_it(
    ledger: Ledger, turn: str, kind: str, column: str, value: bytes
) -> None:
    damage(ledger, turn, kind, column, value)
    begun = ledger.begin(ledger.accept("and now?", key="chat").turn)
    assert not begun.over
    check_valid(begun.transcript.messages)
    assert LOST in repr(begun.transcript.messages) or (kind, column) == ("tool", "content")
    assert spoken(begun.transcript.messages)[-1] == ("user", ["and now?"])
    session = begun.turn.session
    assert len(ledger.shown(session)) == 6
    assert len(survey.steps_of(ledger.connection, turn, "admin")) == 4
    lines = [json.loads(line) for line in export.export(ledger.connection, session, "admin")]
    assert [line["damaged"][column] for line in lines if "damaged" in line] == [
        value.decode(errors="replace")
    ]


@pytest.mark.parametrize("value", DAMAGE)
def test_the_turn_it_belongs_to_ends_with_a_notice(ledger: Ledger, value: bytes) -> None:
    accepted = ledger.accept("hi", key="chat")
    ledger.begin(accepted.turn)
    ledger.complete(accepted.turn, "I look", calls=["a"])
    damage(ledger, accepted.turn, "tool", "content", value)
    begun = ledger.begin(accepted.turn)
    assert (begun.over, begun.ended, begun.notice) == (True, True, DAMAGED)
    assert (begun.turn.state, begun.turn.outcome) == ("failed", "error")
    assert ledger.shown(accepted.session)[-1] == ("notice", DAMAGED)
    again = ledger.begin(ledger.accept("and now?", key="chat").turn)
    check_valid(again.transcript.messages)


@pytest.mark.parametrize("column", ["attachments", "options"])
def test_a_turn_whose_row_is_damaged_keeps_nobody_from_starting(ledger: Ledger, column: str) -> None:
    damaged, sound = ledger.accept("one", key="a").turn, ledger.accept("two", key="b").turn
    ledger.connection.execute(f"UPDATE turns SET {column} = 'no JSON' WHERE id = ?", (damaged,))
    assert [(turn.id, turn.damaged) for turn in ledger.recover()] == [(damaged, True), (sound, False)]
    begun = ledger.begin(damaged)
    assert (begun.ended, begun.notice, begun.turn.text) == (True, DAMAGED, "one")
    assert not ledger.begin(sound).over


@pytest.mark.parametrize(
    ("table", "column"), [("turns", "text"), ("sessions", "title"), ("steps", "content")]
)
def test_a_text_that_is_not_utf_8_keeps_nobody_from_reading(
    ledger: Ledger, turn: str, table: str, column: str
) -> None:
    waiting = ledger.accept("one more", key="chat")
    running = ledger.accept("and another one", key="other").turn
    ledger.begin(running)
    ledger.connection.execute(f"UPDATE {table} SET {column} = CAST(x'68fffe' AS TEXT)")
    ledger.kill()
    assert [each.id for each in ledger.recover()] == [waiting.turn, running]
    assert [each.id for each in endings.after(ledger.connection, 0, 10)] == [turn]
    assert len(survey.steps_of(ledger.connection, turn, "admin")) == 4
    read = (ledger.shown(waiting.session), ledger.turn(turn).text, ledger.session(waiting.session).title)
    assert "h\ufffd\ufffd" in repr(read) or LOST in repr(read)
    assert ledger.begin(running).ended == (table == "steps")
    assert not ledger.begin(waiting.turn).over


@pytest.mark.parametrize("value", [float("inf"), float("nan"), {"deep": None}, object()])
def test_what_cannot_be_read_again_is_not_written(ledger: Ledger, value: Any) -> None:
    if isinstance(value, dict):
        for _ in range(5000):
            value = [value]
    turn = ledger.accept().turn
    ledger.begin(turn)
    call = ToolUse(id="a", name="X", input={"value": value})
    with pytest.raises(Unstorable, match="cannot be stored"):
        ledger.complete(turn, call)
    ledger.complete(turn, "so far so good")


@pytest.mark.parametrize("head", [-(2**63), -1, 2, 10**15, 2**63 - 1])
def test_what_a_turn_follows_may_be_any_number(ledger: Ledger, turn: str, head: int) -> None:
    """A turn that follows itself, or a later one, would have the store look for its beginning without end."""
    session = ledger.turn(turn).session
    ledger.connection.execute("UPDATE sessions SET head = ?", (head,))
    for said in ("second", "third"):
        following = ledger.accept(said, session=session).turn
        assert not ledger.begin(following).over
        ledger.finish(following, "answer")
        ledger.connection.execute("UPDATE turns SET parent = ? WHERE id = ?", (head, following))
        seq = ledger.turn(following).seq
        assert branches.parent_of(ledger.connection, session, seq) < seq
    assert spoken(ledger.history(session))[-1] == ("assistant", ["answer"])
    assert ledger.shown(session)
    assert branches.versions(ledger.connection, session) is not None


@pytest.mark.parametrize("value", ["no JSON", "7", "null", "[1, null]", '["\\ud800"]', "[[]]", "{}"])
def test_damaged_labels_keep_nobody_from_the_list(ledger: Ledger, turn: str, value: str) -> None:
    other = ledger.accept("other", key="other").session
    ledger.connection.execute(
        "UPDATE sessions SET labels = ? WHERE id = ?", (value, ledger.turn(turn).session)
    )
    ledger.connection.execute("UPDATE sessions SET labels = '[\"home\"]' WHERE id = ?", (other,))
    assert len(sessions.find(ledger.connection, List(user="admin"))) == 2
    assert [each.id for each in sessions.find(ledger.connection, List(user="admin", label="home"))] == [other]
    assert ("home", 1) in [(each.name, each.count) for each in keeping.labels(ledger.connection, "admin")]
    assert not ledger.begin(ledger.accept("again", key="chat").turn).over


def test_a_title_that_is_no_text_keeps_nobody_from_finding_another(ledger: Ledger, turn: str) -> None:
    other = ledger.accept("Résumé", key="other").session
    ledger.connection.execute("UPDATE sessions SET title = CAST(x'ff00' AS TEXT) WHERE id <> ?", (other,))
    assert [each.id for each in sessions.find(ledger.connection, List(user="admin", q="RÉSUMÉ"))] == [other]


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63)])
def test_a_moment_beyond_the_calendar_is_the_first_or_the_last_of_all(
    ledger: Ledger, turn: str, value: int
) -> None:
    session = ledger.turn(turn).session
    ledger.connection.execute("UPDATE sessions SET created_at = ?, last_message_at = ?", (value, value))
    ledger.connection.execute("UPDATE turns SET accepted_at = ?, finished_at = ?", (value, value))
    ledger.connection.execute("UPDATE steps SET started_at = ?, ended_at = ?", (value, value))
    assert len(sessions.find(ledger.connection, List(user="admin"))) == 1
    assert [each.id for each in endings.after(ledger.connection, 0, 10)] == [turn]
    assert ledger.shown(session)
    assert list(export.export(ledger.connection, session, "admin"))
    assert not ledger.begin(ledger.accept("again", key="chat").turn).over
