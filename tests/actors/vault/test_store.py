"""What is sealed, in its database: by owner and name, with the log of who looked."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from actors.storage import empty, numbered
from actors.vault import store
from actors.vault.actor import MIGRATIONS
from actors.vault.sealing import Sealed

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def sealed(name: str, owner: str = "", master_key: str = "k1") -> Sealed:
    return Sealed(owner=owner, name=name, master_key=master_key, nonce=b"n", data=name.encode())


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def put(connection: sqlite3.Connection, kept: Sealed, *hosts: str) -> None:
    store.put(connection, attrs.evolve(kept, hosts=hosts), "admin", NOW)


def test_nothing_is_in_an_empty_one(connection: sqlite3.Connection) -> None:
    assert store.everything(connection) == ()
    assert store.accesses(connection, 10) == ()
    assert store.master_keys(connection) == frozenset()


def test_entries_are_listed_by_owner_and_name(connection: sqlite3.Connection) -> None:
    for kept in (sealed("B"), sealed("A", "ada"), sealed("A")):
        put(connection, kept)
    everybody = [(each.owner, each.name) for each in store.entries(connection, None)]
    assert everybody == [("", "A"), ("", "B"), ("ada", "A")]
    assert [each.name for each in store.entries(connection, ["ada"])] == ["A"]
    assert store.entries(connection, []) == ()


def test_a_new_value_keeps_the_time_of_the_first(connection: sqlite3.Connection) -> None:
    put(connection, sealed("A"), "x.org")
    anew = attrs.evolve(sealed("A", master_key="k2"), hosts=("x.org", "*.y.org"))
    entry = store.put(connection, anew, "admin", LATER)
    assert (entry.hosts, entry.created_at, entry.updated_at) == (("x.org", "*.y.org"), NOW, LATER)
    assert store.everything(connection) == (anew,)
    assert store.master_keys(connection) == {"k2"}
    assert store.entry(connection, "", "C") is None


def test_the_first_owner_that_keeps_something_counts(connection: sqlite3.Connection) -> None:
    for kept in (sealed("A"), sealed("A", "ada"), sealed("B")):
        put(connection, kept, "x.org")
    found = store.sealed(connection, ["ada", ""], ["B", "A", "C"])
    assert [(each.owner, each.name, each.hosts) for each in found] == [
        ("", "B", ("x.org",)),
        ("ada", "A", ("x.org",)),
    ]
    assert store.sealed(connection, [], ["A"]) == ()


def test_hosts_are_written_down_where_they_differ(connection: sqlite3.Connection) -> None:
    put(connection, sealed("A"), "x.org")
    for hosts in (("x.org",), ("y.org",), ()):
        kept = attrs.evolve(sealed("A"), hosts=hosts)
        assert store.set_hosts(connection, kept, "admin", LATER).hosts == hosts
    assert [(each.action, each.why) for each in store.accesses(connection, 10)] == [
        ("hosts", "nowhere"),
        ("hosts", "y.org"),
        ("set", ""),
    ]


def test_what_is_deleted_is_gone_and_written_down_either_way(connection: sqlite3.Connection) -> None:
    put(connection, sealed("A"))
    assert store.delete(connection, "", "A", "admin", NOW)
    assert not store.delete(connection, "", "A", "admin", NOW)
    assert store.everything(connection) == ()
    assert [each.why for each in store.accesses(connection, 2)] == ["there was none", ""]


def test_a_look_is_written_down_and_so_is_what_did_not_open(connection: sqlite3.Connection) -> None:
    found = [sealed("A"), sealed("B")]
    for kept in found:
        put(connection, kept)
    store.looked(connection, found, {"B": "it is damaged"}, "read", "ada", "a test", LATER)
    read = {each.name: each.last_read_at for each in store.entries(connection, None)}
    assert read == {"A": LATER, "B": None}
    looks = [(each.action, each.name, each.user, each.why) for each in store.accesses(connection, 2)]
    assert looks == [("unreadable", "B", "ada", "it is damaged"), ("read", "A", "ada", "a test")]


def test_everything_is_exchanged_at_once(connection: sqlite3.Connection) -> None:
    for name in ("A", "B"):
        put(connection, sealed(name), "x.org")
    anew = [
        attrs.evolve(each, master_key="k2", nonce=b"m", data=b"!", hosts=("y.org",))
        for each in store.everything(connection)
    ]
    store.reseal(connection, anew, "admin", LATER)
    assert list(store.everything(connection)) == anew
    assert store.accesses(connection, 1)[0].why == "2 sealed anew"
    assert [each.updated_at for each in store.entries(connection, None)] == [NOW, NOW]


def test_the_log_keeps_its_newest_rows(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    for number in range(5):
        store.log(connection, "read", "A", "", "", str(number), NOW)
    assert [each.why for each in store.accesses(connection, 10)] == ["4", "3", "2"]
    assert [each.why for each in store.accesses(connection, 1)] == ["4"]


def test_a_time_that_is_none_costs_no_more_than_itself(connection: sqlite3.Connection) -> None:
    put(connection, sealed("A"))
    connection.execute("UPDATE vault_entries SET created_at = 'x'")
    assert store.entries(connection, None)[0].created_at == datetime.fromtimestamp(0, UTC)
