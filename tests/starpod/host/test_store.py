"""What a host knows."""

import sqlite3
from pathlib import Path

import attrs
import pytest

from starpod.host import store
from starpod.host.safe import Safe
from starpod.host.schema import open_store
from starpod.host.store import EVERYBODY, Row

ROW = Row(
    id="a", name="n", agent_id=None, region=None, variables={"A": "b"}, state="creating", generation=0, error=None,
    created_at=1.0, updated_at=1.0,
)  # fmt: skip


@pytest.fixture
def safe(tmp_path: Path) -> Safe:
    return Safe.of(tmp_path)


@pytest.fixture
def rows(safe: Safe) -> sqlite3.Connection:
    return open_store(":memory:", safe)


def test_agents_have_one_name_each(rows: sqlite3.Connection) -> None:
    assert store.add_agent(rows, "g", "bot", 1.0)
    assert not store.add_agent(rows, "h", "bot", 1.0)
    assert [each["id"] for each in store.agents(rows)] == ["g"]
    assert store.agent(rows, "g") == {"id": "g", "name": "bot", "gcs_path": None, "created_at": 1.0}
    assert store.agent(rows, "h") is None


def test_secrets_of_an_agent_count_before_those_of_everybody(rows: sqlite3.Connection, safe: Safe) -> None:
    store.set_secret(rows, safe, "1", EVERYBODY, "A", "for-everybody-1234", 1.0)
    store.set_secret(rows, safe, "2", EVERYBODY, "B", "short", 1.0)
    kept = store.set_secret(rows, safe, "3", "g", "A", "of-the-agent-5678", 2.0)
    assert kept == {"id": "3", "key": "A", "hint": "…5678", "agent_id": "g", "created_at": 2.0}
    assert [each["hint"] for each in store.secrets(rows, safe, EVERYBODY)] == ["…1234", "…"]
    assert store.values(rows, safe, "g") == {"A": "of-the-agent-5678", "B": "short"}
    assert store.values(rows, safe, None) == {"A": "for-everybody-1234", "B": "short"}

    assert store.set_secret(rows, safe, "4", "g", "A", "other", 3.0)["id"] == "3"
    assert not store.delete_secret(rows, EVERYBODY, "3")
    assert store.delete_secret(rows, "g", "3")
    assert store.values(rows, safe, "g")["A"] == "for-everybody-1234"


def test_an_instance_goes_from_state_to_state_until_it_is_deleted(rows: sqlite3.Connection) -> None:
    store.add_instance(rows, ROW)
    assert store.instances(rows) == [ROW]
    assert store.settle(rows, ROW, "running", 2.0)
    assert not store.settle(rows, ROW, "error", 3.0, "late")
    assert store.become(rows, "a", "starting", 4.0, anew=True)
    found = store.instance(rows, "a")
    assert found == attrs.evolve(ROW, state="starting", generation=1, updated_at=4.0)
    assert store.become(rows, "a", "deleting", 5.0)
    assert not store.become(rows, "a", "paused", 6.0)
    store.forget(rows, "a")
    assert store.instance(rows, "a") is None
    assert not store.become(rows, "a", "paused", 7.0)


def test_an_instance_keeps_its_port(rows: sqlite3.Connection) -> None:
    store.add_instance(rows, ROW)
    assert store.ports(rows) == frozenset()
    store.keep_port(rows, "a", 20_001)
    assert store.ports(rows) == {20_001}
    assert store.instances(rows)[0].port == 20_001


def test_what_is_damaged_of_one_instance_is_nothing_to_the_others(rows: sqlite3.Connection) -> None:
    store.add_instance(rows, ROW)
    store.add_instance(rows, attrs.evolve(ROW, id="b"))
    rows.execute("UPDATE instances SET variables = 'no json' WHERE id = 'a'")
    damaged, whole = store.instances(rows)
    assert (damaged.state, damaged.error, damaged.variables) == ("error", store.DAMAGED, {})
    assert whole == attrs.evolve(ROW, id="b")
    assert store.become(rows, "a", "deleting", 2.0)
    assert (found := store.instance(rows, "a")) is not None
    assert found.state == "deleting", "it can be deleted"


def test_a_database_that_is_there_stays(tmp_path: Path, safe: Safe) -> None:
    path = str(tmp_path / "host.db")
    first = open_store(path, safe)
    store.add_instance(first, ROW)
    first.close()
    assert store.instances(open_store(path, safe)) == [ROW]
