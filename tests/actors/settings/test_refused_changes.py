"""What is wrong is refused, all of it at once, and nothing is written."""

import pytest

from actors.settings import messages
from actors.settings.actor import MASKED
from actors.settings.messages import Mistake, Saved
from tests.actors.settings.place import Place, Shop


async def test_every_mistake_is_named_at_once_and_nothing_is_written(place: Place) -> None:
    assert await place.refused(tills=0, oven__heat="hot", motto="fine") == (
        Mistake(key="tills", text="must be >= 1, found 0"),
        Mistake(key="oven.heat", text="must be an integer, found 'hot'"),
    )


async def test_what_would_be_ignored_is_refused(place: Place) -> None:
    assert await place.refused(oven__heet=200) == (
        Mistake(key="oven.heet", text="unknown key (did you mean oven.heat?)"),
    )
    assert await place.refused(oven={"heet": 1}) == (
        Mistake(key="oven.heet", text="unknown key (did you mean oven.heat?)"),
    )
    assert await place.refused(oven__code="1234") == (Mistake(key="oven.code", text="it is a secret"),)


async def test_what_would_not_start_is_refused(place: Place) -> None:
    assert await place.refused(oven__heat=1000) == (Mistake(key="", text="agent.toml: no gas"),)


async def test_what_is_wrong_with_what_is_changed_is_told_where_that_is(place: Place) -> None:
    assert await place.refused(oven__door="locked") == (Mistake(key="oven.door", text="it is locked"),)
    place.agent.write_text('oven.door = "locked"\n')
    assert await place.refused(tills=3) == (Mistake(key="", text="agent.toml: oven.door: it is locked"),)


async def test_what_is_shown_in_the_place_of_a_password_is_never_written(place: Place) -> None:
    place.local.write_text('oven.flour = "http://ada:mine@mill"\n')
    shown = (await place.mesh.bus.ask(messages.GetState())).values["oven.flour"]
    assert shown == "http://***@mill"
    assert await place.put(oven__flour=shown, tills=3) == Saved(sections=("shop", "oven"))
    assert "http://ada:mine@mill" in place.local.read_text()

    assert await place.refused(oven__flour="http://***@evil") == (Mistake(key="oven.flour", text=MASKED),)
    assert await place.refused(oven={"flour": "http://***@evil"}) == (Mistake(key="oven", text=MASKED),)
    assert "***" not in place.local.read_text()


async def test_a_mistake_in_another_file_says_where_it_is(place: Place) -> None:
    place.agent.write_text("tills = -1\n")

    assert await place.refused(motto="x") == (
        Mistake(key="tills", text="agent.toml: must be >= 1, found -1"),
    )


async def test_a_mistake_in_another_file_shows_no_password(place: Place) -> None:
    place.agent.write_text('tills = "http://ada:secret@h"\n')

    (mistake,) = await place.refused(motto="x")

    assert mistake.text == "agent.toml: must be an integer, found 'http://***@h'"


async def test_what_is_odd_in_another_file_keeps_nobody_from_a_change(place: Place) -> None:
    place.agent.write_text("tills = 2\nmoto = 'x'\n")

    assert await place.put(tills=3) == Saved(sections=("shop",))


async def test_a_file_that_is_no_toml_is_not_written_over(place: Place) -> None:
    place.local.write_text("tills = \n")
    assert "config.local.toml" in str((await place.refused(tills=3))[0].text)
    place.local.write_bytes(b"motto = 'J\xfcrgen'\n")
    assert "config.local.toml cannot be read" in (await place.refused(tills=3))[0].text


async def test_what_has_no_form_in_a_file_is_refused(place: Place) -> None:
    assert await place.refused(motto=[None]) == (Mistake(key="", text="motto: null has no form in TOML"),)


async def test_a_disk_that_takes_nothing_changes_nothing(place: Place) -> None:
    place.local.parent.rmdir()

    with pytest.raises(messages.NotWritten, match="could not be written"):
        await place.put(tills=3)

    assert place.current.of(Shop) == Shop(tills=2)
