import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.notify import store
from actors.notify.actor import MIGRATIONS
from actors.notify.messages import BadPreference, Preferences, PutPreferences
from actors.storage import empty, numbered

UNTIL = datetime(2026, 6, 1, 12, 0, 0, 5, UTC)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def put(connection: sqlite3.Connection, **changes: Any) -> Preferences:
    changed = store.change(connection, PutPreferences(user="ada", **changes), "UTC")
    assert store.find(connection, "ada", "UTC") == changed
    return changed


def test_whoever_has_said_nothing_is_told_without_email(connection: sqlite3.Connection) -> None:
    assert store.find(connection, "ada", "UTC") == Preferences(
        muted=False, quiet_from=None, quiet_to=None, telegram=True, webpush=True, email=False, timezone="UTC"
    )


def test_what_is_not_given_stays(connection: sqlite3.Connection) -> None:
    put(connection, quiet_from="22:00", quiet_to="07:30", telegram=False)
    changed = put(connection, email=True, muted=True, muted_until=UNTIL)
    assert changed == Preferences(
        muted=True,
        muted_until=UNTIL,
        quiet_from="22:00",
        quiet_to="07:30",
        telegram=False,
        webpush=True,
        email=True,
        timezone="UTC",
    )
    assert put(connection) == changed
    assert store.find(connection, "bob", "UTC") == Preferences(timezone="UTC")


def test_a_mute_has_the_end_that_was_given_with_it(connection: sqlite3.Connection) -> None:
    put(connection, muted=True, muted_until=UNTIL)
    assert put(connection, telegram=False).muted_until == UNTIL
    assert put(connection, muted=True).muted_until is None
    put(connection, muted=True, muted_until=UNTIL)
    changed = put(connection, muted=False)
    assert (changed.muted, changed.muted_until) == (False, None)


def test_quiet_hours_can_be_taken_back(connection: sqlite3.Connection) -> None:
    put(connection, quiet_from="22:00", quiet_to="07:30", webpush=False)
    changed = put(connection, quiet_from=None, quiet_to=None, webpush=True)
    assert (changed.quiet_from, changed.quiet_to, changed.webpush) == (None, None, True)


@pytest.mark.parametrize("time", ["24:00", "7:30", "07:60", "0730", "07:30 ", "٠٧:٣٠", ""])
def test_what_is_no_time_of_day_is_refused(connection: sqlite3.Connection, time: str) -> None:
    for name in ("quiet_from", "quiet_to"):
        with pytest.raises(BadPreference, match=f"{name}: expected a time of day"):
            put(connection, **{name: time})


def test_the_end_of_a_mute_alone_is_refused(connection: sqlite3.Connection) -> None:
    for muted in (None, False):
        with pytest.raises(BadPreference, match="only with muted"):
            put(connection, muted=muted, muted_until=UNTIL)
