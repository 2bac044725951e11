"""Settings while the agent runs: real files, a real bus."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, final

import attrs
import pytest
import trio
from attrs.validators import ge

from actors.settings import messages
from actors.settings.actor import MASKED, Reader, SettingsActor
from actors.settings.current import Current
from actors.settings.document import Loaded, Scheme, Section, Source, load
from actors.settings.messages import Mistake, Refused, Saved, Setting, SettingsChanged
from actors.users import messages as users
from actors.vocabulary import Proof
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.users.conftest import People


@final
@attrs.frozen(kw_only=True)
class Shop:
    tills: int = attrs.field(default=1, validator=ge(1))
    """Where people pay."""
    motto: str | None = None


@final
@attrs.frozen(kw_only=True)
class Oven:
    heat: int = 180
    door: str = "shut"
    flour: str = "http://ada:secret@mill"


STARTS: list[str] = []


@final
class Baker(Actor):
    """Says when it starts; behind a broken door it does not."""

    def __init__(self, oven: Callable[[], Oven]) -> None:
        self._oven = oven

    async def start(self) -> None:
        STARTS.append(self._oven().door)
        if self._oven().door == "broken":
            raise RuntimeError("the door does not close")


READERS = (
    Reader(name="shop", kind=Shop, keys={}, fixed=frozenset({"motto"})),
    Reader(
        name="oven",
        kind=Oven,
        keys={"heat": "oven.heat", "door": "oven.door", "flour": "oven.flour"},
        restart=("baker",),
        guarded=("oven.fl*",),
    ),
)


class Place:
    """Two files, the actor over them, and what it has put in force."""

    def __init__(self, root: Path, mesh: MeshUnderTest) -> None:
        self.local, self.agent = root / "inside" / "config.local.toml", root / "agent.toml"
        self.local.parent.mkdir()
        self.agent.write_text("tills = 2\n")
        self.sources = (Source(path=self.local), Source(path=self.agent, required=True))
        self.scheme = Scheme(
            sections=(
                Section(kind=Shop),
                Section(
                    kind=Oven,
                    keys=READERS[1].keys,
                    check=lambda oven: (
                        ["no gas"] * (oven.heat > 999) + ["oven.door: it is locked"] * (oven.door == "locked")
                    ),
                ),
            ),
            secrets=(("oven.code", "ignored, it is a secret"),),
        )
        self.current = Current(load(self.sources, self.scheme).values)
        self.mesh = mesh
        self.people = People(mesh, root)

    async def start(self) -> None:
        STARTS.clear()
        await self.people.start()
        await self.mesh.start(partial(Baker, partial(self.current.of, Oven)), name="baker")
        await self.mesh.start(
            partial(SettingsActor, self.sources, self.scheme, self.current, READERS), name="settings"
        )
        await self.caught_up()

    @property
    def actor(self) -> SettingsActor:
        found = self.mesh.cell("settings").actor
        assert isinstance(found, SettingsActor)
        return found

    async def noted(self) -> list[tuple[str, str, str, str]]:
        """What the audit log has of settings, oldest first: who, how that is known, what, which."""
        found = await self.people.ask(users.ListAudit(user="admin", proof="operator"))
        rows = ((each.user, each.proof, each.event, each.detail) for each in reversed(found))
        return [row for row in rows if row[2].startswith("settings.")]

    async def restart(self) -> None:
        """Start the actor anew."""
        await self.mesh.console.restart("settings")
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until the actor has dealt with what it found at its start."""
        await self.mesh.settle()
        async with self.actor._changing:
            pass

    async def put(self, **changes: Any) -> Saved:
        renamed: Mapping[str, Any] = {key.replace("__", "."): value for key, value in changes.items()}
        return await self.mesh.bus.ask(messages.Put(changes=renamed))

    async def refused(self, **changes: Any) -> tuple[Mistake, ...]:
        before = self.local.read_bytes() if self.local.exists() else None
        with pytest.raises(Refused) as raised:
            await self.put(**changes)
        assert (self.local.read_bytes() if self.local.exists() else None) == before
        return raised.value.mistakes


@pytest.fixture
async def place(tmp_path: Path, mesh: MeshUnderTest) -> Place:
    found = Place(tmp_path, mesh)
    await found.start()
    return found


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


async def test_who_changes_what_is_in_the_audit_log_without_values(place: Place) -> None:
    changes = {"oven": {"flour": "x", "heat": 9}, "tills": None}
    operator = messages.Put(changes=changes, user="ada", address="192.0.2.7", proof="operator")
    await place.mesh.bus.ask(operator)
    await place.refused(tills=0)
    with pytest.raises(messages.Guarded):
        await place.put(oven__flour="y")
    assert await place.noted() == [("ada", "operator", "settings.changed", "oven.flour, oven.heat, tills")]


async def test_nothing_is_changed_that_the_audit_log_cannot_have(place: Place) -> None:
    place.people.path.rename(place.people.path.with_name("away"))
    with pytest.raises(messages.NotWritten, match="not even who changes them"):
        await place.put(tills=3)
    assert not place.local.exists()


async def test_what_is_guarded_is_refused_before_anything_else_is_looked_at(place: Place) -> None:
    guarded = messages.Put(changes={"oven.flour": "x", "oven.heat": 1000})
    with pytest.raises(messages.Guarded):
        await place.mesh.bus.ask(guarded)
    with pytest.raises(Refused, match="no gas"):
        await place.mesh.bus.ask(attrs.evolve(guarded, proof="operator"))


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"oven.flour": "x"}, "operator"),
        ({"oven": {"flour": "x"}}, "confirmed"),
        ({"oven": {"flour": "x", "heat": 9}}, "operator"),
    ],
)
async def test_what_is_guarded_is_changed_by_the_operator_and_by_a_confirmed_page_alone(
    place: Place, changes: dict[str, Any], good: Proof
) -> None:
    others: tuple[Proof, ...] = ("key", "page", "telegram", "scheduler")
    for proof in others:
        with pytest.raises(
            messages.Guarded, match=r"^oven\.flour: this decides what the agent may do, or wher"
        ):
            await place.mesh.bus.ask(messages.Put(changes=changes, proof=proof))
    assert not place.local.exists()

    await place.mesh.bus.ask(messages.Put(changes=changes, proof=good))
    assert place.current.of(Oven).flour == "x"


async def test_what_is_guarded_is_given_back_to_the_blueprint_by_the_operator_alone(place: Place) -> None:
    await place.mesh.bus.ask(messages.Put(changes={"oven.flour": "x"}, proof="operator"))

    back: tuple[dict[str, Any], ...] = ({"oven": None}, {"oven.flour": None}, {"oven": {}})
    for changes in back:
        with pytest.raises(messages.Guarded):
            await place.mesh.bus.ask(messages.Put(changes=changes))
    assert await place.put(oven__heat=9) == Saved(sections=("oven",))


async def test_what_is_guarded_and_was_changed_by_hand_keeps_nobody_from_another_change(place: Place) -> None:
    place.local.write_text('[oven]\nflour = "x"\n')

    assert await place.put(tills=3) == Saved(sections=("shop", "oven"))

    assert place.current.of(Oven).flour == "x"


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
