"""Browsers that are signed in."""

import attrs
import pytest
import trio

from actors.users import messages as users
from actors.users.devices import MOST
from tests.actors.users.conftest import People


async def sign_in(people: People, user: str = "admin", label: str = "Firefox") -> users.CreatedDevice:
    return await people.ask(users.NewDevice(user=user, label=label, address="::1"))


async def test_a_device_is_signed_out_once_by_its_user(people: People) -> None:
    await people.start()
    await people.add("ada")
    made = await sign_in(people, "ada")
    assert made.cookie not in repr(made)
    assert made.page not in repr(made)
    with pytest.raises(users.UnknownDevice):
        await people.ask(users.SignOut(id=made.device.id, user="admin"))
    out = await people.ask(users.SignOut(id=made.device.id, user="ada"))
    assert out.revoked_at is not None
    assert await people.ask(users.SignOut(id=made.device.id, user="ada")) == out
    assert await people.ask(users.ListDevices(user="ada")) == (out,)
    assert not await people.knows(cookie=made.cookie, page=made.page)
    assert people.told() == [("ada", made.device.id, "ended")]


async def test_of_many_the_oldest_goes_but_first_those_that_are_signed_out(people: People) -> None:
    await people.start()
    made = [await sign_in(people, label=str(n)) for n in range(MOST)]
    await people.ask(users.SignOut(id=made[5].device.id, user="admin"))
    await sign_in(people)
    labels = {each.label for each in await people.ask(users.ListDevices(user="admin"))}
    assert "5" not in labels
    assert "0" in labels
    await sign_in(people)
    listed = await people.ask(users.ListDevices(user="admin"))
    assert len(listed) == MOST
    assert "0" not in {each.label for each in listed}
    assert not await people.knows(cookie=made[0].cookie, page=made[0].page)
    assert people.told()[-1] == ("admin", made[0].device.id, "ended")


async def test_what_was_signed_in_with_a_key_ends_with_it(people: People) -> None:
    await people.start()
    await people.add("ada")
    key, other = await people.key_of("ada"), await people.key_of("ada")
    asked = users.NewDevice(user="ada", label="Firefox", proof="key", key=key.meta.id)
    made, kept = await people.ask(asked), await sign_in(people, "ada")
    await people.ask(attrs.evolve(asked, key=other.meta.id))
    await people.ask(users.RevokeKey(id=key.meta.id, user="ada"))
    assert not await people.knows(cookie=made.cookie, page=made.page)
    assert await people.knows(cookie=kept.cookie, page=kept.page)
    assert people.told() == [("ada", key.meta.id, "ended"), ("ada", made.device.id, "ended")]
    listed = await people.ask(users.ListDevices(user="ada"))
    assert sum(each.revoked_at is None for each in listed) == 2
    with pytest.raises(users.NotKnown):
        await people.ask(asked)


async def test_it_is_good_no_longer_than_its_key(people: People) -> None:
    await people.start()
    key = (await people.ask(users.NewKey(user="admin", expires_in_days=2))).meta
    made = await people.ask(users.NewDevice(user="admin", label="Firefox", proof="key", key=key.id))
    assert made.device.expires_at == key.expires_at


async def test_devices_are_seen_where_they_were_last(people: People, autojump_clock: object) -> None:
    await people.start()
    made = await sign_in(people)
    await trio.sleep(60)
    await people.identify(cookie=made.cookie, page=made.page, address="192.0.2.44")
    (seen,) = await people.ask(users.ListDevices(user="admin"))
    assert seen.address == "192.0.2.44"
    assert (seen.last_seen_at - seen.created_at).total_seconds() == 60


async def test_a_label_is_cut_to_what_can_be_shown(people: People) -> None:
    await people.start()
    made = await sign_in(people, label="\x1b[31m" + "x" * 500 + "\ud800")
    assert made.device.label == "[31m" + "x" * 96
