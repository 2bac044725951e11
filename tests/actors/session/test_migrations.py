"""A database that an earlier program wrote is the same conversation for this one."""

import pathlib
import sqlite3

import pytest

from actors.session import endings, export, pruning, sessions, usage
from actors.session.actor import MIGRATIONS
from actors.session.messages import Close, Costs, TurnOptions
from actors.storage import numbered
from actors.storage.database import Database
from tests.actors.session.test_damage import DAMAGE
from tests.fakes.ledger import Ledger, check_valid, spoken

FIRST = pathlib.Path(__file__).with_name("schema_1.sql")


def database(folder: pathlib.Path, number: int) -> sqlite3.Connection:
    """The file as the program with so many migrations leaves it."""
    path = folder / "0" / "session.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    known = numbered(MIGRATIONS)[:number]
    return Database(path=path, migrations=known, synchronous="OFF", busy_timeout=1.0).open_writer()


@pytest.fixture
def migrated(tmp_path: pathlib.Path) -> Ledger:
    old = database(tmp_path, 1)
    old.executescript(FIRST.read_text())
    old.close()
    return Ledger(tmp_path)


def test_a_copy_of_what_was_there_is_kept(migrated: Ledger, tmp_path: pathlib.Path) -> None:
    copy = sqlite3.connect(tmp_path / "0" / "session.db.v1.snapshot")
    assert copy.execute("SELECT count(released) FROM turns").fetchone() == (5,)
    copy.close()
    migrated.close()


def test_the_conversation_goes_on(migrated: Ledger) -> None:
    assert [(turn.id, turn.attempt, turn.deaths) for turn in migrated.recover()] == [
        ("t4", 2, 0),
        ("t5", 0, 0),
    ]
    begun = migrated.begin("t4")
    check_valid(begun.transcript.messages, ["b"])
    assert spoken(begun.transcript.messages)[1:] == [
        ("assistant", ["I look", "!a"]),
        ("user", ["=a", "wait"]),
        ("assistant", ["hello"]),
        ("user", ["delete it"]),
        ("assistant", ["!b"]),
    ]
    (call,) = begun.open_calls
    assert (call.call.id, call.effect, call.state) == ("b", "unsafe", "begun"), (
        "nobody knows whether it had begun"
    )
    assert begun.turn.options == TurnOptions(model="test/two")
    assert (begun.turn.role, begun.turn.channel, begun.turn.key) == ("admin", "main", "garden")
    migrated.result("t4", call.n, attempt=3)
    following = migrated.finish("t4", "deleted", attempt=3).next
    assert following is not None
    assert following.id == "t5"
    assert (
        migrated.accept("look", key="garden", user="admin", source="web", client_message_id="m1").turn == "t1"
    )
    migrated.close()


def test_what_was_said_and_used_is_as_it_was(migrated: Ledger) -> None:
    assert [role for role, _ in migrated.shown("s1")] == [
        "user",
        "assistant",
        "tool_use",
        "tool_result",
        "user",
        "assistant",
        "user",
        "tool_use",
        "user",
    ]
    assert migrated.shown("s2") == [("user", "hi"), ("notice", "given up")]
    assert len(export.export(migrated.connection, "s1", "admin")) == 10
    report = usage.costs(migrated.connection, Costs())
    assert (report.total.usage.cost_usd, [(tool.name, tool.invocations) for tool in report.by_tool]) == (
        0.5,
        [("FileDelete", 1), ("FileRead", 1)],
    )
    migrated.close()


def test_the_ends_have_the_order_they_had(migrated: Ledger) -> None:
    ended = endings.after(migrated.connection, 0, 10)
    assert [(turn.id, turn.end_seq) for turn in ended] == [("t3", 1), ("t1", 2)]
    migrated.recover()
    assert migrated.cancel("t5", "admin").turn.end_seq == 3
    migrated.close()


def test_what_was_to_be_pushed_still_is(migrated: Ledger) -> None:
    rows = migrated.connection.execute("SELECT key, recipient, state, claimer FROM outbox ORDER BY id")
    assert [tuple(row) for row in rows] == [("k1", "42", "sending", None), ("k2", "", "pending", None)]
    migrated.close()


def test_what_was_said_before_there_were_users_is_the_first_admins(tmp_path: pathlib.Path) -> None:
    old = database(tmp_path, 3)
    users = {"s1": "zed", "s2": "admin", "s3": "bob", "s4": "zed"}
    for n, (session, user) in enumerate(users.items()):
        key = "garden" if session != "s4" else "shed"
        old.execute(
            "INSERT INTO sessions (id, user_id, channel, channel_key, created_at, last_message_at, message_count)"
            " VALUES (?, ?, 'main', ?, 0, 0, 1)",
            (session, user, key),
        )
        old.execute(
            "INSERT INTO turns (id, session_id, user_id, source, client_message_id, text, attachments, mode,"
            " accepted_at, state, options) VALUES (?, ?, ?, 'web', ?, 'hi', '[]', 'queue', 0, 'accepted', '{}')",
            (f"t{n}", session, user, "m" if session != "s4" else "m4"),
        )
    old.close()
    ledger = Ledger(tmp_path)
    rows = ledger.connection.execute("SELECT id, user_id, is_closed FROM sessions ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        ("s1", "admin", 1),  # one conversation of a key can be open
        ("s2", "admin", 0),
        ("s3", "admin", 1),
        ("s4", "admin", 0),
    ]
    assert len(ledger.recover()) == 4
    assert ledger.accept("hi", user="admin", source="web", client_message_id="m").turn == "t1"
    ledger.close()


