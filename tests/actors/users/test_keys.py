"""Keys: made here, or chosen by the owner in the environment."""

import json
import pathlib
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest
import trio

from actors.storage import Storage, numbered
from actors.users import actor, bootstrap
from actors.users import messages as users
from actors.users.actor import MIGRATIONS
from actors.users.hashing import digest, is_generated, matches, slow_hash, slow_matches
from bus import BootError, BusError
from bus.console import to_json
from bus.testing import open_test_mesh
from tests.actors.users.conftest import ASKS, People, life

T = TypeVar("T")

CHOSEN = "my key for programs, ключ"


async def keys(people: People) -> list[tuple[str | None, bool]]:
    """Label and whether it is good, newest first."""
    listed = await people.ask(users.ListKeys(user="admin"))
    return [(each.label, each.revoked_at is None) for each in listed]


# --- hashes -------------------------------------------------------------------------------------------------


def test_what_a_key_made_here_looks_like() -> None:
    assert is_generated("sp_live_" + "0a" * 20)
    for other in (
        "sp_live_" + "0A" * 20,
        "sp_live_" + "0a" * 19,
        "sp_test_" + "0a" * 20,
        "",
        "x" + "0a" * 23,
    ):
        assert not is_generated(other)
    assert not is_generated("sp_live_" + "0a" * 20 + "\n")


def test_a_hash_fits_one_text_alone() -> None:
    for text in ("", "a", "ключ", "a\0b", "\udcff", "x" * 10_000):
        assert matches(text, digest(text))
        assert not matches(text + "a", digest(text))
    assert not matches("a", "")


def test_hashes_of_a_chosen_key_differ_and_fit() -> None:
    first, second = slow_hash(CHOSEN), slow_hash(CHOSEN)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert slow_matches(CHOSEN, first)
    assert slow_matches(CHOSEN, second)
    for wrong in (CHOSEN[:-1], CHOSEN + " ", "", "a\0b", "\udcff"):
        assert not slow_matches(wrong, first)
    for damaged in ("", "$argon2id$", first[:-4], "sha256:00"):
        assert not slow_matches(CHOSEN, damaged)


# --- the key of the environment ------------------------------------------------------------------------------


async def test_a_chosen_key_is_the_admins_and_no_other_is_made(tmp_path: pathlib.Path) -> None:
    async with life(tmp_path, CHOSEN) as people:
        assert people.first_key is None
        assert not people.key_file.exists()
        found = (await people.identify(CHOSEN)).principal
        assert (found.user, found.role, found.proof) == ("admin", "admin", "key")
        assert await keys(people) == [("from STARPOD_API_KEY", True)]
        for wrong in (CHOSEN[:-1], CHOSEN + " ", "", CHOSEN[:8]):
            assert not await people.knows(wrong)
        listed = await people.ask(users.ListKeys(user="admin"))
        assert listed[0].prefix == ""
    stored = b"".join(file.read_bytes() for file in people.path.parent.iterdir())
    assert CHOSEN[:8].encode() not in stored


async def test_the_same_key_at_the_next_start_changes_nothing(tmp_path: pathlib.Path) -> None:
    async with life(tmp_path, CHOSEN) as people:
        first = (await people.identify(CHOSEN)).principal
    async with life(tmp_path, CHOSEN) as people:
        assert (await people.identify(CHOSEN)).principal == first
        assert people.told() == []


