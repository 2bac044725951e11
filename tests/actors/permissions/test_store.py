"""Questions and grants in their database, each function by itself."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from actors.permissions import store
from actors.permissions.actor import MIGRATIONS
from actors.permissions.messages import (
    AlreadyAnswered,
    Answer,
    Ask,
    List,
    PatternMisses,
    Question,
    UnknownApproval,
    UnknownGrant,
)
from actors.storage import moment, numbered
from actors.storage.keeper import empty

HOME = "/srv/home"
EXPIRES = 1000


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as made:
        yield made


def ask(connection: sqlite3.Connection, now: int = 1, **fields: Any) -> Question:
    known: dict[str, Any] = {
        "call": "t:1",
        "tool_use_id": "c1",
        "tool": "FileWrite",
        "input": {"path": "notes/a.md"},
        "acts_on": "path",
        "subject": "notes/a.md",
        "reason": "?",
        "outside": (),
        "user": "ada",
        "session": "s",
        "turn": "t",
        "channel": "main",
    }
    request = Ask(**{**known, **fields})
    question, _ = store.ask(connection, request, home=HOME, now=now, expires_at=now + EXPIRES)
    return question


def answer(
    connection: sqlite3.Connection, id: str, decision: Any = "once", now: int = 2, **fields: Any
) -> Any:
    request = Answer(**{"id": id, "user": "ada", "proof": "page", "decision": decision, **fields})
    return store.answer(connection, request, home=HOME, now=now)


def states(connection: sqlite3.Connection, which: Any = "all", now: int = 1) -> list[str]:
    return [each.state for each in store.find(connection, List(user="ada", which=which), now)]


def test_the_same_call_with_the_same_input_is_the_same_question(connection: sqlite3.Connection) -> None:
    first = ask(connection)
    assert first == Question(id=first.id, expires_at=moment(1 + EXPIRES))
    assert ask(connection, now=5) == first
    assert ask(connection, input={"path": "notes/b.md"}).id != first.id
    assert states(connection) == ["open", "withdrawn"]


def test_a_question_that_was_withdrawn_is_asked_anew(connection: sqlite3.Connection) -> None:
    first = ask(connection)
    assert [each.id for each in store.withdraw(connection, "t", 3)] == [first.id]
    assert store.withdraw(connection, "t", 3) == ()
    assert ask(connection, now=4).id == first.id
    assert states(connection, "open") == ["open"]
    assert store.open_turns(connection) == {"t": "ada"}


def test_only_who_is_asked_may_answer_and_only_once(connection: sqlite3.Connection) -> None:
    question = ask(connection)
    with pytest.raises(UnknownApproval):
        answer(connection, question.id, user="eve")
    closed = answer(connection, question.id, "deny", words="no")
    assert (closed.state, closed.words, closed.scope, closed.answered_by) == ("denied", "no", None, "ada")
    with pytest.raises(AlreadyAnswered):
        answer(connection, question.id)
    assert store.grants(connection, "ada") == ()


def test_an_answer_that_comes_too_late_is_none(connection: sqlite3.Connection) -> None:
    question = ask(connection)
    assert store.expire(connection, question.id, EXPIRES) is None
    with pytest.raises(AlreadyAnswered, match="expired"):
        answer(connection, question.id, now=1 + EXPIRES)
    expired = store.expire(connection, question.id, 1 + EXPIRES)
    assert expired is not None
    assert expired.state == "expired"
    assert store.expire(connection, question.id, 1 + EXPIRES) is None


def test_nobody_is_asked_any_more_once_the_time_is_over(connection: sqlite3.Connection) -> None:
    """Though whoever waits has not closed it yet: they may be dead."""
    question = ask(connection)
    assert states(connection, "open", EXPIRES) == ["open"]
    assert len(store.find_open(connection, EXPIRES)) == 1
    over = 1 + EXPIRES
    assert states(connection, "open", over) == []
    assert store.find_open(connection, over) == ()
    assert states(connection, "all", over) == ["expired"]
    assert store.seen(connection, question.id, "ada", over).state == "expired"
    assert store.get(connection, question.id).state == "open"


def test_what_is_granted_covers_the_folder_for_that_user_and_tool(connection: sqlite3.Connection) -> None:
    closed = answer(connection, ask(connection).id, "always")
    assert closed.pattern == "notes/*"
    for fields, is_granted in (
        ({"subject": "/srv/home/notes/b.md"}, True),
        ({"subject": "notes/../secret"}, False),
        ({"tool": "FileDelete"}, False),
        ({"user": "bob"}, False),
        ({"outside": ("email",)}, False),
        ({"session": "another"}, True),
    ):
        found = ask(connection, call=f"t:{fields}", input=fields, **fields)
        assert (found.grant is not None) is is_granted, fields


def test_a_grant_for_a_conversation_is_for_that_one(connection: sqlite3.Connection) -> None:
    question = ask(connection, outside=("email",))
    with pytest.raises(PatternMisses):
        answer(connection, question.id, "conversation", pattern="pictures/*")
    # an error undoes what was changed in a transaction, which this connection has none of
    connection.execute("UPDATE asks SET state = 'open'")
    answer(connection, question.id, "conversation", pattern="*.md")
    assert ask(connection, call="t:2", subject="b.md").grant == 1
    assert ask(connection, call="t:3", subject="b.md", outside=("WebFetch",)).grant == 1
    assert ask(connection, call="t:4", subject="b.md", session="another").grant is None


def test_what_is_taken_back_counts_no_more(connection: sqlite3.Connection) -> None:
    answer(connection, ask(connection).id, "always")
    (grant,) = store.grants(connection, "ada")
    with pytest.raises(UnknownGrant):
        store.revoke(connection, grant.id, "bob", 3)
    assert store.revoke(connection, grant.id, "ada", 3) == grant
    with pytest.raises(UnknownGrant):
        store.revoke(connection, grant.id, "ada", 4)
    assert ask(connection, call="t:2").grant is None


def test_answers_and_revocations_are_handed_to_the_books_once(connection: sqlite3.Connection) -> None:
    question = ask(connection)
    assert store.unnoted(connection) == ((), ())
    closed = answer(connection, question.id, "always")
    store.revoke(connection, 1, "ada", 3)
    ((approval, proof),), (grant,) = store.unnoted(connection)
    assert (approval, proof, grant.id) == (closed, "page", 1)
    store.noted(connection, [approval.id], [grant.id])
    assert store.unnoted(connection) == ((), ())


def test_what_was_closed_long_ago_is_forgotten_once_it_is_in_the_books(
    connection: sqlite3.Connection,
) -> None:
    kept = ask(connection, turn="other")
    question = ask(connection, call="t:2")
    answer(connection, question.id)
    store.withdraw(connection, "t", 2 + store.KEPT)
    assert len(states(connection)) == 2
    store.noted(connection, [question.id], [])
    store.withdraw(connection, "t", 2 + store.KEPT)
    assert [each.id for each in store.find(connection, List(user="ada"), 1)] == [kept.id]


def test_questions_of_a_conversation(connection: sqlite3.Connection) -> None:
    question = ask(connection)
    ask(connection, call="t:2", session="another")
    found = store.find(connection, List(user="ada", session="s"), 1)
    assert [each.id for each in found] == [question.id]
    assert store.get(connection, question.id) == found[0]


def test_what_anybody_is_asked_now(connection: sqlite3.Connection) -> None:
    asked = [
        ask(connection, call="t:1"),
        ask(connection, call="t:2", user="bob"),
        ask(connection, call="t:3"),
    ]
    answer(connection, asked[0].id)
    assert [each.id for each in store.find_open(connection, 1)] == [each.id for each in asked[1:]]
