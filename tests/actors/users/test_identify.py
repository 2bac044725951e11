"""Who is it, by what they show."""

import re
import sqlite3
import threading

import pytest
import trio

from actors.storage import Inaccessible
from actors.users import lookup
from actors.users import messages as users
from actors.vocabulary import Principal
from tests.actors.users.conftest import ASKS, People


async def test_the_first_start_makes_an_admin_with_a_key_that_is_shown_once(people: People) -> None:
    key = await people.start()
    assert key is not None
    assert re.fullmatch("sp_live_[0-9a-f]{40}", key)
    assert people.key_file.read_text() == key
    found = await people.identify(key)
    meta = (await people.ask(users.ListKeys(user="admin")))[0]
    assert found.principal == Principal(user="admin", role="admin", proof="key", credential=meta.id)


async def test_nothing_and_nonsense_prove_nobody(people: People) -> None:
    key = await people.start()
    assert key is not None
    with pytest.raises(users.NotKnown, match="Missing API key"):
        await people.identify()
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    for shown in (wrong, "", " ", key.upper(), key + "\n", "ключ", "a\0b", "\udcff", "x" * 10_000, key[:16]):
        with pytest.raises(users.NotKnown, match="Invalid API key" if shown else "Missing API key"):
            await people.identify(shown)


async def test_a_key_is_of_its_user_until_it_is_revoked(people: People, autojump_clock: object) -> None:
    await people.start()
    await people.add("ada")
    first, second = await people.key_of("ada"), await people.key_of("ada")
    await people.ask(users.RevokeKey(id=first.meta.id, user="ada"))
    assert not await people.knows(first.key)
    assert (await people.identify(second.key)).principal.user == "ada"
    assert people.told() == [("ada", first.meta.id, "ended")]


async def test_a_key_is_good_until_it_expires_and_the_end_is_told(
    people: People, autojump_clock: object
) -> None:
    await people.start()
    await people.add("ada")
    made = await people.key_of("ada", days=2)
    assert (await people.identify(made.key)).expires_at == made.meta.expires_at
    await trio.sleep(2 * 86400 - 1)
    assert await people.knows(made.key)
    assert people.told() == []
    await trio.sleep(1.5)
    assert not await people.knows(made.key)
    assert people.told() == [("ada", made.meta.id, "ended")]
    entries = await people.ask(users.ListAudit(user="admin", proof="operator"))
    assert entries[0].event == "key.expired"


async def test_a_device_shows_both_halves(people: People, autojump_clock: object) -> None:
    await people.start()
    made = await people.ask(users.NewDevice(user="admin", label="Firefox on Linux\0", address="::1"))
    assert made.device.label == "Firefox on Linux"
    found = await people.identify(cookie=made.cookie, page=made.page)
    assert found.principal == Principal(user="admin", role="admin", proof="page", credential=made.device.id)
    assert not await people.knows(cookie=made.cookie)
    assert not await people.knows(cookie=made.cookie, page=made.cookie)
    assert not await people.knows(page=made.page)
    assert not await people.knows(made.cookie)
    await trio.sleep(30 * 86400 + 1)
    assert not await people.knows(cookie=made.cookie, page=made.page)


async def test_use_is_noted_once_a_minute(people: People, autojump_clock: object) -> None:
    key = await people.start()

    async def last_used() -> object:
        return (await people.ask(users.ListKeys(user="admin")))[0].last_used_at

    assert await last_used() is None
    await people.identify(key)
    first = await last_used()
    await trio.sleep(59)
    await people.identify(key)
    assert await last_used() == first
    await trio.sleep(1)
    await people.identify(key)
    assert await last_used() != first


async def test_the_folder_of_a_user_is_made_when_they_first_come(people: People) -> None:
    key = await people.start()
    await people.add("ada")
    assert people.folders == []
    await people.identify(key)
    await people.identify(key)
    assert people.folders == ["admin"]


async def test_a_folder_that_cannot_be_made_keeps_nobody_out(people: People) -> None:
    key = await people.start()

    def refuse(user: str) -> None:
        raise PermissionError(13, "Permission denied")

    people.seed = refuse
    assert await people.knows(key)
    people.seed = people.folders.append
    assert await people.knows(key)
    assert people.folders == ["admin"]


async def test_a_database_that_does_not_answer_lets_nobody_in(people: People) -> None:
    key = await people.start()
    people.path.rename(people.path.with_name("gone.db"))
    await trio.sleep(0.6)
    with pytest.raises(users.StorageFailed):
        await people.identify(key)
    with pytest.raises(users.StorageFailed):
        await people.ask(users.AddUser(id="ada", **ASKS))


async def test_who_is_revoked_while_being_recognised_is_not_let_in(people: People) -> None:
    """Otherwise whoever remembers the answer would be told before it has it."""
    await people.start()
    await people.add("ada")
    made = await people.key_of("ada")
    asked, revoked = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()

    def wait(user: str) -> None:
        token.run_sync_soon(asked.set)
        assert revoked.wait(60)

    people.seed = wait
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_refused, people, made.key)
        await asked.wait()
        await people.ask(users.RevokeKey(id=made.meta.id, user="ada"))
        revoked.set()


async def _refused(people: People, key: str) -> None:
    with pytest.raises(users.NotKnown):
        await people.identify(key)


async def test_the_end_of_a_key_is_told_though_the_database_did_not_answer_at_first(
    people: People, autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.start()
    made = await people.key_of("admin", days=1)
    look = lookup.next_expiry
    failures = iter([Inaccessible(path=people.path)] * 3)

    def fail_at_first(connection: sqlite3.Connection) -> int | None:
        for failure in failures:
            raise failure
        return look(connection)

    await trio.sleep(86400 - 60)
    monkeypatch.setattr(lookup, "next_expiry", fail_at_first)
    await trio.sleep(120)
    assert people.told() == [("admin", made.meta.id, "ended")]
