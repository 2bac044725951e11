"""What is in force is told, with where it comes from."""

from typing import Any

from actors.settings import messages
from actors.settings.messages import Mistake, Setting
from tests.actors.settings.place import Place


async def test_what_is_in_force_is_listed_with_who_says_so(place: Place) -> None:
    await place.put(oven__heat=200)

    def setting(key: str, section: str, value: Any, default: Any, **more: Any) -> Setting:
        return Setting(key=key, section=section, value=value, default=default, **more)

    assert await place.mesh.bus.ask(messages.Get()) == (
        setting("tills", "shop", 2, 1, expected="an integer", file="agent.toml", takes="at_once"),
        setting("motto", "shop", None, None, expected="a string", file=None, takes="next_start"),
        setting(
            "oven.heat", "oven", 200, 180, expected="an integer", file="config.local.toml", takes="restart"
        ),
        setting("oven.door", "oven", "shut", "shut", expected="a string", file=None, takes="restart"),
        setting(
            "oven.flour",
            "oven",
            "http://***@mill",
            "http://***@mill",
            expected="a string",
            file=None,
            takes="restart",
        ),
    )
    assert {each.key for each in await place.mesh.bus.ask(messages.Get(section="shop"))} == {"tills", "motto"}


async def test_what_the_files_may_say_is_described_with_whose_it_is_and_when_it_counts(place: Place) -> None:
    found = {each.key: each for each in await place.mesh.bus.ask(messages.Describe())}

    assert [(each.section, each.takes, each.guarded) for each in found.values()] == [
        ("shop", "at_once", False),
        ("shop", "next_start", False),
        ("oven", "restart", False),
        ("oven", "restart", False),
        ("oven", "restart", True),
    ]
    assert (found["tills"].least, found["tills"].text) == (1, "Where people pay.")
    assert await place.mesh.bus.ask(messages.Describe()) == tuple(found.values())


async def state(place: Place) -> messages.State:
    return await place.mesh.bus.ask(messages.GetState())


async def test_what_is_in_force_is_told_with_where_it_comes_from_and_what_waits(place: Place) -> None:
    await place.put(oven__heat=200, motto="bread")

    assert await state(place) == messages.State(
        values={
            "tills": 2,
            "motto": "bread",
            "oven.heat": 200,
            "oven.door": "shut",
            "oven.flour": "http://***@mill",
        },
        files={"tills": "agent.toml", "motto": "config.local.toml", "oven.heat": "config.local.toml"},
        waiting=("motto",),
        mistakes=(),
        ignored=(),
    )


async def test_files_that_are_wrong_are_told_of_beside_what_is_still_in_force(place: Place) -> None:
    place.agent.write_text('tills = "many"\nmoto = 1\n')

    found = await state(place)

    assert found.mistakes == (
        Mistake(key="tills", text="agent.toml, line 1: must be an integer, found 'many'"),
    )
    assert (found.values["tills"], found.files) == (2, {})
    place.agent.write_text("moto = 1\n")
    assert (await state(place)).ignored == (
        Mistake(key="moto", text="agent.toml, line 1: unknown key (did you mean motto?)"),
    )
