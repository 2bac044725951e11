"""What hooks have hold in the place of a person, in the database."""

import sqlite3
from collections.abc import Iterator

import pytest

from actors.permissions import store
from actors.permissions.actor import MIGRATIONS
from actors.permissions.messages import Ask, Settle
from actors.storage import numbered
from actors.storage.keeper import empty


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as made:
        yield made


def grant_for(
    connection: sqlite3.Connection, call: str, *, session: str = "s", outside: tuple[str, ...] = ()
) -> int | None:
    """The grant that spares the question about a call."""
    request = Ask(
        call=call,
        tool_use_id="c1",
        tool="FileWrite",
        input={"path": "notes/a.md"},
        acts_on="path",
        subject="notes/a.md",
        reason="?",
        outside=outside,
        user="ada",
        session=session,
        turn="t",
        channel="main",
    )
    question, _ = store.ask(connection, request, home="/srv/home", now=1, expires_at=1000)
    return question.grant


def settle(connection: sqlite3.Connection, *, allow: bool = True, outside: bool = False) -> None:
    request = Settle(tool="FileWrite", allow=allow, outside=outside, user="ada", session="s", hook="h")
    store.settle(connection, request, 5)


def test_a_hook_may_have_a_tool_allowed_in_a_conversation_until_it_says_otherwise(
    connection: sqlite3.Connection,
) -> None:
    settle(connection)
    settle(connection)
    (grant,) = store.grants(connection, "ada")
    assert (grant.tool, grant.pattern, grant.session, grant.outside) == ("FileWrite", "*", "s", False)
    assert grant_for(connection, "t:1") == grant.id
    assert grant_for(connection, "t:2", session="other") is None
    assert grant_for(connection, "t:3", outside=("WebFetch",)) is None
    settle(connection, outside=True)
    assert grant_for(connection, "t:4", outside=("WebFetch",)) is not None
    settle(connection, allow=False)
    assert store.grants(connection, "ada") == ()
    assert grant_for(connection, "t:5") is None