async def test_a_chosen_key_is_hashed_once_in_a_life(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second hash in a process leaves its memory with the allocator, 20 MB."""
    hashed: list[str] = []
    for name, real in (("slow_hash", slow_hash), ("slow_matches", slow_matches)):
        monkeypatch.setattr(actor, name, partial(_counted, hashed, real))
    for _ in range(2):
        async with life(tmp_path, CHOSEN) as people:
            for number in range(3):
                assert await people.knows(CHOSEN)
                assert not await people.knows(f"{CHOSEN}{number}")
        assert hashed == [CHOSEN]
        hashed.clear()


def _counted(keys: list[str], real: Callable[..., T], key: str, *args: str) -> T:
    keys.append(key)
    return real(key, *args)


async def test_another_key_takes_the_place_of_the_one_before(tmp_path: pathlib.Path) -> None:
    async with life(tmp_path, CHOSEN) as people:
        old = (await people.identify(CHOSEN)).principal.credential
    async with life(tmp_path, "quite another key") as people:
        assert not await people.knows(CHOSEN)
        assert await people.knows("quite another key")
        assert people.told() == [("admin", old, "ended")]
        assert await keys(people) == [("from STARPOD_API_KEY", True), ("from STARPOD_API_KEY", False)]


async def test_a_key_that_is_gone_is_void_until_it_comes_back(tmp_path: pathlib.Path) -> None:
    for key in (CHOSEN, "sp_live_" + "0a" * 20):
        async with life(tmp_path, key) as people:
            assert await people.knows(key)
        async with life(tmp_path) as people:
            assert people.first_key is None
            assert not await people.knows(key)
            assert [good for _, good in await keys(people)] == [False] * len(await keys(people))
        async with life(tmp_path, key) as people:
            assert await people.knows(key)


async def test_a_key_that_was_revoked_stays_void_though_it_is_still_in_the_environment(
    tmp_path: pathlib.Path,
) -> None:
    async with life(tmp_path, CHOSEN) as people:
        await people.key_of("admin")
        key = (await people.identify(CHOSEN)).principal.credential
        await people.ask(users.RevokeKey(id=key, user="admin"))
        assert not await people.knows(CHOSEN)
    async with life(tmp_path, CHOSEN) as people:
        assert not await people.knows(CHOSEN)
        assert len(await keys(people)) == 2


async def test_a_key_that_is_gone_is_void_though_nobody_shows_one(
    tmp_path: pathlib.Path, autojump_clock: object
) -> None:
    async with life(tmp_path, CHOSEN) as people:
        assert await people.knows(CHOSEN)
    async with life(tmp_path) as people:
        await trio.sleep(3)
        assert await keys(people) == [("from STARPOD_API_KEY", False)]


async def test_a_key_made_here_may_be_in_the_environment(tmp_path: pathlib.Path) -> None:
    async with life(tmp_path) as people:
        key = people.first_key
    assert key is not None
    async with life(tmp_path, key) as people:
        assert await people.knows(key)
        assert await keys(people) == [("made at the first start", True)]


# --- the first admin -----------------------------------------------------------------------------------------


async def test_there_is_one_first_start(tmp_path: pathlib.Path) -> None:
    async with life(tmp_path) as people:
        key = people.first_key
    async with life(tmp_path) as people:
        assert people.first_key is None
        assert await people.knows(key)
        assert [each.id for each in await people.ask(users.ListUsers(user="admin"))] == ["admin"]


async def test_two_that_start_together_make_one_admin(tmp_path: pathlib.Path) -> None:
    stores = [Storage(tmp_path / "users.db", numbered(MIGRATIONS)) for _ in range(2)]
    made: list[bool] = []

    async def start(store: Storage, n: int) -> None:
        key = "sp_live_" + f"{n}" * 40
        made.append(await store.run(bootstrap.first_admin, key, f"key-{n}", n))

    for store in stores:
        await store.open()
    async with trio.open_nursery() as nursery:
        for n, store in enumerate(stores):
            nursery.start_soon(start, store, n)
    assert sorted(made) == [False, True]
    for store in stores:
        await store.close()


async def test_a_key_that_cannot_be_written_down_is_not_made(tmp_path: pathlib.Path) -> None:
    (tmp_path / "admin.key").mkdir()
    async with open_test_mesh() as mesh:
        with pytest.raises((BootError, BusError), match="the key of the first admin cannot be written down"):
            await People(mesh, tmp_path).start()
    (tmp_path / "admin.key").rmdir()
    async with life(tmp_path) as people:
        assert people.first_key == people.key_file.read_text()


# --- making and revoking -------------------------------------------------------------------------------------


async def test_a_key_is_shown_when_it_is_made_and_listed_without_it(people: People) -> None:
    await people.start()
    await people.add("ada")
    first = await people.ask(users.NewKey(user="ada", label="  laptop ", expires_in_days=1))
    second = await people.ask(users.NewKey(user="ada"))
    assert first.key[8:16] == first.meta.prefix
    assert first.key not in repr(first)
    assert first.meta.label == "laptop"
    assert first.meta.expires_at is not None
    assert (first.meta.expires_at - first.meta.created_at).days == 1
    assert await people.ask(users.ListKeys(user="ada")) == (second.meta, first.meta)
    assert await people.ask(users.ListKeys(id="ADA", user="admin")) == (second.meta, first.meta)
    assert (await people.ask(users.ListKeys(id="admin", user="admin")))[0].user == "admin"


async def test_one_revokes_ones_own_keys_and_an_admin_anybodys(people: People) -> None:
    await people.start()
    await people.add("ada")
    await people.add("bob")
    of_ada, of_bob = await people.key_of("ada"), await people.key_of("bob")
    for id in (of_ada.meta.id, "nothing", "\ud800"):
        with pytest.raises(users.UnknownKey):
            await people.ask(users.RevokeKey(id=id, user="bob"))
    with pytest.raises(users.UnknownKey):
        await people.ask(users.RevokeKey(id="nothing", **ASKS))
    revoked = await people.ask(users.RevokeKey(id=of_ada.meta.id, **ASKS))
    assert revoked.revoked_at is not None
    assert await people.ask(users.RevokeKey(id=of_ada.meta.id, **ASKS)) == revoked
    assert await people.knows(of_bob.key)
    assert people.told() == [("ada", of_ada.meta.id, "ended")]


async def test_what_passes_by_shows_no_key_and_no_half(people: People) -> None:
    first = await people.start()
    made = await people.ask(users.NewKey(user="admin"))
    device = await people.ask(users.NewDevice(user="admin", label="Firefox"))
    await people.identify(made.key)
    await people.identify(cookie=device.cookie, page=device.page)
    passed = json.dumps([to_json(event, body=True) for event in people.mesh.console.recorded()])
    assert passed.count('"users.Identify@1"') >= 2
    for secret in (first, made.key, device.cookie, device.page):
        assert secret is not None
        assert secret[-32:] not in passed


# --- how many -----------------------------------------------------------------------------------------------


async def test_a_user_has_no_more_good_keys_than_one_can_keep_an_eye_on(people: People) -> None:
    await people.start()
    for id in ("ada", "bob"):
        await people.add(id)
    made = [await people.key_of("ada") for _ in range(users.MOST_KEYS)]
    with pytest.raises(users.TooManyKeys, match="ada has 50 keys that are good already: revoke one"):
        await people.ask(users.NewKey(user="ada"))
    await people.key_of("bob")
    await people.ask(users.RevokeKey(id=made[0].meta.id, user="ada"))
    await people.key_of("ada")


async def test_of_keys_that_are_void_the_oldest_are_forgotten_unless_a_device_was_signed_in_with_them(
    people: People,
) -> None:
    await people.start()
    await people.add("ada")
    first = await people.key_of("ada")
    device = users.NewDevice(user="ada", label="", address="", proof="key", key=first.meta.id)
    await people.ask(device)
    await people.ask(users.RevokeKey(id=first.meta.id, user="ada"))
    keys = [await people.key_of("ada") for _ in range(10)]
    for _ in range(users.MOST_KEYS):
        await people.ask(users.RevokeKey(id=keys[-1].meta.id, user="ada"))
        keys.append(await people.key_of("ada"))
    for key in keys:
        await people.ask(users.RevokeKey(id=key.meta.id, user="ada"))
    await people.key_of("ada")
    kept = await people.ask(users.ListKeys(user="ada"))
    assert len(kept) == users.MOST_KEYS + 2
    assert kept[-1].id == first.meta.id
    assert not await people.knows(keys[0].key)
