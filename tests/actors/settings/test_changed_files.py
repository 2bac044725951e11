"""What others write into the files is taken while the agent runs, and after it has crashed."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import trio

from actors.settings import messages
from actors.settings.document import Loaded, load
from actors.settings.messages import SettingsChanged
from tests.actors.settings.place import STARTS, Place, Shop


async def test_what_somebody_else_has_changed_meanwhile_is_not_written_over(place: Place) -> None:
    place.local.write_text("tills = 7\n")

    with pytest.raises(messages.Overtaken, match=r"^tills: changed by somebody else"):
        await place.mesh.bus.ask(messages.Put(changes={"tills": 3}, was={"tills": 2, "gone": 1}))

    assert place.local.read_text() == "tills = 7\n"
    await place.mesh.bus.ask(messages.Put(changes={"tills": 3}, was={"tills": 7}))
    place.agent.write_text("tills = \n")
    with pytest.raises(messages.Overtaken):
        await place.mesh.bus.ask(messages.Put(changes={"tills": 4}, was={"tills": 7}))


async def until_taken(place: Place, write: Callable[[], object]) -> None:
    """Write into the files, and wait until that is in force."""
    async with place.mesh.bus.subscribe(SettingsChanged) as changes:
        write()
        with trio.fail_after(30):
            async for _ in changes:
                return


async def test_what_is_written_into_the_files_is_taken_while_the_agent_runs(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.settings.actor.LOOK", 0.01)
    await place.restart()

    await until_taken(place, lambda: place.local.write_text("tills = 7\n"))
    assert place.current.of(Shop).tills == 7
    new = place.local.with_name("new")
    new.write_text("tills = 8\n")
    await until_taken(place, lambda: new.replace(place.local))  # as editors do it
    assert place.current.of(Shop).tills == 8
    await until_taken(place, place.local.unlink)
    assert place.current.of(Shop).tills == 2


async def test_a_file_that_is_broken_while_the_agent_runs_changes_nothing_until_it_is_mended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.settings.actor.LOOK", 0.01)
    await place.restart()

    place.local.write_text("tills = \n")
    with trio.fail_after(30):
        while place.mesh.console.health().children[-1].health.why is None:
            await trio.sleep(0.01)
    assert place.current.of(Shop).tills == 2
    await until_taken(place, lambda: place.local.write_text("tills = 5\n"))
    assert place.mesh.console.health().children[-1].health.why is None


async def test_after_a_crash_it_puts_in_force_what_the_files_say(place: Place) -> None:
    place.local.write_text("tills = 9\n")

    await place.restart()

    assert place.current.of(Shop) == Shop(tills=9)


async def test_what_nobody_had_taken_when_it_crashed_is_taken_afterwards(place: Place) -> None:
    place.local.write_text("[oven]\nheat = 200\n")
    place.current.replace(load(place.sources, place.scheme).values)  # and then it crashed

    await place.restart()

    assert STARTS == ["shut", "shut"]
    assert place.mesh.published(SettingsChanged) == [SettingsChanged(sections=("oven",))]


async def test_files_that_are_wrong_by_now_change_nothing_and_bring_nobody_down(place: Place) -> None:
    place.local.write_text("tills = 0\n")

    await place.restart()

    assert place.current.of(Shop) == Shop(tills=2)
    assert place.mesh.console.health().children[-1].health.why == "the files of settings have mistakes"
    assert len(await place.mesh.bus.ask(messages.Get())) == 5
    place.local.unlink()
    await place.put(tills=5)
    assert place.mesh.console.health().children[-1].health.why is None


async def test_a_change_waits_until_what_was_found_at_the_start_is_in_force(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(*given: Any, **more: Any) -> Loaded:
        found = load(*given, **more)
        if not began.is_set():
            began.set()
            go_on.wait()
        return found

    monkeypatch.setattr("actors.settings.actor.load", slow)
    async with trio.open_nursery() as nursery:
        try:
            await place.mesh.console.restart("settings")
            await trio.to_thread.run_sync(began.wait)
            nursery.start_soon(partial(place.put, tills=3))
            await place.mesh.settle()
            assert place.actor._changing.statistics().tasks_waiting == 1
        finally:
            go_on.set()
    assert place.current.of(Shop) == Shop(tills=3)
