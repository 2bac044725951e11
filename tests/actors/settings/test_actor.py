"""A change of a setting is written, put in force and told: real files, a real bus."""

from actors.settings.document import load
from actors.settings.messages import Saved, SettingsChanged
from tests.actors.settings.place import STARTS, Oven, Place, Shop


async def test_a_change_is_written_put_in_force_and_told(place: Place) -> None:
    assert await place.put(tills=3) == Saved(sections=("shop",))

    assert place.current.of(Shop) == Shop(tills=3)
    assert place.agent.read_text() == "tills = 2\n"
    assert "tills = 3" in place.local.read_text()
    assert load(place.sources, place.scheme).values[Shop] == Shop(tills=3)
    assert place.mesh.published(SettingsChanged) == [SettingsChanged(sections=("shop",))]


async def test_null_gives_a_key_back_to_the_blueprint(place: Place) -> None:
    await place.put(tills=3)
    await place.put(tills=None)

    assert place.current.of(Shop) == Shop(tills=2)


async def test_what_cannot_take_a_change_alive_starts_anew_and_others_do_not(place: Place) -> None:
    assert STARTS == ["shut"]
    await place.put(tills=3)
    assert STARTS == ["shut"]
    assert await place.put(oven__heat=200) == Saved(sections=("oven",))
    assert STARTS == ["shut", "shut"]


async def test_a_change_with_which_somebody_cannot_start_is_taken_back(place: Place) -> None:
    await place.put(tills=3)
    written = place.local.read_text()

    (mistake,) = await place.refused(oven__door="broken", tills=4)

    assert mistake.text.startswith("with this it cannot start: baker: ")
    assert "the door does not close" in mistake.text
    assert place.local.read_text() == written
    assert (place.current.of(Oven).door, place.current.of(Shop).tills) == ("shut", 3)
    assert STARTS == ["shut", "broken", "shut"]
    assert [each.health.state.value for each in place.mesh.console.health().children] == ["ready"] * 3
    assert await place.noted() == [
        ("", "key", "settings.changed", "tills"),
        ("", "key", "settings.changed", "oven.door, tills"),
        ("", "key", "settings.restored", "oven.door, tills"),
    ]


async def test_a_file_that_was_not_there_before_a_change_that_is_taken_back_is_not_there_after(
    place: Place,
) -> None:
    await place.refused(oven__door="broken")

    assert not place.local.exists()


async def test_what_is_changed_is_for_its_owner_alone(place: Place) -> None:
    await place.put(tills=3)
    place.local.chmod(0o644)
    await place.put(tills=4)

    assert place.local.stat().st_mode & 0o777 == 0o600


async def test_a_key_that_counts_at_the_next_start_is_named(place: Place) -> None:
    assert await place.put(motto="bread", tills=4) == Saved(sections=("shop",), next_start=("motto",))


async def test_a_change_that_changes_nothing_is_told_to_nobody(place: Place) -> None:
    assert await place.put(tills=2) == Saved(sections=())
    assert place.mesh.published(SettingsChanged) == []
