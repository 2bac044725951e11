"""Where master keys are kept: made once, with their mode, outside the databases; what is said when one is missing."""

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from actors.vault.masterkeys import NoMasterKey, Places
from actors.vault.sealing import fingerprint
from tests.actors.vault.conftest import Ring

OLD, NEW = bytes(range(32)), bytes(32)
IN_TEXT = base64.b64encode(OLD).decode()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A file, as long as nothing else is said."""
    return Places(variable=None, file=tmp_path / "vault.key", prefers_keyring=False)


# --- the file -----------------------------------------------------------------------------------------------


def test_no_key_is_made_before_something_is_sealed(places: Places) -> None:
    assert places.load().newest is None
    assert not places.file.exists()


def test_a_key_is_made_once_for_its_owner_alone(places: Places) -> None:
    before = os.umask(0)
    try:
        key = places.for_sealing(())
    finally:
        os.umask(before)

    assert places.for_sealing(()) == key
    assert places.file.stat().st_mode & 0o777 == 0o600
    assert base64.b64decode(places.file.read_text()) == key
    assert [each.name for each in places.file.parent.iterdir()] == ["vault.key"]
    assert key.hex() not in repr(places.load())


def test_two_agents_have_different_keys(places: Places, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = attrs.evolve(places, file=tmp_path / "b" / "vault.key")
    assert places.for_sealing(()) != other.for_sealing(())


def test_the_newest_key_seals_and_every_key_opens(places: Places) -> None:
    places.add(OLD)
    places.add(NEW)
    keys = places.load()
    assert keys.newest == NEW
    assert set(keys.by_fingerprint.values()) == {OLD, NEW}
    assert places.for_sealing(()) == NEW

    places.keep_only(NEW)

    assert set(places.load().by_fingerprint.values()) == {NEW}


def test_nothing_of_an_old_key_is_left_by_a_write_that_was_cut_short(places: Places) -> None:
    left = places.file.with_name(".vault.key.abc123")
    left.write_text(IN_TEXT)
    places.keep_only(NEW)
    assert not left.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (base64.b64encode(bytes(31)), "holds 31 bytes"),
        (base64.b64encode(bytes(33)), "holds 33 bytes"),
        (b"not base64!", "holds something else"),
        (IN_TEXT[:-1].encode(), "holds something else"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_with_something_else_is_an_error_that_says_what_to_do(
    places: Places, content: bytes, said: str
) -> None:
    places.file.write_bytes(content)
    with pytest.raises(NoMasterKey, match=said) as refused:
        places.load()
    assert "vault.key" in str(refused.value)
    assert content.decode(errors="replace") not in str(refused.value)
    with pytest.raises(NoMasterKey):
        places.for_sealing(())
    assert places.file.read_bytes() == content


def loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, loop])
def test_something_else_in_its_place_is_an_error(places: Places, make: Callable[[Path], None]) -> None:
    make(places.file)
    with pytest.raises(NoMasterKey, match=r"vault\.key cannot be read: (it is not a file|Too many levels)"):
        places.load()


def test_no_new_key_is_made_while_one_is_missing(places: Places) -> None:
    with pytest.raises(
        NoMasterKey, match=rf"{fingerprint(OLD)} is missing: put back vault.key from a backup"
    ):
        places.for_sealing({fingerprint(OLD)})
    assert not places.file.exists()


def test_a_file_that_others_can_read_is_told(places: Places) -> None:
    assert places.warning() is None
    places.for_sealing(())
    assert places.warning() is None
    places.file.chmod(0o640)
    assert places.warning() == "others can read vault.key: chmod 600 it"


def test_a_file_that_cannot_be_written_is_an_error(places: Places) -> None:
    with pytest.raises(NoMasterKey, match="cannot be written: No such file"):
        attrs.evolve(places, file=places.file.parent / "gone" / "vault.key").for_sealing(())


def test_an_old_key_that_cannot_be_deleted_is_an_error(places: Places) -> None:
    places.file.mkdir()
    with pytest.raises(NoMasterKey, match=r"vault\.key cannot be deleted: Is a directory"):
        attrs.evolve(places, variable=IN_TEXT).keep_only(OLD)


@pytest.mark.parametrize(
    ("places_are", "said"),
    [
        ({}, "put back vault.key from a backup, or its content into STARPOD_VAULT_KEY"),
        ({"variable": IN_TEXT}, "put it into STARPOD_VAULT_KEY, behind the one that is there and a comma"),
        ({"prefers_keyring": True}, "put it back into the keyring, as the password of"),
    ],
)
def test_it_is_told_how_a_key_comes_back(places: Places, places_are: dict[str, Any], said: str) -> None:
    assert attrs.evolve(places, **places_are).remedy.startswith(said)


# --- the variable -------------------------------------------------------------------------------------------


def test_the_variable_counts_before_the_file_and_is_never_written(places: Places) -> None:
    places.add(NEW)
    given = attrs.evolve(places, variable=f" {IN_TEXT}\n")
    assert given.for_sealing(()) == OLD
    assert given.load().newest == OLD
    assert IN_TEXT not in repr(given)
    assert IN_TEXT not in places.file.read_text()


def test_the_variable_may_hold_an_older_key_behind_the_new_one(places: Places) -> None:
    given = attrs.evolve(places, variable=f"{base64.b64encode(NEW).decode()}, {IN_TEXT}")
    keys = given.load()
    assert keys.newest == NEW
    assert set(keys.by_fingerprint.values()) == {NEW, OLD}


def test_what_was_sealed_with_the_file_still_opens_once_there_is_a_variable(places: Places) -> None:
    places.add(OLD)
    given = attrs.evolve(places, variable=base64.b64encode(NEW).decode())
    assert fingerprint(OLD) not in given.load().by_fingerprint
    assert given.load({fingerprint(OLD)}).by_fingerprint[fingerprint(OLD)] == OLD

    given.keep_only(NEW)

    assert not places.file.exists()


@pytest.mark.parametrize("text", ["x", IN_TEXT[:20], f"{IN_TEXT} x"])
def test_a_variable_with_something_else_is_an_error(places: Places, text: str) -> None:
    with pytest.raises(NoMasterKey, match="STARPOD_VAULT_KEY must hold base64 of 32 bytes") as refused:
        attrs.evolve(places, variable=text).load()
    assert IN_TEXT not in str(refused.value)


# --- the keyring --------------------------------------------------------------------------------------------


def test_a_keyring_keeps_the_key_of_each_agent(places: Places, ring: Ring) -> None:
    places = attrs.evolve(places, prefers_keyring=True)
    key = places.for_sealing(())
    assert places.for_sealing(()) == key
    assert ring.kept == {("starpod", str(places.file.parent)): base64.b64encode(key).decode()}
    assert not places.file.exists()


def test_a_file_gives_way_to_a_keyring_with_the_next_rotation(places: Places, ring: Ring) -> None:
    old = places.for_sealing(())
    places = attrs.evolve(places, prefers_keyring=True)
    assert places.load({fingerprint(old)}).by_fingerprint == {fingerprint(old): old}
    places.add(NEW)
    places.keep_only(NEW)
    assert places.load().by_fingerprint == {fingerprint(NEW): NEW}
    assert not places.file.exists()


def test_what_a_keyring_has_still_opens_once_the_file_is_in_use(places: Places, ring: Ring) -> None:
    old = attrs.evolve(places, prefers_keyring=True).for_sealing(())
    assert places.load({fingerprint(old)}).by_fingerprint == {fingerprint(old): old}
    ring.locked = True
    assert places.load({fingerprint(old)}).by_fingerprint == {}


def test_a_keyring_that_is_locked_is_an_error_that_says_what_to_do(places: Places, ring: Ring) -> None:
    ring.locked = True
    with pytest.raises(NoMasterKey, match=r'unlock it, or say \[vault\] key = "file"'):
        attrs.evolve(places, prefers_keyring=True).load()


def test_a_keyring_that_keeps_nothing_is_noticed_before_anything_is_sealed(
    places: Places, ring: Ring
) -> None:
    ring.deaf = True
    with pytest.raises(NoMasterKey, match="does not keep what it is given"):
        attrs.evolve(places, prefers_keyring=True).for_sealing(())


def test_without_the_package_it_is_told_how_to_get_it(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "keyring.errors", None)
    with pytest.raises(NoMasterKey, match=r'pip install "starpod\[keyring\]"'):
        attrs.evolve(places, prefers_keyring=True).load()
