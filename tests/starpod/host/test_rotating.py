"""A new master key for the secrets of a host."""

import base64
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from starpod.errors import StarpodError
from starpod.host import rotating, service, store
from starpod.host.safe import Safe, Unsealable
from starpod.host.schema import open_store
from starpod.host.store import EVERYBODY

KEPT = {"A_KEY": "the value of a", "B_KEY": "the value of b"}


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    rows = open_store(str(tmp_path / "host.db"), Safe.of(tmp_path))
    for number, (name, value) in enumerate(KEPT.items()):
        owner = EVERYBODY if number else "bot"
        store.set_secret(rows, Safe.of(tmp_path), str(number), owner, name, value, 1.0)
    yield rows
    rows.close()


def keys(folder: Path) -> list[str]:
    return (folder / "vault.key").read_text().split()


def test_everything_is_sealed_anew_and_what_the_old_key_opens_is_on_no_disk(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    (old,), before = keys(tmp_path), store.sealed(rows)

    assert rotating.rotate(rows, Safe.of(tmp_path)) == 2

    (new,) = keys(tmp_path)
    assert new != old
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    assert store.values(rows, Safe.of(tmp_path), "bot") == KEPT
    assert len(store.master_keys(rows)) == 1
    written = b"".join(path.read_bytes() for path in tmp_path.glob("host.db*"))
    assert [each.name for each in before if each.data in written] == []
    assert all(each.data in written for each in store.sealed(rows))


def test_a_secret_that_does_not_open_is_named_and_nothing_is_changed(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    rows.execute("UPDATE secrets SET sealed = zeroblob(40) WHERE key = 'B_KEY'")
    before = keys(tmp_path), store.sealed(rows)
    with pytest.raises(Unsealable, match="B_KEY cannot be read: it is damaged"):
        rotating.rotate(rows, Safe.of(tmp_path))
    assert (keys(tmp_path), store.sealed(rows)) == before
    assert not rows.in_transaction


def test_keys_of_the_environment_are_changed_there(
    rows: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = keys(tmp_path)
    monkeypatch.setenv("STARPOD_VAULT_KEY", old)
    with pytest.raises(Unsealable, match="STARPOD_VAULT_KEY is yours to change: put a new key before"):
        rotating.rotate(rows, Safe.of(tmp_path))
    new = base64.b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("STARPOD_VAULT_KEY", f"{new},{old}")

    assert rotating.rotate(rows, Safe.of(tmp_path)) == 2

    assert not (tmp_path / "vault.key").exists()
    monkeypatch.setenv("STARPOD_VAULT_KEY", new)
    assert store.values(rows, Safe.of(tmp_path), "bot") == KEPT


def test_an_old_key_that_cannot_be_removed_is_said(
    rows: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = keys(tmp_path)
    new = base64.b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("STARPOD_VAULT_KEY", f"{new},{old}")
    (tmp_path / "vault.key").unlink()
    (tmp_path / "vault.key").mkdir()
    with pytest.raises(Unsealable, match=r"the old master key is still there: vault\.key cannot be deleted"):
        rotating.rotate(rows, Safe.of(tmp_path))
    assert store.values(rows, Safe.of(tmp_path), "bot") == KEPT, "all of it is sealed with the new one"


def test_where_there_is_no_host_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StarpodError, match="there is no host in"):
        service.rotate(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_does_not_answer_is_told_with_the_reason(free_port: int) -> None:
    with pytest.raises(StarpodError, match="has not answered: Connection refused"):
        rotating.ask(f"http://127.0.0.1:{free_port}", "key")
