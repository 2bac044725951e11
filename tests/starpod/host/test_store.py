"""What a host knows."""

import sqlite3

import attrs
import pytest

from starpod.host import store
from starpod.host.store import EVERYBODY, Row

ROW = Row(
    id="a", name="n", agent_id=None, region=None, variables={"A": "b"}, state="creating", generation=0, error=None,
    created_at=1.0, updated_at=1.0,
)  # fmt: skip


@pytest.fixture
def rows() -> sqlite3.Connection:
    return store.open_store(":memory:")


def test_agents_have_one_name_each(rows: sqlite3.Connection) -> None:
    assert store.add_agent(rows, "g", "bot", 1.0)
    assert not store.add_agent(rows, "h", "bot", 1.0)
    assert [each["id"] for each in store.agents(rows)] == ["g"]
    assert store.agent(rows, "g") == {"id": "g", "name": "bot", "gcs_path": None, "created_at": 1.0}
    assert store.agent(rows, "h") is None


def test_secrets_of_an_agent_count_before_those_of_everybody(rows: sqlite3.Connection) -> None:
    store.set_secret(rows, "1", EVERYBODY, "A", "for-everybody-1234", 1.0)
    store.set_secret(rows, "2", EVERYBODY, "B", "short", 1.0)
    kept = store.set_secret(rows, "3", "g", "A", "of-the-agent-5678", 2.0)
    assert kept == {"id": "3", "key": "A", "hint": "…5678", "agent_id": "g", "created_at": 2.0}
    assert [each["hint"] for each in store.secrets(rows, EVERYBODY)] == ["…1234", "…"]
    assert store.values(rows, "g") == {"A": "of-the-agent-5678", "B": "short"}
    assert store.values(rows, None) == {"A": "for-everybody-1234", "B": "short"}

    assert store.set_secret(rows, "4", "g", "A", "other", 3.0)["id"] == "3"
    assert not store.delete_secret(rows, EVERYBODY, "3")
    assert store.delete_secret(rows, "g", "3")
    assert store.values(rows, "g")["A"] == "for-everybody-1234"


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


def test_a_database_that_is_there_stays(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("host") / "host.db")
    first = store.open_store(path)
    store.add_instance(first, ROW)
    first.close()
    assert store.instances(store.open_store(path)) == [ROW]
