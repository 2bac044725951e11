import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from actors.storage import empty, numbered
from actors.webpush import store
from actors.webpush.actor import MIGRATIONS
from actors.webpush.messages import MOST, Subscription, TooManySubscriptions, UnknownSubscription
from actors.webpush.store import Kept

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ONE = Kept(
    id="one",
    user="ada",
    endpoint="https://push.example/1",
    p256dh=b"p",
    auth=b"a",
    page="https://agent.example",
    credential="d1",
    created_at=NOW,
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def subscribe(connection: sqlite3.Connection, **changes: Any) -> Subscription:
    return store.subscribe(connection, attrs.evolve(ONE, **changes))


def test_the_first_key_stays(connection: sqlite3.Connection) -> None:
    assert store.find_key(connection) is None
    assert store.keep_key(connection, b"first") == b"first"
    assert store.keep_key(connection, b"second") == b"first"
    assert store.find_key(connection) == b"first"


def test_subscriptions_are_each_ones_own_newest_first(connection: sqlite3.Connection) -> None:
    shown = subscribe(connection)
    other = subscribe(connection, id="two", endpoint="https://b.example/", created_at=NOW + timedelta(1))
    subscribe(connection, id="three", endpoint="https://c.example/", user="bob")
    assert list(map(store.shown, store.of_user(connection, "ada"))) == [other, shown]
    assert shown == Subscription(
        id="one", service="push.example", page="https://agent.example", device="d1", created_at=NOW
    )
    assert store.find(connection, "one") == ONE
    assert store.find(connection, "none") is None


def test_the_same_endpoint_again_is_the_same_with_new_keys(connection: sqlite3.Connection) -> None:
    subscribe(connection)
    again = subscribe(
        connection, id="two", p256dh=b"q", auth=b"b", credential="d2", created_at=NOW + timedelta(1)
    )
    assert (again.id, again.device, again.created_at) == ("one", "d2", NOW)
    assert store.of_user(connection, "ada") == (attrs.evolve(ONE, p256dh=b"q", auth=b"b", credential="d2"),)


def test_a_browser_that_somebody_else_uses_tells_the_first_nothing_more(
    connection: sqlite3.Connection,
) -> None:
    subscribe(connection)
    assert subscribe(connection, id="two", user="bob", credential="d2").id == "two"
    assert store.of_user(connection, "ada") == ()
    assert store.find(connection, "one") is None


def test_there_are_only_so_many_of_one_user(connection: sqlite3.Connection) -> None:
    for n in range(MOST):
        subscribe(connection, id=str(n), endpoint=f"https://push.example/{n}")
    subscribe(connection, id="x", endpoint="https://push.example/0")
    subscribe(connection, id="y", endpoint="https://push.example/bob", user="bob")
    with pytest.raises(TooManySubscriptions, match="20 browsers"):
        subscribe(connection, id="z", endpoint="https://push.example/z")


def test_ones_own_can_be_removed(connection: sqlite3.Connection) -> None:
    subscribe(connection)
    for id, user in (("one", "bob"), ("two", "ada")):
        with pytest.raises(UnknownSubscription, match="there is no subscription"):
            store.unsubscribe(connection, id, user)
    store.unsubscribe(connection, "one", "ada")
    assert store.of_user(connection, "ada") == ()


def test_one_that_was_made_anew_is_not_forgotten(connection: sqlite3.Connection) -> None:
    subscribe(connection)
    subscribe(connection, auth=b"b")
    store.forget(connection, ONE)
    assert len(store.of_user(connection, "ada")) == 1
    store.forget(connection, attrs.evolve(ONE, auth=b"b"))
    assert store.of_user(connection, "ada") == ()
