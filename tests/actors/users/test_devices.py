"""Browsers that are signed in."""

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
