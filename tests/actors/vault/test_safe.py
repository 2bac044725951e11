"""Sealing and opening with the keys that are there, and changing to another one."""

import base64
from pathlib import Path

import attrs
import pytest

from actors.vault import safe
from actors.vault.masterkeys import Places
from actors.vault.messages import Secret
from actors.vault.sealing import Sealed, fingerprint


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(variable=None, file=tmp_path / "vault.key", prefers_keyring=False)


def kept(places: Places) -> list[Sealed]:
    return [
        safe.seal(places, (), Secret(name=name, value=value, hosts=("x.org",)))
        for name, value in (("A", "1"), ("B", "2"))
    ]


def opened(places: Places, found: list[Sealed]) -> dict[str, str]:
    clear, unreadable = safe.open_all(places, found)
    assert unreadable == {}
    return {each.name: each.value for each in clear}


def test_what_opens_is_given_and_the_rest_is_named_with_what_to_do(places: Places) -> None:
    good, damaged = kept(places)
    damaged = attrs.evolve(damaged, data=b"")
    foreign = attrs.evolve(good, name="C", master_key="0123456789abcdef")

    clear, unreadable = safe.open_all(places, [good, damaged, foreign])

    assert [(each.name, each.value, each.hosts) for each in clear] == [("A", "1", ("x.org",))]
    assert unreadable == {
        "B": "it is damaged: keep it anew with `starpod vault set B`",
        "C": "its master key 0123456789abcdef is not here: put back vault.key from a backup, or its content into "
        "STARPOD_VAULT_KEY",
    }


def test_a_new_key_has_its_place_before_anything_depends_on_it(places: Places) -> None:
    before = kept(places)
    key, anew = safe.seal_anew(places, before)
    assert {each.master_key for each in anew} == {fingerprint(key)}
    assert opened(places, anew) == opened(places, before) == {"A": "1", "B": "2"}
    places.keep_only(key)
    assert opened(places, anew) == {"A": "1", "B": "2"}
    assert safe.open_all(places, before)[0] == ()


def test_an_empty_vault_gets_a_new_key_too(places: Places) -> None:
    old = places.for_sealing(())
    key, anew = safe.seal_anew(places, [])
    assert anew == []
    assert key != old
    assert places.for_sealing(()) == key


def test_nothing_is_changed_while_something_does_not_open(places: Places) -> None:
    good, damaged = kept(places)
    before = places.file.read_text()
    with pytest.raises(safe.NothingToRotate, match="B cannot be read: it is damaged"):
        safe.seal_anew(places, [good, attrs.evolve(damaged, data=b"")])
    assert places.file.read_text() == before


def test_a_key_in_the_variable_is_taken_once_there_is_another_one(places: Places) -> None:
    old, new = (base64.b64encode(bytes([n]) * 32).decode() for n in range(2))
    given = attrs.evolve(places, variable=old)
    before = kept(given)
    with pytest.raises(safe.NothingToRotate, match="put a new key before the one that is there"):
        safe.seal_anew(given, before)

    given = attrs.evolve(places, variable=f"{new},{old}")
    key, anew = safe.seal_anew(given, before)

    assert key == bytes([1]) * 32
    assert opened(attrs.evolve(places, variable=new), anew) == {"A": "1", "B": "2"}
    assert not places.file.exists()