def test_what_was_closed_has_an_order_and_what_is_still_to_be_done_in_it_gets_one(
    tmp_path: pathlib.Path,
) -> None:
    old = database(tmp_path, 4)
    for session, last, state in (("s1", 20, "done"), ("s2", 10, "done"), ("s3", 5, "accepted")):
        old.execute(
            "INSERT INTO sessions (id, user_id, channel, channel_key, created_at, last_message_at, message_count,"
            " is_closed) VALUES (?, 'admin', 'main', ?, 0, ?, 1, 1)",
            (session, session, last),
        )
        old.execute(
            "INSERT INTO turns (id, session_id, user_id, source, text, attachments, mode, accepted_at, state, options)"
            " VALUES (?, ?, 'admin', 'web', 'hi', '[]', 'queue', 0, ?, '{}')",
            (f"t-{session}", session, state),
        )
    old.close()
    ledger = Ledger(tmp_path)
    assert [each.session.id for each in sessions.closed_after(ledger.connection, 0, 10)] == ["s2", "s1"]
    ledger.cancel("t-s3")
    assert [each.session.id for each in sessions.closed_after(ledger.connection, 2, 10)] == ["s3"]
    ledger.close()


def test_what_conversations_have_used_is_added_up(migrated: Ledger) -> None:
    query = "SELECT used_tokens, used_usd FROM sessions WHERE id = ?"
    for (session,) in migrated.connection.execute("SELECT id FROM sessions").fetchall():
        total = usage.costs(migrated.connection, Costs(session=session)).total.usage
        used = migrated.connection.execute(query, (session,)).fetchone()
        assert tuple(used) == (total.prompt_tokens + total.output_tokens, total.cost_usd or 0.0)
    assert migrated.connection.execute("SELECT max(used_tokens) > 0 FROM sessions").fetchone()[0]


@pytest.mark.parametrize("value", DAMAGE)
def test_messages_that_cannot_be_read_are_in_no_migrations_way(tmp_path: pathlib.Path, value: bytes) -> None:
    for number in (1, 19):
        old = database(tmp_path, number)
        old.executescript(FIRST.read_text() if number == 1 else "")
        if number == 19:  # the next one looks for words
            spoilt = old.execute(
                "UPDATE steps SET content = CAST(? AS TEXT) WHERE content IS NOT NULL", (value,)
            )
            assert spoilt.rowcount > 0
        old.close()
    ledger = Ledger(tmp_path)
    (words,) = ledger.connection.execute("SELECT count(*) FROM message_words").fetchone()
    assert words == 0


def test_old_and_new_databases_have_the_same_schema(migrated: Ledger, tmp_path: pathlib.Path) -> None:
    query = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name"
    new = database(tmp_path / "new", len(numbered(MIGRATIONS)))
    assert new.execute(query).fetchall() == migrated.connection.execute(query).fetchall()
    assert migrated.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        migrated.connection.execute("UPDATE steps SET turn_id = 'nothing' WHERE id = 1")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        migrated.connection.execute("UPDATE steps SET state = 'unknown' WHERE id = 1")
    new.close()
    migrated.close()


def test_numbers_that_were_given_out_are_not_given_out_again(tmp_path: pathlib.Path) -> None:
    old = database(tmp_path, 7)
    for n in (1, 2):
        old.execute(
            "INSERT INTO sessions (id, user_id, channel, channel_key, created_at, last_message_at, message_count,"
            " is_closed, closed_seq) VALUES (?, 'admin', 'scheduler', ?, 0, 0, 1, 1, ?)",
            (f"s{n}", f"k{n}", n),
        )
        old.execute(
            "INSERT INTO turns (id, session_id, user_id, source, text, attachments, mode, accepted_at, state,"
            " triggered_by, end_seq, options)"
            " VALUES (?, ?, 'admin', 'cron', 'x', '[]', 'queue', 0, 'done', 'job', ?, '{}')",
            (f"t{n}", f"s{n}", n),
        )
        old.execute(
            "INSERT INTO outbox (turn_id, channel, recipient, key, body, state, attempt, next_at)"
            " VALUES (?, 'telegram', '42', ?, '{\"session\": \"x\"}', 'sent', 1, 0)",
            (f"t{n}", f"p{n}"),
        )
    old.close()
    ledger = Ledger(tmp_path)
    assert ledger.run(pruning.prune, "s2", "admin", 0) == "pruned"
    turn = ledger.accept("hi", channel="telegram", key="42")
    ledger.begin(turn.turn)
    ledger.finish(turn.turn, "hello")
    ledger.run(sessions.close, Close(session=turn.session, user="admin", summary=""))
    assert [each.end_seq for each in endings.after(ledger.connection, 0, 9)] == [1, 3]
    assert [each.seq for each in sessions.closed_after(ledger.connection, 0, 9)] == [1, 3]
    rows = ledger.connection.execute("SELECT id, key FROM outbox ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, "p1"), (3, f"turn:{turn.turn}")]
    ledger.close()


def test_messages_from_before_call_nothing_up(tmp_path: pathlib.Path) -> None:
    old = database(tmp_path, 5)
    old.execute(
        "INSERT INTO sessions (id, user_id, channel, channel_key, created_at, last_message_at, message_count)"
        " VALUES ('s', 'admin', 'main', 'k', 0, 0, 1)"
    )
    old.execute(
        "INSERT INTO turns (id, session_id, user_id, source, text, attachments, mode, accepted_at, state)"
        " VALUES ('t', 's', 'admin', 'web', '/plan', '[]', 'queue', 0, 'accepted')"
    )
    old.close()
    ledger = Ledger(tmp_path)
    begun = ledger.begin("t")
    assert (begun.turn.called, spoken(begun.transcript.messages)) == ("", [("user", ["/plan"])])
    ledger.close()
